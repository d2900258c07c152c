"""The report to the board: of the files of a cut, open and closed, in both languages, as HTML and PDF."""

import io
import re

import pikepdf
import pytest
from django.test import Client

from outcomes.models import CutRun, DataCut
from outcomes.snapshots.files import content_of, may_open
from outcomes.snapshots.paper import NoPdf
from outcomes.snapshots.services import ask_again
from outcomes.snapshots.tasks import work_on_cut
from tests.cast import NO_FIGURES, Cast, make_cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.errors import Refused
from trialsite.casebook.models import Subject
from trialsite.clinical.partial_date import PartialDate

from .test_cuts import cut_of, rows_of
from .worked_example import COURSES, day, enter, enter_course, subject_at


@pytest.fixture
def two_arms(db: None) -> Cast:
    """BLINA-INTENS with subjects of each arm: one in A died, with an adverse event of grade 3; B lives."""
    cast = make_cast("BLINA-INTENS")
    for arm, course in zip(("A", "B"), COURSES, strict=False):
        subject = subject_at(cast, cast.here, day("2025-10-01"), cast.coordinator, arm=arm)
        enter_course(subject, cast.coordinator, course)
        if arm == "A":
            told = {"performed_on": day("2026-01-20"), "onset": PartialDate.of(day("2026-01-20")), "grade": 3}
            enter(subject, cast.coordinator, "AE", term="Febrile neutropenia", **told)
    return cast


def reported(cast: Cast, by: User | None = None) -> DataCut:
    cut, by = cut_of(cast), by or cast.statistician
    with acting(user=by):
        run = ask_again(cut=cut, work="report", by=by)
    work_on_cut(str(run.pk), str(by.pk))
    return cut


def page_of(cut: DataCut, name: str) -> str:
    with acting(role="system"):
        return re.sub(r"\s+", " ", content_of(cut.files.get(name=name)).decode())


def test_each_part_stands_in_both_languages_as_html_and_pdf(two_arms: Cast) -> None:
    cut = reported(two_arms)
    run = CutRun.objects.get(work="report")
    assert (run.state, run.done, run.total) == ("done", 8, 8)
    names = set(cut.files.filter(name__startswith="dsmb-").values_list("name", flat=True))
    parts = {f"dsmb-{part}.{language}" for part in ("open", "closed") for language in ("en", "zh-hans")}
    assert names == {f"{one}.{kind}" for one in parts for kind in ("html", "pdf")}
    with acting(role="system"):
        for name in parts:
            with pikepdf.open(io.BytesIO(content_of(cut.files.get(name=f"{name}.pdf")))) as document:
                assert len(document.pages) >= 2
                fonts = [font for page in document.pages for font in page.Resources.get("/Font", {})]
                assert fonts
    chinese = page_of(cut, "dsmb-open.zh-hans.html")
    assert '<html lang="zh-hans">' in chinese
    assert "不良事件" in chinese
    assert "Adverse events" not in chinese


def test_the_open_part_pools_arms_and_the_closed_part_tells_them_apart(two_arms: Cast) -> None:
    cut = reported(two_arms)
    arms = [arm.name.in_language("en") for arm in two_arms.version.protocol.arms]
    opened, closed = page_of(cut, "dsmb-open.en.html"), page_of(cut, "dsmb-closed.en.html")
    assert "All subjects" in opened
    assert not any(f">{arm}<" in opened for arm in arms)
    assert all(f">{arm}<" in closed for arm in arms)
    assert "1 of 2 subjects with an adverse event; 1 of grade 3 or more" in opened
    assert "1 of 1 subjects with an adverse event; 1 of grade 3 or more" in closed
    assert "0 of 1 subjects with an adverse event" in closed
    for part, who in two_arms.people().items():
        seen = {one.closed for one in cut.files.filter(name__startswith="dsmb-") if may_open(who, one)}
        assert seen == (
            set() if part in NO_FIGURES
            else {True, False} if part in ("statistician", "data_manager")
            else {False}
        ), part  # fmt: skip


def test_every_figure_says_its_cut_and_shows_its_curve(hsct_cast: Cast, subjects: dict[str, Subject]) -> None:
    cut = reported(hsct_cast)
    assert set(cut.files.filter(name__startswith="dsmb-").values_list("closed", flat=True)) == {False}
    page = page_of(cut, "dsmb-open.en.html")
    said = f"Data cut DSMB-1, cut-off {cut.cut_off}, taken "
    assert page.count("<figure>") == page.count(f"<figcaption>{said}")
    assert page.count("<figure>") > 3
    assert "18 months: 45.8 % (16.9–71.0)" in page
    assert "Number at risk" in page
    assert "at another site" not in page
    assert "src=" not in page
    assert "<script" not in page


def test_the_report_is_of_the_cut_not_of_the_record(hsct_cast: Cast, subjects: dict[str, Subject]) -> None:
    cut = cut_of(hsct_cast)
    assert sum(bool(row["died_on"]) for row in rows_of(cut, "subjects.csv")) == 4
    enter(
        subjects["P03"], hsct_cast.coordinator, "DTH", performed_on=day("2027-10-28"),
        died_on=PartialDate.of(day("2027-10-28")), cause="GVHD",
    )  # fmt: skip
    with acting(user=hsct_cast.data_manager):
        run = ask_again(cut=cut, work="report", by=hsct_cast.data_manager)
    work_on_cut(str(run.pk), str(hsct_cast.data_manager.pk))
    page = page_of(cut, "dsmb-open.en.html")
    assert '<td>Died</td><td class="num">4</td>' in page
    assert '<td>Infection</td><td class="num">4</td>' in page
    assert "<td>GVHD</td>" not in page


def test_a_report_is_made_once_and_only_of_a_cut_with_files(hsct_cast: Cast) -> None:
    cut = reported(hsct_cast)
    with acting(user=hsct_cast.statistician), pytest.raises(Refused, match="made already"):
        ask_again(cut=cut, work="report", by=hsct_cast.statistician)


def test_where_no_pdf_can_be_made_the_page_says_so(
    client: Client, hsct_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(page: str) -> bytes:
        raise NoPdf

    monkeypatch.setattr("outcomes.snapshots.report.pdf_of", without)
    cut = reported(hsct_cast)
    assert {one.name for one in cut.files.filter(name__startswith="dsmb-")} == {
        "dsmb-open.en.html",
        "dsmb-open.zh-hans.html",
    }
    client.force_login(hsct_cast.investigator)
    text = client.get(f"/dashboards/VIP-BLINA-HSCT/cuts/{cut.pk}/").content.decode()
    assert "this server has no Pango" in text

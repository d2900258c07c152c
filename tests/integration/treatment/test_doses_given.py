"""Doses given: lines printed from the plan, compared with it day by day."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.test import Client

from tests.cast import Cast
from treatment.anthracyclines.page import anthracycline_context
from treatment.domain.ledger import Mark
from treatment.doses.offers import offer_doses
from treatment.models import DoseGiven
from treatment.plan.page import cycle_views
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot

from .subjects import DAY1, enrolled, start


@pytest.fixture
def vip(hsct_cast: Cast) -> Cast:
    return hsct_cast


def offered(cast: Cast, subject: Subject, visit: str) -> list[tuple[str, int, str]]:
    with acting(user=cast.coordinator):
        lines = offer_doses(subject, Slot(subject.pk, visit, "EX"), None).get("doses", [])
    return [(line["drug"], (line["given_on"] - DAY1).days + 1, str(line["prescribed"])) for line in lines]


def test_nothing_is_offered_before_the_phase_began(vip: Cast) -> None:
    assert offered(vip, enrolled(vip), "IND_D1") == []


def test_a_visit_offers_the_planned_doses_of_its_days(vip: Cast) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    first, second = offered(vip, subject, "IND_D1"), offered(vip, subject, "IND_D8")
    assert first[:3] == [("VINCRISTINE", 1, "2"), ("IDARUBICIN", 1, "15"), ("PREDNISONE", 1, "100")]
    assert [day for drug, day, _ in first if drug == "PREDNISONE"] == list(range(1, 8))
    assert [day for drug, day, _ in second if drug == "PREDNISONE"] == list(range(8, 15))
    assert [line for line in second if line[0] == "VINCRISTINE"] == [("VINCRISTINE", 8, "2")]


def test_doses_given_twice_a_day_are_offered_for_the_whole_day(cast: Cast) -> None:
    subject = enrolled(cast)
    start(cast, subject, "CONS1_HCVAD_A")
    assert ("CYCLOPHOSPHAMIDE", 1, "1100") in offered(cast, subject, "CONS1_D1")


def give(cast: Cast, subject: Subject, *lines: dict, visit: str = "IND_D1") -> None:
    rows = [{"given_on": DAY1, "unit": "mg", "reason": "", "note": ""} | line for line in lines]
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, visit, "EX")
        submit_form(slot=slot, values={"performed_on": DAY1}, rows={"doses": rows}, by=cast.coordinator)


@pytest.mark.parametrize(
    ("given", "mark"),
    [("95", Mark.SILENT), ("94.9", Mark.QUERY), ("90", Mark.QUERY), ("89.9", Mark.DEVIATION)],
)
def test_the_mark_of_a_dose_follows_its_difference(vip: Cast, given: str, mark: Mark) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    give(vip, subject, {"drug": "PREDNISONE", "prescribed": D(100), "given": D(given)})
    with acting(user=vip.coordinator):
        (view,) = cycle_views(subject)
    ledger = next(one for one in view.drugs if one.drug == "PREDNISONE")
    assert ledger.lines[0].mark is mark
    assert (ledger.lines[1].days, ledger.lines[1].mark) == ("2–14", Mark.NOT_RECORDED)


def test_a_reduction_for_an_allowed_reason_is_a_modification(vip: Cast) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    give(
        vip,
        subject,
        {"drug": "VINCRISTINE", "prescribed": D(1), "given": D(1), "reason": "TOX"},
        {"drug": "IDARUBICIN", "prescribed": D(10), "given": D(10), "reason": "OBESITY"},
        {"drug": "ETOPOSIDE", "prescribed": D(10), "given": D(10)},
    )
    with acting(user=vip.coordinator):
        (view,) = cycle_views(subject)
    marks = {one.drug: one.lines[0].mark for one in view.drugs}
    assert marks["VINCRISTINE"] is Mark.MODIFICATION
    assert marks["IDARUBICIN"] is Mark.DEVIATION
    assert marks["ETOPOSIDE"] is Mark.NOT_PLANNED


def test_grams_are_compared_with_milligrams(vip: Cast) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    give(vip, subject, {"drug": "PREDNISONE", "prescribed": D("0.1"), "given": D("0.1"), "unit": "g"})
    with acting(user=vip.coordinator):
        (view,) = cycle_views(subject)
    assert next(one for one in view.drugs if one.drug == "PREDNISONE").lines[0].mark is Mark.SILENT


def test_the_cumulative_anthracycline_is_by_the_surface_of_the_cycle(vip: Cast) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    give(vip, subject, {"drug": "IDARUBICIN", "prescribed": D(15), "given": D("14.56")})
    with acting(user=vip.coordinator):
        total = anthracycline_context(subject)["anthracycline"]
    assert total.total == 40


@pytest.mark.parametrize(
    ("line", "item"),
    [
        ({"drug": "PREDNISONE", "given": None}, "doses.0.given"),
        ({"drug": "PREDNISONE", "given": D(-1)}, "doses.0.given"),
        ({"drug": "OTHER", "given": D(1)}, "doses.0.note"),
        (
            {"drug": "PREDNISONE", "given": D(1), "given_on": date.today() + timedelta(days=2)},
            "doses.0.given_on",
        ),
    ],
)
def test_a_line_that_cannot_be_right_is_refused(vip: Cast, line: dict, item: str) -> None:
    subject = enrolled(vip)
    with pytest.raises(CheckFailed) as refusal:
        give(vip, subject, line)
    assert list(refusal.value.messages) == [item]


def test_offered_lines_that_nobody_touched_are_not_saved(vip: Cast, client: Client) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    client.force_login(vip.coordinator)
    url = Slot(subject.pk, "IND_D1", "EX").url()
    formset = client.get(url).context["page"].lines["doses"]
    assert formset.initial_form_count() == 9
    typed = {"doses-TOTAL_FORMS": "11", "doses-INITIAL_FORMS": "9", "performed_on": "2026-01-12"}
    for place, form in enumerate(formset.forms):
        for name in ("drug", "given_on", "prescribed", "unit"):
            typed[f"doses-{place}-{name}"] = str(form[name].value() or "")
    typed |= {"doses-0-given": "2", "press": "submit", "base_version": "0"}
    answer = client.post(url, typed)
    assert answer.status_code == 302, answer.content.decode()
    with acting(user=vip.coordinator):
        (row,) = DoseGiven.objects.filter(subject=subject)
    assert (row.drug, row.given, row.prescribed) == ("VINCRISTINE", 2, 2)
    again = client.get(url + "?edit=1").context["page"].lines["doses"]
    assert [form["drug"].value() for form in again.forms[:2]] == ["VINCRISTINE", "IDARUBICIN"]
    assert len([form for form in again.forms if form["drug"].value() == "VINCRISTINE"]) == 1


LATER = DAY1 + timedelta(days=60)


def test_doses_of_a_repeated_phase_have_their_place_in_the_log(vip: Cast, client: Client) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    start(vip, subject, "IND_VIP", LATER)
    client.force_login(vip.coordinator)
    added = [kind.key for kind in client.get(f"/subjects/{subject.pk}/").context["log_forms"]]
    assert {"EX", "BLI", "MTX"} <= set(added)
    page = client.get(f"/subjects/{subject.pk}/log/EX/new/", follow=True)
    formset = page.context["page"].lines["doses"]
    days = {form["given_on"].value() for form in formset.forms[: formset.initial_form_count()]}
    assert min(days) == LATER  # of the course that runs, not of the first one
    assert "Doses of this visit" not in page.content.decode()


def test_the_visits_of_a_phase_keep_to_its_first_course(vip: Cast) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    before = offered(vip, subject, "IND_D1")
    start(vip, subject, "IND_VIP", LATER)
    assert before
    assert offered(vip, subject, "IND_D1") == before


def test_a_dose_not_recorded_leads_to_the_form_of_its_visit_or_to_the_log(vip: Cast, client: Client) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    start(vip, subject, "IND_VIP", LATER)
    in_log, first = f"/subjects/{subject.pk}/log/EX/new/", Slot(subject.pk, "IND_D1", "EX").url()
    with acting(user=vip.coordinator):
        earlier, later = cycle_views(subject)
    assert earlier.dose_urls[DAY1.isoformat()] == first
    assert set(later.dose_urls.values()) == {in_log}
    client.force_login(vip.coordinator)
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert f'href="{first}"' in page
    assert f'href="{in_log}"' in page
    give(vip, subject, {"drug": "PREDNISONE", "prescribed": D(100), "given": D(100)})
    with acting(user=vip.coordinator):
        earlier, _later = cycle_views(subject)
    assert earlier.dose_urls[(DAY1 + timedelta(days=1)).isoformat()] == in_log  # its visit stands entered


@pytest.mark.parametrize(("day", "offered_from"), [(DAY1, DAY1), (LATER, LATER)])
def test_the_log_offers_the_phase_of_the_day_on_its_form(vip: Cast, day: date, offered_from: date) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    start(vip, subject, "IND_VIP", LATER)
    row = {"drug": "PREDNISONE", "given_on": day, "prescribed": D(100), "given": D(100), "unit": "mg"}
    with acting(user=vip.coordinator):
        slot = Slot(subject.pk, "LOG", "EX")
        rows = {"doses": [row | {"reason": "", "note": ""}]}
        record = submit_form(slot=slot, values={"performed_on": day}, rows=rows, by=vip.coordinator)
        lines = offer_doses(subject, slot, record)["doses"]
    assert min(line["given_on"] for line in lines) == offered_from
    assert ("PREDNISONE", day) not in [(line["drug"], line["given_on"]) for line in lines]  # reported already

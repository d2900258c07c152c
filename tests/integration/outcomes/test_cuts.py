"""Data cuts: taken once, never changed, derived again to the byte, whatever is entered afterwards."""

import hashlib
import json
from datetime import date, timedelta
from threading import Event, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from outcomes.domain.cut_rows import read
from outcomes.models import CutRun, DataCut, DataCutContent, DataCutFile
from outcomes.snapshots.files import content_of, may_open
from outcomes.snapshots.services import ask_again, heads_of, take_cut
from outcomes.snapshots.tasks import work_on_cut
from tests.cast import Cast, make_cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.as_of import as_of
from trialsite.audit.models import Trail
from trialsite.audit.records import records_astray
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject

from .worked_example import COURSES, CUT_OFF, day, died, enter_course, relapsed, subject_at


def cut_of(cast: Cast, name: str = "DSMB-1", cut_off: date = CUT_OFF, by: User | None = None) -> DataCut:
    """A cut with its files, as service and worker make it."""
    by = by or cast.data_manager
    with acting(user=by):
        cut = take_cut(study=cast.study, name=name, cut_off=cut_off, reason="first meeting", by=by)
    run = CutRun.objects.get(cut=cut)
    work_on_cut(str(run.pk), str(by.pk))
    return cut


def checked_again(cut: DataCut, by: User) -> CutRun:
    with acting(user=by):
        run = ask_again(cut=cut, work="check", by=by)
    work_on_cut(str(run.pk), str(by.pk))
    run.refresh_from_db()
    return run


def rows_of(cut: DataCut, name: str = "endpoints.csv") -> list[dict[str, str]]:
    with acting(role="system"):
        return read(content_of(cut.files.get(name=name)))


def figures_of(cut: DataCut) -> dict:
    with acting(role="system"):
        return json.loads(content_of(cut.files.get(name="figures.json")))


def of(cut: DataCut, subject: Subject, endpoint: str) -> dict[str, str]:
    (row,) = [r for r in rows_of(cut) if (r["subject"], r["endpoint"]) == (str(subject.pk), endpoint)]
    return row


def test_a_cut_holds_the_published_figures_and_says_what_it_is(
    hsct_cast: Cast, subjects: dict[str, Subject]
) -> None:
    cut = cut_of(hsct_cast)
    for course in COURSES:
        for endpoint, (days, event) in {"RFS": course.rfs, "OS": course.os, "GRFS": course.grfs}.items():
            row = of(cut, subjects[course.name], endpoint)
            assert (row["days"], row["event_type"]) == (str(days), event), (course.name, endpoint)
    rfs = figures_of(cut)["RFS"]["groups"][0]
    assert (rfs["n"], rfs["events"], rfs["at_risk"]) == (12, 6, 2)
    assert rfs["at_landmark"]["value"] == pytest.approx(0.458333, abs=1e-6)
    assert rfs["median_days"]["value"] == 319
    with acting(role="system"):
        manifest = json.loads(content_of(cut.files.get(name="manifest.json")))
    assert (manifest["name"], manifest["cut_off"]) == ("DSMB-1", CUT_OFF.isoformat())
    assert manifest["release"] == cut.release
    assert manifest["heads"] == {"chains": 14, "sha256": cut.heads_digest}
    for file in cut.files.exclude(name="manifest.json"):
        assert manifest["files"][file.name]["sha256"] == file.sha256
    run = CutRun.objects.get(cut=cut)
    assert (run.state, run.done, run.total) == ("done", 12, 12)


def test_records_after_the_cut_off_are_not_used(hsct_cast: Cast, subjects: dict[str, Subject]) -> None:
    cut = cut_of(hsct_cast, cut_off=day("2026-08-01"))
    row = of(cut, subjects["P01"], "OS")
    assert (row["status"], row["ended_on"], row["reason_code"]) == (
        "CENSORED", day("2026-08-01").isoformat(), "alive_at_cut_off"
    )  # fmt: skip
    (course,) = [r for r in rows_of(cut, "subjects.csv") if r["subject"] == str(subjects["P01"].pk)]
    assert (course["relapsed_on"], course["died_on"]) == (day("2026-07-15").isoformat(), "")


def test_the_files_come_again_to_the_byte_whatever_was_entered_since(
    hsct_cast: Cast, subjects: dict[str, Subject]
) -> None:
    cut = cut_of(hsct_cast)
    before = rows_of(cut)
    died(subjects["P03"], hsct_cast.coordinator, "2027-10-28")
    relapsed(subjects["P11"], hsct_cast.stranger, "2027-10-20")
    later = subject_at(hsct_cast, hsct_cast.here, day("2026-01-01"), hsct_cast.coordinator)
    enter_course(later, hsct_cast.coordinator, COURSES[0])
    run = checked_again(cut, hsct_cast.statistician)
    assert run.results["files"] == dict.fromkeys(
        ("endpoints.csv", "subjects.csv", "adverse-events.csv", "deviations.csv", "figures.json"), "same"
    )
    assert run.agrees
    assert (run.results["lines"], run.results["heads"]) == ([], [])
    assert rows_of(cut) == before
    second = cut_of(hsct_cast, "DSMB-2")
    assert of(second, subjects["P03"], "OS")["status"] == "EVENT"
    assert of(cut, subjects["P03"], "OS")["status"] == "CENSORED"


def test_what_was_not_committed_when_the_heads_were_read_is_in_no_reading_of_the_cut(
    hsct_cast: Cast, subjects: dict[str, Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry of before the instant that lies beyond its chain's head: a request that committed late."""
    heads, _instant = heads_of_as(hsct_cast)
    died(subjects["P03"], hsct_cast.coordinator, "2027-10-28")
    late = timezone.now()
    monkeypatch.setattr("outcomes.snapshots.services.heads_of", lambda study: (heads, late))
    cut = cut_of(hsct_cast)
    assert of(cut, subjects["P03"], "OS")["status"] == "CENSORED"


def heads_of_as(cast: Cast):
    with acting(user=cast.data_manager):
        return heads_of(cast.study)


def test_a_difference_is_listed_line_by_line_with_the_release(
    hsct_cast: Cast, subjects: dict[str, Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = cut_of(hsct_cast)
    monkeypatch.setattr("outcomes.snapshots.checking.release", lambda: "9.9.9+later")
    monkeypatch.setattr("outcomes.domain.endpoints.occurrences", lambda name, view: [])
    run = checked_again(cut, hsct_cast.data_manager)
    assert not run.agrees
    assert run.results["release"] == "9.9.9+later"
    assert run.results["files"]["endpoints.csv"] == "differs"
    key = f"{subjects['P01'].pk} OS"
    assert ["endpoints.csv", key, "status", "EVENT", "CENSORED"] in run.results["lines"]
    assert ["figures.json", "OS groups 0", "events", "4", "0"] in run.results["lines"]


def test_a_head_that_another_hand_changed_is_found(hsct_cast: Cast, subjects: dict[str, Subject]) -> None:
    heads, instant = heads_of_as(hsct_cast)
    forged = [(chain, position, "00" * 32 if chain == "system" else head) for chain, position, head in heads]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("outcomes.snapshots.services.heads_of", lambda study: (forged, instant))
        cut = cut_of(hsct_cast)
    run = checked_again(cut, hsct_cast.data_manager)
    assert run.results["heads"] == [["system", {chain: position for chain, position, _ in heads}["system"]]]
    assert not run.agrees


@pytest.mark.parametrize("model", [DataCut, DataCutFile, DataCutContent])
def test_a_cut_and_its_files_are_written_once(hsct_cast: Cast, model) -> None:
    cut = cut_of(hsct_cast)
    column = {DataCut: "name", DataCutFile: "sha256", DataCutContent: "closed"}[model]
    for statement in (f"UPDATE {model._meta.db_table} SET {column} = {column}",
                      f"DELETE FROM {model._meta.db_table}"):  # fmt: skip
        refused = pytest.raises(DatabaseError, match="permission denied")
        with acting(role="system"), refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    cut.refresh_from_db()
    assert cut.name == "DSMB-1"


def test_the_trail_says_who_took_which_cut_of_which_heads(hsct_cast: Cast) -> None:
    cut = cut_of(hsct_cast)
    with acting(role="system"):
        entry = Trail.objects.get(row_id=str(cut.pk))
        files = Trail.objects.filter(table_name="outcomes_datacutfile")
        assert {one.changes["sha256"] for one in files} == set(cut.files.values_list("sha256", flat=True))
    assert (entry.user_id, entry.role) == (hsct_cast.data_manager.pk, "data_manager")
    assert entry.changes["heads_digest"] == cut.heads_digest
    assert entry.changes["heads"] == "***"


@pytest.mark.parametrize(
    "part", ["coordinator", "investigator", "monitor", "inspector", "administrator", "stranger"]
)
def test_only_data_managers_and_statisticians_take_cuts(hsct_cast: Cast, part: str) -> None:
    with acting(user=hsct_cast.people()[part]), pytest.raises(PermissionDenied):
        take_cut(study=hsct_cast.study, name="X", cut_off=CUT_OFF, reason="y", by=hsct_cast.people()[part])
    assert not DataCut.objects.exists()


def test_a_person_who_may_no_longer_take_cuts_has_none_made(hsct_cast: Cast) -> None:
    by = hsct_cast.statistician
    with acting(user=by):
        take_cut(study=hsct_cast.study, name="X", cut_off=CUT_OFF, reason="y", by=by)
    with acting(role="system"):
        by.memberships.update(ends_on=date(2025, 1, 1))
    run = CutRun.objects.get()
    work_on_cut(str(run.pk), str(by.pk))
    run.refresh_from_db()
    assert run.state == "failed"
    assert not DataCutFile.objects.exists()


def test_what_is_wrong_is_said_at_its_field(hsct_cast: Cast) -> None:
    by = hsct_cast.data_manager
    cut_of(hsct_cast)
    for given, item in (
        ({"name": ""}, "name"),
        ({"name": "DSMB-1"}, "name"),
        ({"cut_off": None}, "cut_off"),
        ({"cut_off": timezone.now().date() + timedelta(days=2)}, "cut_off"),
        ({"reason": " "}, "reason"),
    ):
        told = {"name": "DSMB-2", "cut_off": CUT_OFF, "reason": "second meeting"} | given
        with acting(user=by), pytest.raises(CheckFailed) as refused:
            take_cut(study=hsct_cast.study, by=by, **told)
        assert set(refused.value.messages) == {item}


@pytest.fixture
def two_arms(db: None) -> Cast:
    """BLINA-INTENS with one subject of each arm, both transplanted."""
    cast = make_cast("BLINA-INTENS")
    for arm, course in zip(("A", "B"), COURSES, strict=False):
        subject = subject_at(cast, cast.here, day("2025-10-01"), cast.coordinator, arm=arm)
        enter_course(subject, cast.coordinator, course)
    return cast


def test_what_tells_arms_apart_reaches_no_blinded_role(two_arms: Cast) -> None:
    cut = cut_of(two_arms)
    assert {one.name for one in cut.files.filter(closed=True)} == {"subjects.csv", "figures-by-arm.json"}
    assert "arm" not in rows_of(cut)[0]
    assert {group["arm"] for one in figures_of(cut).values() for group in one["groups"]} == {""}
    opened = {
        part: {one.name for one in cut.files.all() if may_open(who, one)}
        for part, who in two_arms.people().items()
    }
    lines = {"endpoints.csv", "adverse-events.csv", "deviations.csv"}
    everything = {*lines, "subjects.csv", "figures.json", "figures-by-arm.json", "manifest.json"}
    assert opened["statistician"] == opened["data_manager"] == everything
    assert opened["monitor"] == {*lines, "figures.json", "manifest.json"}
    assert opened["investigator"] == opened["inspector"] == {"figures.json", "manifest.json"}
    assert opened["administrator"] == set()


def test_raw_sql_of_a_blinded_role_does_not_reach_the_closed_files(two_arms: Cast) -> None:
    cut = cut_of(two_arms)
    everything = cut.files.count()
    for part, seen in {
        "statistician": 0,
        "monitor": 2,
        "investigator": 2,
        "administrator": everything,
    }.items():
        with acting(user=two_arms.people()[part]):
            assert DataCutContent.objects.count() == everything - seen, part
    with acting(role="system"):
        type(two_arms.study).objects.filter(pk=two_arms.study.pk).update(locked_at="2026-01-01T00:00Z")
    with acting(user=two_arms.monitor):
        assert DataCutContent.objects.count() == everything


def test_the_digest_of_a_file_is_of_its_bytes(hsct_cast: Cast) -> None:
    cut = cut_of(hsct_cast)
    with acting(user=hsct_cast.statistician):
        for file in cut.files.all():
            content = content_of(file)
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)


def test_a_transaction_that_ends_after_the_heads_were_read_is_in_no_reading_of_the_cut(committed_db) -> None:
    cast = make_cast("VIP-BLINA-HSCT")
    subject = subject_at(cast, cast.here, day("2025-10-01"), cast.coordinator)
    enter_course(subject, cast.coordinator, COURSES[2])
    entered, taken = Event(), Event()

    def enter_late() -> None:
        try:
            with transaction.atomic():
                died(subject, cast.coordinator, "2027-10-28")
                entered.set()
                taken.wait(120)
        finally:
            connection.close()

    late = Thread(target=enter_late)
    late.start()
    assert entered.wait(60)
    cut = cut_of(cast)
    taken.set()
    late.join()
    with acting(role="system"):
        death = Trail.objects.get(table_name="outcomes_death", action="I")
    assert death.at < cut.taken_at
    assert of(cut, subject, "OS")["status"] == "CENSORED"
    assert checked_again(cut, cast.data_manager).agrees
    run = CutRun.objects.get(cut=cut, work="make")
    assert (run.state, run.done, run.total) == ("done", 1, 1)


def test_the_audit_finds_a_cut_as_its_trail_says_and_reads_it_as_of_later(hsct_cast: Cast) -> None:
    before = timezone.now()
    cut = cut_of(hsct_cast)
    with acting(role="system"):
        assert list(records_astray()) == []
    for instant, there in ((before, 0), (timezone.now(), 1)):
        with acting(user=hsct_cast.monitor), as_of(instant):
            found = DataCut.objects.all()
            assert [one.heads for one in found] == [list(map(list, cut.heads))] * there

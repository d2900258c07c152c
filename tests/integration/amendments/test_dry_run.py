"""The dry run of a version: what it says comes true, nothing is written, and many subjects cost no more queries."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrollment.models import Confirmation
from tests.cast import Cast, bare_subject
from tests.integration.treatment.subjects import DAY1, enrolled, start
from trialsite.amendments.dry_run import run_of, runs, subjects_of_run, totals_of
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.amended import ChangeKind, SubjectChange
from trialsite.casebook.models import Subject
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.studies.models import ProtocolVersion

from .test_kept import died_on, halve_doses, planned, tls
from .versions import add_item, add_visit, drop_item, drop_visit, loaded, moved, widen

K = ChangeKind


@pytest.fixture
def cast(ven_cast: Cast) -> Cast:
    return ven_cast


def stricter_age(document: dict[str, Any]) -> None:
    """The first inclusion, on age, becomes one on a fact that nobody recorded."""
    document["criteria"][0]["rule"] = {"fact": "ecog", "op": "<=", "value": 0}


def second_version(cast: Cast) -> ProtocolVersion:
    return loaded(
        cast,
        "2.0",
        widen("C1_D4", 3, 3),
        drop_visit("C1_D8"),
        add_visit("C1_D4", "C1_D6", 5),
        drop_item("TLS", "potassium_mmol_l"),
        add_item("TLS", "lactate"),
        halve_doses,
        stricter_age,
    )


def changes(cast: Cast, version: ProtocolVersion) -> dict[str, list[SubjectChange]]:
    with acting(user=cast.data_manager):
        return {run.subject.screening_number: list(run.changes) for run in runs(version, cast.data_manager)}


def of_kind(found: list[SubjectChange], kind: ChangeKind) -> dict[str, tuple[str, str]]:
    return {one.key: (one.before, one.after) for one in found if one.kind == kind}


def trail_length() -> int:
    with acting(role="system"):
        return Trail.objects.count()


def test_it_tells_what_changes_for_each_subject_and_writes_nothing(cast: Cast) -> None:
    treated, screened = enrolled(cast), bare_subject(cast)
    start(cast, treated, "C1")
    tls(cast, treated, "C1_D8")
    with acting(user=cast.coordinator):
        values = {"performed_on": screened.screened_on, "ecog": 1}
        submit_form(slot=Slot(screened.pk, "SCR", "VS"), values=values, by=cast.coordinator)
    version = second_version(cast)
    before = trail_length()
    found = changes(cast, version)
    assert trail_length() == before
    mine, theirs = found[treated.screening_number], found[screened.screening_number]
    day = DAY1 + timedelta(days=3)
    assert of_kind(mine, K.VISIT_MOVED) == {
        "C1_D4.1": (
            f"{day} ({day - timedelta(days=1)} – {day + timedelta(days=1)})",
            f"{day} ({day - timedelta(days=3)} – {day + timedelta(days=3)})",
        )
    }
    assert set(of_kind(mine, K.VISIT_ADDED)) == {"C1_D6.1"}
    assert of_kind(mine, K.VISIT_DROPPED) == {}  # it has begun
    assert set(of_kind(theirs, K.VISIT_DROPPED)) == {"C1_D8.1"}
    assert of_kind(mine, K.ITEM_RETIRED) == {
        "TLS.potassium_mmol_l": ("1 answer", "kept, no longer asked for")
    }
    assert of_kind(theirs, K.ITEM_RETIRED) == {}
    assert set(of_kind(theirs, K.ITEM_ADDED)) == {"TLS.lactate"}
    assert {key.partition("/")[0] for key in of_kind(mine, K.DOSE)} == {"C2"}
    assert {key.partition("/")[0] for key in of_kind(theirs, K.DOSE)} == {"C1", "C2"}
    assert of_kind(mine, K.CRITERION) == {}  # enrolled: nobody judges again
    (criterion,) = of_kind(theirs, K.CRITERION).values()
    assert criterion[1] == "not met"


def test_totals_stand_by_site_and_say_who_stays(cast: Cast) -> None:
    bare_subject(cast)
    gone, there = bare_subject(cast), bare_subject(cast, site=cast.elsewhere)
    died_on(cast, gone)
    version = second_version(cast)
    with acting(user=cast.data_manager):
        found = totals_of(list(runs(version, cast.data_manager)))
    by_site = {one.site: (one.moving, one.staying, one.changed) for one in found}
    assert by_site == {cast.here: (1, 1, 1), there.site: (1, 0, 1)}
    with acting(user=cast.stranger):
        assert {run.subject.site for run in runs(version, cast.stranger)} == {cast.elsewhere}


def test_what_it_says_of_visits_comes_true(cast: Cast) -> None:
    subject = enrolled(cast)
    start(cast, subject, "C1")
    tls(cast, subject, "C1_D4")
    version = second_version(cast)
    before = planned(cast, subject)
    said = changes(cast, version)[subject.screening_number]
    moved(cast, version, subject)
    after = planned(cast, subject)
    assert {key.rpartition(".")[0] for key in of_kind(said, K.VISIT_ADDED)} >= after.keys() - before.keys()
    assert {key.rpartition(".")[0] for key in of_kind(said, K.VISIT_DROPPED)} >= before.keys() - after.keys()
    moved_ones = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    assert {key.rpartition(".")[0] for key in of_kind(said, K.VISIT_MOVED)} >= moved_ones
    assert moved_ones == set()  # C1_D4 has begun
    assert (after.keys() ^ before.keys()) == {"C1_D6", "C1_D8"}
    assert changes(cast, version) == {}  # nobody is left to move


def test_a_confirmation_that_falls_is_told(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = bare_subject(cast)
    version = second_version(cast)
    with acting(user=cast.investigator):
        Confirmation.objects.create(
            subject=subject,
            study=cast.study,
            site=cast.here,
            protocol_version=cast.version,
            rule_digest=cast.version.digest,
            reference_day=subject.screened_on,
            dossier={},
            inputs={},
            confirmed_at=timezone.now(),
            confirmed_by=cast.investigator,
        )
    monkeypatch.setattr("enrollment.selectors.changed_inputs", lambda confirmation, facts: [])
    (change,) = of_kind(changes(cast, version)[subject.screening_number], K.CONFIRMATION).values()
    assert change[1] == "to be signed again"


def test_a_page_of_subjects_takes_as_many_queries_as_one(cast: Cast) -> None:
    version = second_version(cast)

    def queries(count: int) -> int:
        with acting(user=cast.data_manager):
            subjects = list(subjects_of_run(version, cast.data_manager)[:count])
            assert len(subjects) == count
            with CaptureQueriesContext(connection) as captured:
                run_of(subjects, version)
            return len(captured)

    for number in range(6):
        subject = enrolled(cast)
        start(cast, subject, "C1")
        if number % 2:
            tls(cast, subject)
    queries(2)  # protocols are read once a process
    assert queries(2) == queries(6)


def test_page_csv_and_api_tell_the_same(cast: Cast, client: Client) -> None:
    subject, other = bare_subject(cast), bare_subject(cast, site=cast.elsewhere)
    second_version(cast)
    client.force_login(cast.data_manager)
    page = client.get("/protocols/BLINA-VEN/versions/2.0/dry-run/")
    assert page.status_code == 200
    text = page.content.decode()
    for word in (
        subject.screening_number,
        other.screening_number,
        "Visit dropped",
        "Lactate",
        "Dose of a cycle not begun",
    ):
        assert word in text
    api = client.get("/api/v1/dry-runs/?study=BLINA-VEN&version=2.0").json()["results"]
    told = client.get("/api/v1/dry-runs/?study=BLINA-VEN&version=2.0&format=csv")
    content = b"".join(told.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(StringIO(content)))
    assert {(row["subject"], row["kind"], row["key"]) for row in rows} == {
        (row["subject"], row["kind"], row["key"]) for row in api
    }
    assert {row["site"] for row in rows} == {cast.here.key, cast.elsewhere.key}
    client.force_login(cast.stranger)
    theirs = client.get("/api/v1/dry-runs/?study=BLINA-VEN&version=2.0").json()["results"]
    assert {row["site"] for row in theirs} == {cast.elsewhere.key}
    assert client.get("/api/v1/dry-runs/?study=BLINA-VEN&version=9.9").status_code == 404
    with acting(role="system"):
        assert Subject.objects.filter(protocol_version=cast.version).count() == 2

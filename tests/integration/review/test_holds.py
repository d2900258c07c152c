"""Freezing and locking: every level, places not entered yet, the second person, and PostgreSQL as the last guard."""

from collections.abc import Callable
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from assessments.models import LabResult, VitalSigns
from tests.cast import Cast, bare_subject, employ, user
from trialsite.access.models import Role, User
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.holds import Place, place_hold, take_hold_step
from trialsite.casebook.models import Hold, Subject
from trialsite.casebook.services import change_state, record_missed_visit, submit_form
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import HOLD_STEPS, HoldKind, HoldState, hold_step
from trialsite.clinical.quantity import Quantity

DAY = date(2026, 1, 6)
LEVELS: dict[str, Callable[[Subject], Place]] = {
    "form": lambda subject: Place.of_slot(subject, Slot(subject.pk, "SCR", "VS")),
    "visit": lambda subject: Place.of_visit(subject, "SCR", 1),
    "subject": Place.of_subject,
    "site": lambda subject: Place(subject.study_id, subject.site_id),
    "study": lambda subject: Place(subject.study_id),
}


def enter(subject: Subject, cast: Cast, text: str = "70", visit: str = "SCR", **options):
    values = {"performed_on": DAY, "weight": Quantity.parse(text, "kg", "weight")}
    with acting(user=cast.coordinator):
        return submit_form(slot=Slot(subject.pk, visit, "VS"), values=values, by=cast.coordinator, **options)


def hold(cast: Cast, place: Place, kind: str = "freeze") -> Hold:
    with acting(user=cast.data_manager):
        return place_hold(place=place, kind=kind, by=cast.data_manager)


def step(hold: Hold, action: str, by: User, reason: str = "") -> Hold:
    with acting(user=by):
        return take_hold_step(hold_id=hold.pk, action=action, by=by, reason=reason)


@pytest.fixture
def second(cast: Cast) -> User:
    """Another data manager of the study."""
    with acting(role="system"):
        person = user("second_manager")
        employ(person, Role.DATA_MANAGER, cast.version)
    return person


@pytest.mark.parametrize("kind", HoldKind.values)
@pytest.mark.parametrize("level", LEVELS)
def test_nothing_is_entered_or_corrected_where_a_part_is_held(cast: Cast, level: str, kind: str) -> None:
    subject = bare_subject(cast)
    record = enter(subject, cast)
    hold(cast, LEVELS[level](subject), kind)
    with pytest.raises(Refused, match="frozen" if kind == "freeze" else "locked"):
        enter(subject, cast, "71", base_version=1, reason="typing error")
    with acting(user=cast.coordinator), pytest.raises(Refused):
        change_state(record=record, action="void", by=cast.coordinator, reason="wrong subject")


@pytest.mark.parametrize("level", LEVELS)
def test_a_place_where_nothing_stands_yet_can_be_held(cast: Cast, level: str) -> None:
    subject = bare_subject(cast)
    hold(cast, LEVELS[level](subject), "lock")
    with pytest.raises(Refused):
        enter(subject, cast)


@pytest.mark.parametrize("level", ["form", "visit"])
def test_the_rest_of_the_casebook_stays_open(cast: Cast, level: str) -> None:
    subject, other = bare_subject(cast), bare_subject(cast)
    hold(cast, LEVELS[level](subject), "lock")
    assert enter(subject, cast, visit="LOG").pk
    assert enter(other, cast).pk


def test_a_held_subject_leaves_other_subjects_open_and_a_held_site_other_sites(cast: Cast) -> None:
    here, other = bare_subject(cast), bare_subject(cast)
    hold(cast, Place.of_subject(here))
    assert enter(other, cast).pk
    hold(cast, Place(cast.study.pk, cast.elsewhere.pk), "lock")
    assert enter(other, cast, "71", base_version=1, reason="typing error").version == 2


def test_a_held_visit_cannot_be_recorded_as_not_done(cast: Cast) -> None:
    subject = bare_subject(cast)
    hold(cast, Place.of_visit(subject, "SCR", 1))
    with acting(user=cast.coordinator), pytest.raises(Refused, match="frozen"):
        record_missed_visit(subject_id=subject.pk, key="SCR", by=cast.coordinator, reason="UNWELL")


# PostgreSQL


RAW = {
    "an update": ("UPDATE assessments_vitalsigns SET ecog = 4 WHERE subject_id = %s", 1),
    "the state": ("UPDATE assessments_vitalsigns SET state = 'voided' WHERE subject_id = %s", 1),
    "the visit": ("UPDATE casebook_visit SET missed_reason = 'UNWELL' WHERE subject_id = %s", 1),
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("what", RAW)
def test_raw_sql_as_the_app_role_is_refused_where_a_part_is_held(cast: Cast, what: str, level: str) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    sql, _rows = RAW[what]
    hold(cast, LEVELS[level](subject))
    if (what, level) == ("the visit", "form"):
        return  # a held form leaves its visit's own row alone
    with (
        acting(user=cast.coordinator),
        pytest.raises(DatabaseError, match="held"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, [subject.pk])


def test_raw_sql_is_not_refused_where_nothing_is_held(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    hold(cast, Place.of_slot(subject, Slot(subject.pk, "SCR", "PE")))
    with acting(user=cast.coordinator), connection.cursor() as cursor:
        cursor.execute(RAW["an update"][0], [subject.pk])
        assert cursor.rowcount == 1


def test_the_lines_of_a_held_form_are_held_with_it(cast: Cast) -> None:
    subject = bare_subject(cast)
    slot = Slot(subject.pk, "SCR", "HEM")
    line = {"analyte": "platelets", "result": Quantity.parse("100", "10*9/L", "platelets")}
    with acting(user=cast.coordinator):
        submit_form(slot=slot, values={"performed_on": DAY}, rows={"results": [line]}, by=cast.coordinator)
    hold(cast, Place.of_slot(subject, slot), "lock")
    with acting(user=cast.coordinator), pytest.raises(DatabaseError, match="held"), transaction.atomic():
        LabResult.objects.filter(subject=subject).update(voided=True)


def test_the_subject_itself_is_held_with_its_casebook(cast: Cast) -> None:
    subject = bare_subject(cast)
    hold(cast, Place.of_subject(subject), "lock")
    with acting(user=cast.coordinator), pytest.raises(DatabaseError, match="held"), transaction.atomic():
        Subject.objects.filter(pk=subject.pk).update(state="screen_failed", failure_reason="declined")


def test_the_database_keeps_locks_from_being_released_by_one_person(cast: Cast) -> None:
    subject = bare_subject(cast)
    lock = hold(cast, Place.of_subject(subject), "lock")
    step(lock, "ask_unlock", cast.data_manager, "a value is wrong")
    with acting(user=cast.data_manager), pytest.raises(IntegrityError), transaction.atomic():
        Hold.objects.filter(pk=lock.pk).update(
            state="released", released_by=cast.data_manager, released_at="2026-01-06T10:00Z"
        )


# Steps


STEPS = {
    ("freeze", None, "freeze"): "placed",
    ("freeze", "placed", "unfreeze"): "released",
    ("lock", None, "lock"): "placed",
    ("lock", "placed", "ask_unlock"): "release_asked",
    ("lock", "release_asked", "keep_locked"): "placed",
    ("lock", "release_asked", "unlock"): "released",
}


@pytest.mark.parametrize("kind", HoldKind.values)
@pytest.mark.parametrize("state", [None, *HoldState.values])
@pytest.mark.parametrize("action", sorted({one.action for one in HOLD_STEPS}))
def test_a_hold_takes_exactly_the_steps_of_the_table(kind: str, state: str | None, action: str) -> None:
    found = hold_step(kind, state, action)
    assert (found.target.value if found else None) == STEPS.get((kind, state, action))


def test_unfreezing_needs_a_reason_and_opens_the_place_again(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    frozen = hold(cast, Place.of_subject(subject))
    with pytest.raises(CheckFailed, match="Some items"):
        step(frozen, "unfreeze", cast.data_manager)
    step(frozen, "unfreeze", cast.data_manager, "late result")
    assert enter(subject, cast, "71", base_version=1, reason="typing error").version == 2


def test_unlocking_takes_a_reason_and_a_second_person(cast: Cast, second: User) -> None:
    subject = bare_subject(cast)
    lock = hold(cast, Place.of_subject(subject), "lock")
    with pytest.raises(Refused, match="not possible"):
        step(lock, "unlock", second)
    step(lock, "ask_unlock", cast.data_manager, "a value is wrong")
    with pytest.raises(Refused, match="second person"):
        step(lock, "unlock", cast.data_manager)
    with pytest.raises(Refused, match="locked"):
        enter(subject, cast)
    assert step(lock, "unlock", second).state == HoldState.RELEASED
    assert enter(subject, cast).pk


def test_a_lock_that_was_kept_asks_for_a_new_reason(cast: Cast, second: User) -> None:
    lock = hold(cast, Place(cast.study.pk), "lock")
    step(lock, "ask_unlock", cast.data_manager, "a value is wrong")
    kept = step(lock, "keep_locked", second)
    assert (kept.state, kept.asked_by, kept.asked_why) == ("placed", None, "")


def test_a_place_is_held_once(cast: Cast) -> None:
    place = Place(cast.study.pk)
    hold(cast, place)
    with pytest.raises(Refused, match="already"):
        hold(cast, place)
    assert hold(cast, place, "lock").pk


@pytest.mark.parametrize("part", ["coordinator", "investigator", "monitor", "statistician", "stranger"])
def test_only_data_managers_freeze_and_lock(cast: Cast, part: str) -> None:
    subject, who = bare_subject(cast), cast.people()[part]
    with acting(user=who), pytest.raises(PermissionDenied):
        place_hold(place=Place.of_subject(subject), kind="freeze", by=who)


# Pages


def test_a_form_is_frozen_from_its_page_and_shows_it(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    slot = Slot(subject.pk, "SCR", "VS")
    client.force_login(cast.data_manager)
    place = {
        "subject": str(subject.pk),
        "visit": "SCR.1",
        "form": "VS.1",
        "kind": "freeze",
        "next": slot.url(),
    }
    assert client.post("/holds/", place).headers["Location"] == slot.url()
    client.force_login(cast.coordinator)
    page = client.get(slot.url()).content.decode()
    assert "This form is frozen" in page
    assert "?edit=1" not in page
    assert "cell-frozen" in client.get(f"/subjects/{subject.pk}/").content.decode()
    refused = client.post(slot.url(), {"press": "submit", "base_version": "1", "performed_on": "2026-01-07"})
    assert refused.status_code == 422
    assert VitalSigns.objects.count() == 0  # nobody acts: nothing is seen


@pytest.mark.parametrize("kind", HoldKind.values)
@pytest.mark.parametrize("level", LEVELS)
def test_a_submission_that_meets_a_hold_is_refused_in_words_and_keeps_what_was_typed(
    client: Client, cast: Cast, level: str, kind: str
) -> None:
    subject = bare_subject(cast)
    hold(cast, LEVELS[level](subject), kind)
    client.force_login(cast.coordinator)
    typed = {
        "press": "submit", "base_version": "0", "performed_on": "2026-01-06", "weight": "71.5",
        "weight_unit": "kg", "height": "172", "height_unit": "cm", "ecog": "1",
    }  # fmt: skip
    answer = client.post(Slot(subject.pk, "SCR", "VS").url(), typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert ("is frozen" if kind == "freeze" else "is locked") in page
    assert 'value="71.5"' in page


def test_a_held_place_opens_no_entry_page_even_when_nothing_stands_there(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    hold(cast, Place.of_visit(subject, "SCR", 1), "lock")
    client.force_login(cast.coordinator)
    page = client.get(Slot(subject.pk, "SCR", "VS").url()).content.decode()
    assert "This visit is locked" in page
    assert "data-entry" not in page


def test_the_study_page_lists_holds_and_takes_their_steps(client: Client, cast: Cast, second: User) -> None:
    client.force_login(cast.data_manager)
    study = {"study": cast.study.key, "site": cast.here.key, "kind": "lock", "next": "/studies/x/holds/"}
    asked = client.post("/holds/", study)
    assert "It reaches 0 subjects" in asked.content.decode()
    with acting(user=cast.data_manager):
        assert not Hold.objects.exists()
    client.post("/holds/", study | {"confirmed": "1"})
    with acting(user=cast.data_manager):
        lock = Hold.objects.get()
    client.post(f"/holds/{lock.pk}/ask_unlock/", {"reason": "late result", "next": "/"})
    own = client.get(f"/studies/{cast.study.key}/holds/").content.decode()
    assert "late result" in own
    assert f"/holds/{lock.pk}/unlock/" not in own
    client.force_login(second)
    assert f"/holds/{lock.pk}/unlock/" in client.get(f"/studies/{cast.study.key}/holds/").content.decode()
    client.post(f"/holds/{lock.pk}/unlock/", {"next": "https://elsewhere.invalid/"})
    with acting(user=second):
        assert Hold.objects.get().state == HoldState.RELEASED


def test_a_stranger_neither_sees_nor_places_holds_of_another_site(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    frozen = hold(cast, Place.of_subject(subject))
    client.force_login(cast.stranger)
    assert client.post("/holds/", {"subject": str(subject.pk), "kind": "freeze"}).status_code == 404
    assert client.post(f"/holds/{frozen.pk}/unfreeze/", {"reason": "x"}).status_code == 404
    assert subject.number not in client.get(f"/studies/{cast.study.key}/holds/").content.decode()


@pytest.mark.parametrize(
    "told",
    [
        {"subject": "no-id", "kind": "freeze"},
        {"study": "NONE", "kind": "freeze"},
        {"study": "BLINA-FULL", "site": "NONE", "kind": "freeze"},
        {"study": "BLINA-FULL", "kind": "melt"},
    ],
)
def test_a_place_that_does_not_exist_is_not_found(client: Client, cast: Cast, told: dict[str, str]) -> None:
    client.force_login(cast.data_manager)
    assert client.post("/holds/", told).status_code == 404


@pytest.mark.parametrize("kind", HoldKind.values)
@pytest.mark.parametrize("part", ["coordinator", "investigator", "stranger", "monitor"])
def test_everybody_in_a_study_sees_what_holds_the_whole_of_it(
    client: Client, cast: Cast, part: str, kind: str
) -> None:
    hold(cast, Place(cast.study.pk), kind)
    client.force_login(cast.people()[part])
    (line,) = client.get("/review/").context["lines"]
    assert line.holds == 1
    page = client.get(f"/studies/{cast.study.key}/holds/")
    (shown,) = page.context["holds"]
    assert (shown.place, shown.steps) == (str(cast.study), ())
    assert client.get("/api/v1/holds/").json()["results"][0]["kind"] == kind


@pytest.mark.parametrize("level", LEVELS)
def test_the_pages_of_a_subject_say_in_their_header_what_holds_all_of_it(
    client: Client, cast: Cast, level: str
) -> None:
    subject = bare_subject(cast)
    hold(cast, LEVELS[level](subject), "lock")
    client.force_login(cast.coordinator)
    slot = Slot(subject.pk, "SCR", "VS").url()
    for url in (f"/subjects/{subject.pk}/", f"/subjects/{subject.pk}/queries/", slot):
        page = client.get(url)
        alerts = [one for one in page.context["alerts"] if "locked" in str(one)]
        assert len(alerts) == (0 if level in ("form", "visit") else 1)
        said = f"This {level} is locked" in page.content.decode()
        assert said is (url == slot or level not in ("form", "visit"))
        assert page.content.decode().count(f"This {level} is locked") <= 1


def test_a_hold_of_another_site_is_not_shown(client: Client, cast: Cast) -> None:
    hold(cast, Place(cast.study.pk, cast.here.pk), "lock")
    client.force_login(cast.stranger)
    assert client.get(f"/studies/{cast.study.key}/holds/").context["holds"] == []


def test_a_data_manager_of_one_site_holds_and_releases_no_whole_study(client: Client, cast: Cast) -> None:
    with acting(role="system"):
        local = user("local_manager")
        employ(local, Role.DATA_MANAGER, cast.version, cast.here)
    with acting(user=local):
        with pytest.raises(PermissionDenied):
            place_hold(place=Place(cast.study.pk), kind="freeze", by=local)
        assert place_hold(place=Place(cast.study.pk, cast.here.pk), kind="freeze", by=local).pk
    frozen = hold(cast, Place(cast.study.pk))
    with pytest.raises(PermissionDenied):
        step(frozen, "unfreeze", local, "mine")
    client.force_login(local)
    page = client.get(f"/studies/{cast.study.key}/holds/")
    assert "The whole study" not in page.content.decode()
    shown = page.context["holds"]
    assert {one.hold.site_id: bool(one.steps) for one in shown} == {None: False, cast.here.pk: True}

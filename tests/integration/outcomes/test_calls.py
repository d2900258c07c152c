"""The call list: who is due, one click for the number, one line for the result, lost and found again."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enrollment.disposition import leave_study
from enrollment.models import Disposition, EndReason
from outcomes.call_list import call_line_of, calls_due
from outcomes.calls import record_attempt
from outcomes.models import ContactAttempt, SurvivalContact
from tests.cast import Cast
from tests.integration.outcomes.worked_example import enter
from tests.integration.treatment.subjects import DAY1, enrolled, start
from trialsite.access.identity import Identity, change_phone, register_person
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.items import values_of
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Wanted
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import change_state, submit_form
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import SubjectState

STARTED = DAY1  # 2026-01-12: the first contact is planned on 2026-04-12, from 03-29 to 04-26
PHONE = "138 0013 8000 mother"


@pytest.fixture
def april() -> Iterator[Any]:
    noon = datetime(2026, 4, 12, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    with time_machine.travel(noon, tick=False) as clock:
        yield clock


@pytest.fixture
def treated(cast: Cast, april: Any) -> Subject:
    """Enrolled, treated from 2026-01-12 on, with a number kept."""
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    with acting(user=cast.coordinator):
        change_phone(person_id=subject.person_id, phone=PHONE, by=cast.coordinator)
    return subject


def call(cast: Cast, subject: Subject, result: str = "NOT_REACHED", **values: Any) -> ContactAttempt:
    told = {"performed_on": date(2026, 4, 12), "call_result": result, **values}
    with acting(user=cast.coordinator):
        return record_attempt(subject=subject, values=told, by=cast.coordinator)


def contacts(cast: Cast) -> list[SurvivalContact]:
    with acting(user=cast.coordinator):
        return list(SurvivalContact.objects.select_related("visit"))


def state_of(cast: Cast, subject: Subject) -> str:
    with acting(user=cast.coordinator):
        return Subject.objects.get(pk=subject.pk).state


def kinds_of(user: User, *wanted: str) -> list[str]:
    with acting(user=user):
        return [line.kind for line in work_of(user).lines if line.kind in wanted]


def due(user: User, **wanted: str) -> list[str]:
    with acting(user=user):
        work_of(user)  # brings the planned visits up to date
        return [line.subject.number for line in calls_due(user, Wanted(50, **wanted))]


@pytest.mark.parametrize(("day", "listed"), [("2026-03-21", False), ("2026-03-22", True)])
def test_a_planned_contact_is_listed_from_a_week_before_its_window(
    cast: Cast, treated: Subject, april: Any, day: str, listed: bool
) -> None:
    april.move_to(datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo("Asia/Shanghai")))
    assert due(cast.coordinator) == ([treated.number] if listed else [])


def test_it_stands_in_the_inbox_once_and_only_with_those_who_call(cast: Cast, treated: Subject) -> None:
    assert kinds_of(cast.coordinator, "survival") == ["survival"]
    assert kinds_of(cast.monitor, "survival", "visits") == []
    assert due(cast.stranger) == []
    with acting(user=cast.coordinator):
        details = [str(line.detail) for line in work_of(cast.coordinator).lines if line.kind == "visits"]
    assert not any("Survival" in detail for detail in details)
    assert due(cast.coordinator, study="BLINA-FULL", site=cast.here.key) == [treated.number]
    assert due(cast.coordinator, site=cast.elsewhere.key) == []


def test_who_was_reached_gets_the_survival_contact_of_the_plan(cast: Cast, treated: Subject) -> None:
    call(cast, treated, "REACHED", disease_told="ALIVE_WELL", informant="SUBJECT")
    (contact,) = contacts(cast)
    assert (contact.visit.key, contact.visit.repeat) == ("SUR_Q3M", 1)
    assert (contact.alive, contact.contact_kind, contact.no_relapse) == (True, "TELEPHONE", None)
    assert due(cast.coordinator) == []
    with acting(user=cast.coordinator):
        line = call_line_of(treated)
    assert line is not None
    assert line.last_alive == date(2026, 4, 12)


def test_the_family_tells_alive_dead_or_nothing(cast: Cast, treated: Subject) -> None:
    call(cast, treated, "FAMILY", disease_told="UNKNOWN", informant="CHILD")
    assert contacts(cast) == []
    call(cast, treated, "FAMILY", disease_told="DIED", informant="CHILD")
    assert contacts(cast) == []
    call(cast, treated, "FAMILY", disease_told="ALIVE_WELL", informant="CHILD")
    (contact,) = contacts(cast)
    assert contact.contact_kind == "FAMILY"


def test_two_calls_of_one_day_enter_one_contact(cast: Cast, treated: Subject) -> None:
    for _ in range(2):
        call(cast, treated, "REACHED", disease_told="ALIVE_WELL")
    assert len(contacts(cast)) == 1


# A contact falls with the call that entered it

REACHED = {"call_result": "REACHED", "disease_told": "ALIVE_WELL"}
NOBODY = {"call_result": "NOT_REACHED", "disease_told": "", "informant": ""}


def correct(cast: Cast, record: Any, **values: Any) -> None:
    with acting(user=cast.coordinator):
        told = {**values_of(record), **values}
        submit_form(
            slot=Slot.of_record(record),
            values=told,
            missing=record.missing,
            base_version=type(record).objects.get(pk=record.pk).version,
            by=cast.coordinator,
            reason="typing error",
        )


def void(cast: Cast, record: Any) -> None:
    with acting(user=cast.coordinator):
        change_state(record=record, action="void", by=cast.coordinator, reason="another subject was called")


def standing(cast: Cast) -> list[tuple[date | None, str]]:
    return [(one.performed_on, one.contact_kind) for one in contacts(cast) if one.state != "voided"]


def test_a_call_that_reached_nobody_after_all_takes_its_contact_back(cast: Cast, treated: Subject) -> None:
    made = call(cast, treated, **REACHED)
    (contact,) = contacts(cast)
    correct(cast, made, **NOBODY)
    assert standing(cast) == []
    with acting(role="system"):
        why = Trail.objects.filter(row_id=contact.pk).order_by("-pk").values_list("reason", flat=True)[0]
    assert why == "The call that entered this contact was corrected."
    assert due(cast.coordinator) == [treated.number]
    correct(cast, made, **REACHED)
    assert standing(cast) == [(date(2026, 4, 12), "TELEPHONE")]


def test_a_voided_call_takes_its_contact_with_it(cast: Cast, treated: Subject) -> None:
    void(cast, call(cast, treated, **REACHED))
    assert standing(cast) == []


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({"comment": "twice busy"}, (date(2026, 4, 12), "TELEPHONE")),
        ({"performed_on": date(2026, 4, 11)}, (date(2026, 4, 11), "TELEPHONE")),
        ({"call_result": "FAMILY", "informant": "CHILD"}, (date(2026, 4, 12), "FAMILY")),
    ],
)
def test_the_contact_follows_day_and_speaker_of_its_call(
    cast: Cast, treated: Subject, values: dict[str, Any], left: tuple[date, str]
) -> None:
    correct(cast, call(cast, treated, **REACHED), **values)
    assert standing(cast) == [left]
    assert len(contacts(cast)) == (1 if "comment" in values else 2)


def test_a_second_call_of_the_day_keeps_the_contact_until_it_falls_too(cast: Cast, treated: Subject) -> None:
    first, second = (call(cast, treated, **REACHED) for _ in range(2))
    correct(cast, first, **NOBODY)
    assert len(standing(cast)) == 1
    void(cast, second)
    assert standing(cast) == []


def test_a_contact_that_somebody_entered_stays(cast: Cast, treated: Subject) -> None:
    told = {"performed_on": date(2026, 4, 12), "contact_kind": "TELEPHONE", "alive": True}
    enter(treated, cast.coordinator, "SUR", **told)
    correct(cast, call(cast, treated, **REACHED), **NOBODY)
    assert len(standing(cast)) == 1


@pytest.mark.parametrize(("kind", "refused"), [("TELEPHONE", True), ("VISIT", False)])
def test_what_was_added_to_a_contact_is_not_lost_unseen(
    cast: Cast, treated: Subject, kind: str, refused: bool
) -> None:
    made = call(cast, treated, **REACHED)
    (contact,) = contacts(cast)
    correct(cast, contact, contact_kind=kind, new_therapy="CAR_T")
    with pytest.raises(Refused, match="2026-04-12") if refused else nullcontext():
        correct(cast, made, **NOBODY)
    assert len(standing(cast)) == 1
    with acting(user=cast.coordinator):
        now = ContactAttempt.objects.get(pk=made.pk)
    assert now.call_result == ("REACHED" if refused else "NOT_REACHED")


def test_a_failed_attempt_is_no_sign_of_life(cast: Cast, treated: Subject) -> None:
    call(cast, treated)
    with acting(user=cast.coordinator):
        line = call_line_of(treated)
    assert line is not None
    assert (line.last_alive, line.tried) == (STARTED, "1 failed attempt")


@pytest.mark.parametrize(("agreed", "listed"), [(7, True), (8, False)])
def test_an_agreed_call_comes_before_the_plan(
    cast: Cast, treated: Subject, agreed: int, listed: bool
) -> None:
    call(cast, treated, next_call_on=date(2026, 4, 12) + timedelta(days=agreed))
    assert due(cast.coordinator) == ([treated.number] if listed else [])


@pytest.mark.parametrize(
    ("values", "item"),
    [
        ({"call_result": "REACHED"}, "disease_told"),
        ({"call_result": "REACHED", "disease_told": "DIED"}, "disease_told"),
        ({"call_result": "NOT_REACHED", "disease_told": "ALIVE_WELL"}, "disease_told"),
        ({"call_result": "NOT_REACHED", "informant": "SPOUSE"}, "informant"),
        ({"call_result": "FAMILY", "disease_told": "UNKNOWN", "informant": "SUBJECT"}, "informant"),
        ({"call_result": "NOT_REACHED", "next_call_on": date(2026, 4, 12)}, "next_call_on"),
        ({"call_result": "NOT_REACHED", "performed_on": date(2026, 4, 13)}, "performed_on"),
    ],
)
def test_what_cannot_be_so_is_refused_at_its_item(
    cast: Cast, treated: Subject, values: dict[str, Any], item: str
) -> None:
    with acting(user=cast.coordinator), pytest.raises(CheckFailed) as refused:
        record_attempt(
            subject=treated, values={"performed_on": date(2026, 4, 12), **values}, by=cast.coordinator
        )
    assert list(refused.value.messages) == [item]
    assert contacts(cast) == []


# Lost, and found again


def test_three_failed_attempts_propose_lost_and_two_do_not(cast: Cast, treated: Subject) -> None:
    for _ in range(2):
        call(cast, treated)
    assert kinds_of(cast.coordinator, "lost") == []
    call(cast, treated)
    assert kinds_of(cast.coordinator, "lost") == ["lost"]
    assert kinds_of(cast.stranger, "lost") == []


def test_the_proposal_leads_to_the_filled_in_form_and_nothing_happens_by_itself(
    desk: Client, cast: Cast, treated: Subject
) -> None:
    for _ in range(3):
        call(cast, treated)
    with acting(user=cast.coordinator):
        (line,) = [one for one in work_of(cast.coordinator).lines if one.kind == "lost"]
    page = desk.get(line.url).content.decode()
    assert '<option value="LOST TO FOLLOW-UP" selected' in page
    assert state_of(cast, treated) == SubjectState.ENROLLED


def test_a_later_contact_takes_the_proposal_back(cast: Cast, treated: Subject) -> None:
    for _ in range(3):
        call(cast, treated)
    call(cast, treated, "REACHED", disease_told="ALIVE_WELL")
    assert kinds_of(cast.coordinator, "lost") == []


def lose(cast: Cast, subject: Subject, reason: str, on: date = date(2026, 4, 10)) -> None:
    with acting(user=cast.coordinator):
        leave_study(subject=subject, ended_on=on, by=cast.coordinator, reason=reason, words="")


def test_a_contact_brings_back_who_was_lost_and_the_trail_says_why(cast: Cast, treated: Subject) -> None:
    lose(cast, treated, EndReason.LOST)
    assert due(cast.coordinator) == []
    call(cast, treated, "FAMILY", disease_told="ALIVE_WELL", informant="PARENT")
    assert state_of(cast, treated) == SubjectState.ENROLLED
    with acting(role="system"):
        (end,) = Disposition.objects.filter(subject=treated)
        assert end.undone_by_id == cast.coordinator.pk
        reasons = Trail.objects.filter(table_name=Disposition._meta.db_table).values_list("reason", flat=True)
        assert "Reached again: alive on 2026-04-12." in list(reasons)


@pytest.mark.parametrize(
    ("reason", "on"),
    [(EndReason.SUBJECT, date(2026, 4, 10)), (EndReason.COMPLETED, date(2026, 4, 10))],
)
def test_a_contact_undoes_no_other_end(cast: Cast, treated: Subject, reason: str, on: date) -> None:
    lose(cast, treated, reason, on)
    call(cast, treated, "REACHED", disease_told="ALIVE_WELL")
    assert state_of(cast, treated) == SubjectState.OFF_STUDY


@pytest.mark.parametrize(("seen", "back"), [(date(2026, 4, 9), False), (date(2026, 4, 10), True)])
def test_only_a_contact_of_that_day_or_later_brings_back(
    cast: Cast, treated: Subject, seen: date, back: bool
) -> None:
    lose(cast, treated, EndReason.LOST)
    enter(treated, cast.coordinator, "SUR", performed_on=seen, contact_kind="VISIT", alive=True)
    assert (state_of(cast, treated) == SubjectState.ENROLLED) is back


# Pages


def test_the_list_names_subjects_and_no_person(desk: Client, treated: Subject) -> None:
    page = desk.get("/calls/").content.decode()
    assert treated.number in page
    assert "王小明" not in page
    assert "138" not in page


@pytest.mark.parametrize("part", ["monitor", "statistician", "inspector", "administrator"])
def test_the_list_is_for_those_who_call(client: Client, cast: Cast, part: str) -> None:
    client.force_login(cast.people()[part])
    assert client.get("/calls/").status_code == 403


def looks(subject: Subject) -> list[dict[str, Any]]:
    with acting(role="system"):
        return [event.details for event in Event.objects.filter(kind="identity.viewed")]


def test_the_number_is_shown_on_one_click_that_the_audit_remembers(desk: Client, treated: Subject) -> None:
    url = f"/subjects/{treated.pk}/calls/phone/"
    assert desk.get(url).status_code == 405
    assert looks(treated) == []
    fragment = desk.post(url, headers={"HX-Request": "true"})
    assert PHONE in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    assert "no-store" in fragment.headers["Cache-Control"]
    whole = desk.post(url).content.decode()
    assert PHONE in whole
    assert "<html" in whole
    assert [(one["subject"], one["part"]) for one in looks(treated)] == [(str(treated.pk), "phone")] * 2
    assert all("138" not in str(one) for one in looks(treated))
    assert PHONE not in desk.get(f"/subjects/{treated.pk}/calls/").content.decode()


@pytest.mark.parametrize(("part", "status"), [("stranger", 404), ("monitor", 403), ("data_manager", 403)])
def test_the_number_is_hidden_from_others(
    client: Client, cast: Cast, treated: Subject, part: str, status: int
) -> None:
    client.force_login(cast.people()[part])
    assert client.post(f"/subjects/{treated.pk}/calls/phone/").status_code == status
    assert looks(treated) == []


def test_one_line_records_a_call_and_the_contact(desk: Client, cast: Cast, treated: Subject) -> None:
    url = f"/subjects/{treated.pk}/calls/"
    assert 'value="2026-04-12"' in desk.get(url).content.decode()
    line = {
        "performed_on": "2026-04-12",
        "called_at": "10:30",
        "call_result": "REACHED",
        "informant": "SUBJECT",
        "disease_told": "ALIVE_WELL",
    }
    answer = desk.post(url, line, follow=True)
    assert "The attempt and the survival contact are recorded." in answer.content.decode()
    assert len(contacts(cast)) == 1


def test_what_was_typed_stays_beside_the_sentence(desk: Client, treated: Subject) -> None:
    line = {"performed_on": "12.4.", "called_at": "noon", "call_result": "", "comment": "twice busy"}
    answer = desk.post(f"/subjects/{treated.pk}/calls/", line)
    page = answer.content.decode()
    assert answer.status_code == 422
    for sentence in ("2026-03-05", "14:30", "Choose how the call ended."):
        assert sentence in page
    for typed in ("12.4.", "noon", "twice busy"):
        assert typed in page


def test_a_death_that_was_told_leads_to_its_form(desk: Client, treated: Subject) -> None:
    line = {"performed_on": "2026-04-12", "call_result": "FAMILY", "disease_told": "DIED"}
    answer = desk.post(f"/subjects/{treated.pk}/calls/", line)
    assert answer.url.endswith(f"/subjects/{treated.pk}/log/DTH/") or "DTH" in answer.url


def test_a_monitor_sees_attempts_and_records_none(client: Client, cast: Cast, treated: Subject) -> None:
    call(cast, treated, comment="busy")
    client.force_login(cast.monitor)
    page = client.get(f"/subjects/{treated.pk}/calls/").content.decode()
    assert "busy" in page
    assert "Record the call" not in page
    answer = client.post(f"/subjects/{treated.pk}/calls/", {"performed_on": "2026-04-12"})
    assert answer.status_code == 403


def test_the_pages_are_in_chinese(desk: Client, treated: Subject) -> None:
    page = desk.get("/calls/", headers={"Accept-Language": "zh-hans"}).content.decode()
    assert "生存随访电话" in page


def test_the_number_of_queries_does_not_grow(cast: Cast, treated: Subject) -> None:
    def queries() -> int:
        with acting(user=cast.coordinator), CaptureQueriesContext(connection) as found:
            assert calls_due(cast.coordinator, Wanted(50))
        return len(found)

    due(cast.coordinator)
    one = queries()
    for _ in range(3):
        other = enrolled(cast)
        start(cast, other, "IND_CHEMO")
        call(cast, other)
    due(cast.coordinator)
    assert queries() == one


# The numbers on the identity page


@pytest.mark.parametrize(
    ("typed", "status"),
    [("139 0000 0000\n137 1111 1111 son", 302), ("call the ward", 422), ("1234", 422), ("", 302)],
)
def test_numbers_are_changed_on_the_identity_page(
    desk: Client, cast: Cast, treated: Subject, typed: str, status: int
) -> None:
    answer = desk.post(f"/subjects/{treated.pk}/identity/phone/", {"phone": typed})
    assert answer.status_code == status
    if status == 422:
        assert "one number a line" in answer.content.decode()
        assert typed in answer.content.decode()
    page = desk.post(f"/subjects/{treated.pk}/calls/phone/").content.decode()
    assert (PHONE in page) is (status == 422)


def test_a_monitor_changes_no_number(client: Client, cast: Cast, treated: Subject) -> None:
    client.force_login(cast.monitor)
    assert client.post(f"/subjects/{treated.pk}/identity/phone/", {"phone": "13900000000"}).status_code == 403


def test_a_number_lies_encrypted(cast: Cast) -> None:
    with acting(user=cast.coordinator):
        person = register_person(
            study_id=cast.study.pk, site_id=cast.here.pk, identity=Identity("王小明"), by=cast.coordinator
        )
        change_phone(person_id=person.pk, phone=PHONE, by=cast.coordinator)
        person.refresh_from_db()
    assert "138" not in person.phone

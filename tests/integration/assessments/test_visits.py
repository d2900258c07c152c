"""Planned visits against their anchors, the inbox, the calendar."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.models import PlannedVisit
from assessments.visits.plans import derive_visits
from assessments.visits.selectors import fresh, lines_of, pressing
from assessments.visits.standing import SOON_DAYS, standing
from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.added_visits import add_visit
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import schedule
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import move_subject
from trialsite.casebook.site_day import site_days
from trialsite.casebook.states import SubjectState
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity

from .entries import enter, marrow

SHANGHAI = ZoneInfo("Asia/Shanghai")
GOOD = {
    "anc": Quantity.parse("2", "10*9/L", "anc"),
    "platelets": Quantity.parse("200", "10*9/L", "platelets"),
}


def rows(cast: Cast, subject: Subject) -> dict[str, PlannedVisit]:
    with acting(user=cast.coordinator):
        return {row.key: row for row in derive_visits(subject) if row.repeat == 1}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def noon() -> Iterator[object]:
    with time_machine.travel(at("2026-01-10T12:00"), tick=False) as traveller:
        yield traveller


def test_screening_is_planned_from_the_day_of_screening_with_its_window(cast: Cast, subject: Subject) -> None:
    row = rows(cast, subject)["SCR"]
    assert (row.target, row.earliest, row.latest) == (date(2026, 1, 5), date(2026, 1, 5), date(2026, 1, 19))


def test_a_visit_without_its_anchor_waits_and_is_shown_all_the_same(cast: Cast, subject: Subject) -> None:
    row = rows(cast, subject)["LM24"]
    assert (row.target, row.waits_for, row.anchor) == (None, "ANCHOR", "first_crc")
    with acting(user=cast.coordinator):
        shown = {line.key: line for line in schedule["visits"](subject)}
    assert "remission" in str(shown["LM24"].waiting_for)
    assert shown["LM24"].forms
    keys = list(shown)
    assert keys.index("SCR") < keys.index("IND_D1") < keys.index("FU_Q3M") < keys.index("LM24")


def test_a_landmark_visit_opens_24_calendar_months_after_remission_and_closes_45_days_later(
    cast: Cast, subject: Subject
) -> None:
    marrow(cast, subject, date(2026, 8, 31), "2", visit="IND_EOI1", **GOOD)
    row = rows(cast, subject)["LM24"]
    assert (row.earliest, row.target, row.latest) == (
        date(2028, 8, 31),
        date(2028, 8, 31),
        date(2028, 10, 15),
    )


def test_a_visit_is_done_on_the_first_day_something_of_it_was_recorded(cast: Cast, subject: Subject) -> None:
    weight = Quantity.parse("70", "kg", "weight")
    enter(cast, subject, "VS", date(2026, 1, 9), weight=weight)
    enter(cast, subject, "PE", date(2026, 1, 7), general="NORMAL")
    assert rows(cast, subject)["SCR"].done_on == date(2026, 1, 7)


@pytest.mark.parametrize(
    ("today", "state", "words"),
    [
        (date(2026, 8, 10), "coming", "opens in 21 days"),
        (date(2026, 8, 24), "soon", "opens in 7 days"),
        (date(2026, 8, 30), "soon", "opens tomorrow"),
        (date(2026, 8, 31), "due", "due, 14 days left"),
        (date(2026, 9, 7), "due", "today"),
        (date(2026, 9, 14), "due", "today is the last day"),
        (date(2026, 9, 15), "late", "1 day late"),
        (date(2026, 9, 17), "late", "3 days late"),
    ],
)
def test_standing_in_words_on_both_edges_of_the_window(today: date, state: str, words: str) -> None:
    visit = PlannedVisit(earliest=date(2026, 8, 31), target=date(2026, 9, 7), latest=date(2026, 9, 14))
    found = standing(visit, today)
    assert (found.state, found.words) == (state, words)


def due_keys(cast: Cast, text: str) -> list[str]:
    return [key for key, _ in due_visits(cast.coordinator, at(text))]


def due_visits(user: User, instant: datetime) -> list[tuple[str, Any]]:
    """Key and site of the visits that the inbox tells at an instant."""
    with time_machine.travel(instant, tick=False), acting(user=user):
        return [(one.key, one.site_id) for one in pressing(fresh(user), site_days(), SOON_DAYS)]


def test_a_visit_enters_the_inbox_a_working_week_before_that_of_its_window(
    cast: Cast, subject: Subject
) -> None:
    assert due_keys(cast, "2025-12-28T12:00") == []
    assert due_keys(cast, "2025-12-29T12:00") == ["SCR"]


def test_a_late_visit_stays_in_the_inbox_and_a_done_one_leaves_it(cast: Cast, subject: Subject) -> None:
    assert due_keys(cast, "2026-03-01T12:00") == ["SCR"]
    enter(cast, subject, "PE", date(2026, 1, 7), general="NORMAL")
    assert due_keys(cast, "2026-03-01T12:00") == []


def test_a_begun_visit_stays_in_the_inbox_until_its_forms_are_in_or_its_window_is_over(
    cast: Cast, noon: object
) -> None:
    subject = enrolled(cast)
    with acting(user=cast.coordinator):
        visit = add_visit(
            subject_id=subject.pk,
            on=date(2026, 1, 10),
            forms=["VS", "PE"],
            by=cast.coordinator,
            reason="fever",
        )

    def told() -> list[str]:
        with acting(user=cast.coordinator):
            lines = work_of(cast.coordinator, kind="visit-forms").lines
        return [str(line.standing_words) for line in lines]

    assert told() == []
    place: Any = {"visit": visit.key, "repeat": visit.repeat}
    weight = Quantity.parse("70", "kg", "weight")
    enter(cast, subject, "VS", date(2026, 1, 10), **place, weight=weight)
    assert told() == ["begun, 1 form open"]
    with time_machine.travel(at("2026-01-11T12:00"), tick=False):
        assert told() == []
    enter(cast, subject, "PE", date(2026, 1, 10), **place, general="NORMAL")
    assert told() == []


def test_a_screening_is_begun_by_its_first_form_and_never_early(cast: Cast, subject: Subject) -> None:
    enter(cast, subject, "PE", date(2026, 1, 3), general="NORMAL")
    with acting(user=cast.coordinator):
        (line,) = [each for each in lines_of(fresh(cast.coordinator), site_days()) if each.visit.key == "SCR"]
    assert (line.standing.state, line.standing.words) == ("running", "begun")
    assert standing(line.visit, date(2026, 1, 10)).words == "done"


def test_visits_that_a_death_made_needless_are_not_shown(cast: Cast, subject: Subject) -> None:
    enter(cast, subject, "PE", date(2026, 1, 7), general="NORMAL")
    with acting(user=cast.coordinator):
        assert len(schedule["visits"](subject)) > 1
    died = {"died_on": PartialDate.parse("2026-01-09"), "cause": "INFECTION"}
    enter(cast, subject, "DTH", date(2026, 1, 9), visit="LOG", **died)
    with acting(user=cast.coordinator):
        assert [row.key for row in schedule["visits"](subject)] == ["SCR"]
        stands = {row.key: standing(row, date(2026, 1, 10)).state for row in derive_visits(subject)}
    assert stands.pop("SCR") == "done"
    assert set(stands.values()) == {"off"}  # those that still wait for a date too


def test_a_screen_failure_has_no_visits_due(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.coordinator):
        locked = Subject.objects.select_for_update().get(pk=subject.pk)
        move_subject(locked, SubjectState.SCREEN_FAILED, failure_reason="T-ALL")
    assert due_keys(cast, "2026-03-01T12:00") == []


def test_each_site_has_its_own_day(cast: Cast) -> None:
    bare_subject(cast)
    bare_subject(cast, site=cast.elsewhere)
    with acting(role="system"):
        cast.elsewhere.timezone = "America/New_York"
        cast.elsewhere.save()
    midnight = at("2025-12-29T00:30")  # in New York it is still 28 December
    assert due_visits(cast.monitor, midnight) == [("SCR", cast.here.pk)]


def test_the_projection_is_what_a_fresh_derivation_gives(cast: Cast, subject: Subject) -> None:
    marrow(cast, subject, date(2026, 8, 31), "2", visit="IND_EOI1", **GOOD)
    columns = ("key", "repeat", "target", "earliest", "latest", "waits_for", "done_on")
    with acting(user=cast.coordinator):
        stored = {tuple(getattr(row, column) for column in columns) for row in fresh(cast.coordinator)}
        derived = {tuple(getattr(row, column) for column in columns) for row in derive_visits(subject)}
    assert stored == derived


def enrolled(cast: Cast) -> Subject:
    """A subject past screening of whose screening visit nothing was recorded."""
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        locked = Subject.objects.select_for_update().get(pk=subject.pk)
        day = date(2026, 1, 8)
        return move_subject(
            locked, SubjectState.ENROLLED, enrolled_on=day, subject_number=f"N-{subject.number}"
        )


def queries_of_inbox(cast: Cast) -> int:
    """How many queries the inbox lines of visits take once the projections are up to date."""
    with acting(user=cast.coordinator):
        work_of(cast.coordinator, kind="visits")
    with (
        acting(user=cast.coordinator),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        cast.coordinator.__dict__.pop("_grants", None)
        assert work_of(cast.coordinator, kind="visits").lines
    return len(queries)


def test_the_inbox_takes_as_many_queries_for_50_subjects_as_for_5(cast: Cast, noon: object) -> None:
    for _number in range(5):
        enrolled(cast)
    few = queries_of_inbox(cast)
    for _number in range(45):
        enrolled(cast)
    assert queries_of_inbox(cast) == few


def test_the_screening_itself_is_left_to_the_line_of_enrolment(
    cast: Cast, subject: Subject, noon: object
) -> None:
    with acting(user=cast.coordinator):
        assert work_of(cast.coordinator, kind="visits").lines == []


def test_inbox_lines_are_for_those_who_enter_forms(cast: Cast, noon: object) -> None:
    subject = enrolled(cast)
    with acting(user=cast.coordinator):
        (line,) = work_of(cast.coordinator, kind="visits").lines
    assert (line.subject_number, line.standing, str(line.standing_words)) == (
        subject.number,
        "due",
        "due, 9 days left",
    )
    assert f"/subjects/{subject.pk}/" in line.url
    assert line.other_url == f"/subjects/{subject.pk}/visits/SCR.1/not-done/?from=inbox"
    with acting(user=cast.monitor):
        assert work_of(cast.monitor).lines == []


def test_the_inbox_offers_to_record_a_visit_as_not_done(cast: Cast, client: Client, noon: object) -> None:
    subject = enrolled(cast)
    client.force_login(cast.coordinator)
    assert f"/subjects/{subject.pk}/visits/SCR.1/not-done/?from=inbox" in client.get("/").content.decode()


def test_the_calendar_shows_late_visits_and_those_of_the_week(
    cast: Cast, subject: Subject, client: Client
) -> None:
    with time_machine.travel(at("2026-01-06T12:00"), tick=False):
        client.force_login(cast.coordinator)
        page = client.get("/calendar/").content.decode()
    assert subject.number in page
    assert "due, 13 days left" in page
    with time_machine.travel(at("2026-01-22T12:00"), tick=False):
        client.force_login(cast.coordinator)
        page = client.get("/calendar/?study=BLINA-FULL").content.decode()
    assert "3 days late" in page


def test_a_stranger_sees_no_visit_of_another_site(
    cast: Cast, subject: Subject, client: Client, noon: object
) -> None:
    client.force_login(cast.stranger)
    assert subject.number not in client.get("/calendar/").content.decode()
    assert client.get(f"/subjects/{subject.pk}/assessments/").status_code == 404


def test_the_administrator_gets_no_calendar(cast: Cast, client: Client) -> None:
    client.force_login(cast.administrator)
    assert client.get("/calendar/").status_code == 403
    assert client.get("/reminders/").status_code == 403

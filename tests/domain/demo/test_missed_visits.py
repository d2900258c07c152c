"""Which planned visits of a synthetic subject are recorded as not done, and for which reason."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from assessments.models import PlannedVisit
from trialsite.casebook.models import MissedReason
from trialsite.demo.stories.draws import Draw
from trialsite.demo.stories.missed import SETTLED_DAYS, MissedVisit, missed_visits
from trialsite.demo.stories.story import Course, Disease, Ending, Person, Span

TODAY = date(2026, 7, 1)
LONG_AGO = date(2026, 1, 5)
PERSON = Person("虚构", "DEMO-1", "F", date(1990, 1, 1), 165, Decimal(60), True, False)
DISEASE = Disease(date(2025, 1, 1), Decimal(20), 80, Decimal(95))


def course(*spans: Span, **ending: date) -> Course:
    return Course(
        PERSON,
        DISEASE,
        LONG_AGO,
        LONG_AGO,
        "ALL",
        spans,
        LONG_AGO,
        ending=Ending(**ending),  # type: ignore[arg-type]
    )


def visit(key: str = "FU_Q3M", on: date | None = LONG_AGO, **columns: Any) -> PlannedVisit:
    return PlannedVisit(key=key, target=on, earliest=on, latest=on, **columns)


def told(course: Course, *planned: PlannedVisit, seed: str = "seed") -> list[MissedVisit]:
    return list(missed_visits(Draw(seed), course, planned, TODAY))


@pytest.mark.parametrize(
    ("given", "planned", "reason"),
    [
        (course(), visit("CONS2_D8", phase="CONS2"), MissedReason.NOT_APPLICABLE),
        (
            course(Span("CONS2", LONG_AGO, LONG_AGO, end_reason="RELAPSE")),
            visit("CONS2_D8", LONG_AGO + timedelta(days=7), phase="CONS2"),
            MissedReason.NOT_APPLICABLE,
        ),
        (course(withdrawn_on=LONG_AGO), visit(), MissedReason.DECLINED),
        (course(lost_on=LONG_AGO), visit(), MissedReason.UNREACHABLE),
        (course(relapse_on=LONG_AGO), visit(phase="OBSERVATION"), MissedReason.OTHER),
    ],
)
def test_what_ended_the_course_is_the_reason(
    given: Course, planned: PlannedVisit, reason: MissedReason
) -> None:
    (missed,) = told(given, planned)
    assert missed.reason == reason
    assert missed.text or reason != MissedReason.OTHER


def test_a_visit_that_nothing_kept_from_taking_place_has_an_everyday_reason() -> None:
    everyday = {told(course(), visit(), seed=str(number))[0].reason for number in range(60)}
    assert {MissedReason.UNWELL, MissedReason.DECLINED, MissedReason.SITE} <= everyday
    assert MissedReason.NOT_APPLICABLE not in everyday
    assert told(course(), visit()) == told(course(), visit())


def test_what_was_done_or_is_not_expected_is_not_recorded() -> None:
    assert told(course(), visit(done_on=LONG_AGO)) == []
    assert told(course(), visit(ended_on=LONG_AGO - timedelta(days=1))) == []
    assert told(course(), visit(ended_on=LONG_AGO)) != []


def test_the_latest_stay_in_the_inbox_and_none_for_long() -> None:
    low, high = (TODAY - timedelta(days=days) for days in SETTLED_DAYS)
    assert told(course(), visit(on=low)) == []
    assert told(course(), visit(on=high - timedelta(days=1))) != []


def test_visits_that_wait_for_cells_go_with_the_apheresis_that_never_came() -> None:
    apheresis = visit("CAR_APH", phase="CAR_T")
    waiting = visit("CAR_D0", None, phase="CAR_T")
    later = visit("HSCT_D0", None, phase="HSCT")
    assert [one.visit for one in told(course(), apheresis, waiting, later)] == ["CAR_APH", "CAR_D0"]
    assert told(course(), visit("CAR_APH", phase="CAR_T", done_on=LONG_AGO), waiting) == []

"""What a moved anchor does to the visits of a subject, as a table: before and after, what was done left out."""

from datetime import date, timedelta

import pytest

from assessments.domain.moved import moved
from assessments.domain.schedule import PlannedVisit, Schedule, WaitingVisit, WaitsFor
from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import VisitForm

DAY1 = date(2026, 3, 2)
NAME = Text("Visit", "访视")


def visit(key: str, day: int, forms: str = "VS HEM", repeat: int = 1) -> PlannedVisit:
    target = DAY1 + timedelta(days=day - 1)
    asked = tuple(VisitForm(form, True) for form in forms.split())
    return PlannedVisit(key, repeat, NAME, target, target - timedelta(days=1), target, "c1d1", asked, None)


def waiting(key: str, anchor: str = "hsct_d0") -> WaitingVisit:
    return WaitingVisit(key, NAME, anchor, WaitsFor.ANCHOR, NAME)


BEFORE = Schedule((visit("D1", 1), visit("D8", 8), visit("D15", 15)), (waiting("M6"), waiting("M12")))

# what is the case after, what has begun, the visits that differ with the days by which their targets move
TABLE = [
    ("nothing moved", BEFORE, [], []),
    (
        "day 1 three days later",
        Schedule((visit("D1", 4), visit("D8", 11), visit("D15", 18)), BEFORE.waiting),
        [],
        [("D1", 3), ("D8", 3), ("D15", 3)],
    ),
    (
        "what has begun is left out",
        Schedule((visit("D1", 4), visit("D8", 11), visit("D15", 18)), BEFORE.waiting),
        [("D1", 1), ("D15", 1)],
        [("D8", 3)],
    ),
    (
        "day 1 earlier",
        Schedule((visit("D1", 0), visit("D8", 7), visit("D15", 14)), BEFORE.waiting),
        [],
        [("D1", -1), ("D8", -1), ("D15", -1)],
    ),
    (
        "a visit that waited has a date",
        Schedule((*BEFORE.planned, visit("M6", 180)), (waiting("M12"),)),
        [],
        [("M6", None)],
    ),
    ("a visit waits again", Schedule(BEFORE.planned[:2], (waiting("D15"), *BEFORE.waiting)), [], [("D15", None)]),
    (
        "a visit waits for something else",
        Schedule(BEFORE.planned, (waiting("M6", "c1d1"), waiting("M12"))),
        [],
        [("M6", None)],
    ),
    ("a visit goes", Schedule(BEFORE.planned[:2], BEFORE.waiting), [], [("D15", None)]),
    ("a visit comes", Schedule((*BEFORE.planned, visit("D22", 22)), BEFORE.waiting), [], [("D22", None)]),
    ("other forms", Schedule((visit("D1", 1, "VS"), *BEFORE.planned[1:]), BEFORE.waiting), [], [("D1", 0)]),
    (
        "one of a series",
        Schedule((*BEFORE.planned, visit("D15", 16, repeat=2)), BEFORE.waiting),
        [("D15", 1)],
        [("D15", None)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "after", "kept", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_the_visits_that_differ(
    name: str, after: Schedule, kept: list[tuple[str, int]], expected: list[tuple[str, int | None]]
) -> None:
    found = moved(BEFORE, after, kept)
    assert [(one.place[0], None if one.days is None else one.days.days) for one in found] == expected


def test_other_forms_move_no_date() -> None:
    (one,) = moved(BEFORE, Schedule((visit("D1", 1, "VS"), *BEFORE.planned[1:]), BEFORE.waiting))
    assert not one.dates_differ
    (other,) = moved(BEFORE, Schedule(BEFORE.planned[:2], BEFORE.waiting))
    assert other.dates_differ
    assert other.now is None

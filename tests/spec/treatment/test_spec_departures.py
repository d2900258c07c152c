"""What departs from the protocol: visits, samples for MRD; both sides of each day."""

from datetime import date, timedelta

import pytest

from treatment.domain.departures import sample_departure, visit_departure
from trialsite.clinical.text import Text

NAME = Text("Day 15", "第15天")
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 7)


@pytest.mark.parametrize(
    ("done_on", "today", "says"),
    [
        (None, LAST, None),  # the last day belongs to the window
        (None, LAST + timedelta(days=1), "the window is over and nothing is recorded"),
        (FIRST, LAST, None),
        (LAST, LAST, None),
        (FIRST - timedelta(days=1), LAST, "1 day early"),
        (LAST + timedelta(days=1), LAST + timedelta(days=9), "1 day late"),
        (LAST + timedelta(days=2), LAST + timedelta(days=9), "2 days late"),
    ],
)
def test_a_visit_departs_outside_its_window(done_on: date | None, today: date, says: str | None) -> None:
    found = visit_departure(NAME, FIRST, LAST, done_on, today)
    assert (found is None) == (says is None)
    assert found is None or (says in found.en and "第15天" in found.zh)


@pytest.mark.parametrize(
    ("today", "drawn", "measured", "departs"),
    [
        (LAST, False, False, False),
        (LAST + timedelta(days=1), False, False, True),
        (LAST + timedelta(days=1), True, False, False),
        (LAST + timedelta(days=1), False, True, False),
    ],
)
def test_a_sample_is_absent_once_the_window_closed(
    today: date, drawn: bool, measured: bool, departs: bool
) -> None:
    found = sample_departure(NAME, LAST, today, drawn=drawn, measured=measured, done_on=None)
    assert (found is not None) == departs

"""What departs from the protocol: visits, samples for MRD, grafts; both sides of each day."""

from datetime import date, timedelta

import pytest

from treatment.domain.departures import (
    MrdBefore,
    MrdSaid,
    graft_departure,
    sample_departure,
    visit_departure,
)
from trialsite.clinical.text import Text

NAME = Text("Day 15", "第15天")
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 7)
MFC = Text("flow cytometry", "流式细胞术")
DAY0 = date(2026, 6, 1)


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


@pytest.mark.parametrize(
    ("results", "says"),
    [
        ([], "unknown: no result"),
        ([(DAY0, MrdSaid.NEGATIVE)], None),
        ([(DAY0, MrdSaid.POSITIVE)], "is positive"),
        ([(DAY0, MrdSaid.INDETERMINATE)], "unknown (indeterminate)"),
        ([(DAY0 + timedelta(days=1), MrdSaid.NEGATIVE)], "unknown: no result"),  # after day 0
        ([(date(2026, 5, 1), MrdSaid.POSITIVE), (date(2026, 5, 20), MrdSaid.NEGATIVE)], None),
        ([(date(2026, 5, 20), MrdSaid.POSITIVE), (date(2026, 5, 1), MrdSaid.NEGATIVE)], "is positive"),
    ],
)
def test_a_graft_asks_for_negative_mrd_before_it(
    results: list[tuple[date, MrdSaid]], says: str | None
) -> None:
    found = graft_departure(DAY0, MFC, [MrdBefore(on, said) for on, said in results])
    assert (found is None) == (says is None)
    assert found is None or (says in found.en and "流式细胞术" in found.zh)

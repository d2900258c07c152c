"""Which results of an earlier screening still hold: both sides of each window."""

from datetime import date

import pytest

from enrollment.domain.carrying import holds_until, still_holds, window_of

DONE = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("on", "window", "holds"),
    [
        (date(2026, 3, 8), 7, True),  # the last day of the window
        (date(2026, 3, 9), 7, False),
        (date(2026, 3, 1), 7, True),
        (date(2026, 2, 28), 7, False),  # a result of the future
        (date(2030, 1, 1), None, True),
    ],
)
def test_a_result_holds_to_the_last_day_of_its_window(on: date, window: int | None, holds: bool) -> None:
    assert still_holds(DONE, window, on) is holds


def test_a_form_without_a_date_cannot_be_told_to_hold() -> None:
    assert still_holds(None, None, DONE) is False


def test_the_shortest_window_of_the_facts_of_a_form_counts() -> None:
    assert window_of([28, None, 7]) == 7
    assert window_of([None, None]) is None
    assert holds_until(DONE, None) is None
    assert holds_until(DONE, 28) == date(2026, 3, 29)

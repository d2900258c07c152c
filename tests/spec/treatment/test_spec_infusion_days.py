"""On which instant a cumulative day of infusion begins, as a table: pauses move it, a running pump foresees it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from treatment.domain.infusion import Segment
from treatment.domain.infusion_days import infusion_day_begins

BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)


def at(hours: float) -> datetime:
    return BEGIN + timedelta(hours=hours)


def runs(*hours: tuple[float, float | None]) -> list[Segment]:
    return [Segment(at(start), None if stop is None else at(stop), Decimal(28)) for start, stop in hours]


# stretches in hours from the beginning (stop None: running), infusion day, hours at which it begins
TABLE = [
    ("not begun", runs(), 1, None),
    ("the first day", runs((0, 72)), 1, 0),
    ("the second", runs((0, 72)), 2, 24),
    ("within the last stretch", runs((0, 72)), 3, 48),
    ("stopped at the first instant of the day", runs((0, 72)), 4, None),
    ("and started again later", runs((0, 72), (80, 100)), 4, 80),
    ("bags without a gap", runs((0, 72), (72, 168), (168, 200)), 8, 168),
    ("stopped a minute before", runs((0, 167.98)), 8, None),
    ("a pause of 10 h moves it by 10 h", runs((0, 48), (58, 400)), 8, 178),
    ("two pauses", runs((0, 48), (50, 100), (106, 400)), 8, 176),
    ("a pause after it does not", runs((0, 180), (190, 400)), 8, 168),
    ("running: foreseen", runs((0, None)), 8, 168),
    ("running after a pause: foreseen", runs((0, 48), (60, None)), 8, 180),
    ("paused: not known", runs((0, 48), (60, 70)), 8, None),
    ("overlapping stretches count once", runs((0, 48), (40, 72), (72, None)), 8, 168),
    ("in any order", runs((72, 200), (0, 72)), 8, 168),
]


@pytest.mark.parametrize(("name", "segments", "day", "hours"), TABLE, ids=[row[0] for row in TABLE])
def test_a_day_of_infusion_begins_after_so_many_hours_infused(
    name: str, segments: list[Segment], day: int, hours: float | None
) -> None:
    assert infusion_day_begins(segments, day) == (None if hours is None else at(hours))


@pytest.mark.parametrize("day", [0, -1])
def test_days_are_counted_from_one(day: int) -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        infusion_day_begins(runs((0, 24)), day)

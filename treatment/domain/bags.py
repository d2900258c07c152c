"""Bags of blinatumomab: how long each runs, when the next is due, and the rate a day is planned with.

Durations and pump rates: manufacturer's dosing information. The pump rate of 72 h and 96 h bags is not given: the
manufacturer's page prints the same one for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from .infusion import Infusion, Segment

HOURS: Mapping[str, int] = {"24H": 24, "48H": 48, "72H": 72, "96H": 96, "7D": 168}
HUNDREDTH = Decimal("0.01")


def runs_out(start: datetime, bag: str) -> datetime | None:
    """When a bag that was hung at `start` is empty; None for one whose duration is not recorded."""
    hours = HOURS.get(bag)
    return start + timedelta(hours=hours) if hours else None


def changes_to_come(start: datetime, bag: str, course: Infusion, now: datetime) -> list[datetime]:
    """The changes of bags from the running one to the end of the course, if bags of the same duration follow.

    The first may be over already: it is late. Without a duration, or while nothing runs, none. The end itself is no
    change."""
    hours = HOURS.get(bag)
    if not hours or not course.running:
        return []
    end = now + timedelta(hours=float(course.remaining_hours))
    length, at, found = timedelta(hours=hours), start + timedelta(hours=hours), []
    while at < end:
        found.append(at)
        at += length
    return found


def infusion_day(segments: Sequence[Segment], start: datetime) -> int:
    """Which day of infusion begins or runs at `start`, counted by 24 h of infusion before it (1 is the first)."""
    before = sum(
        ((min(one.stop or start, start) - one.start) for one in segments if one.start < start), timedelta(0)
    )
    return before // timedelta(days=1) + 1


def planned_rate(rates: Mapping[int, Decimal], *days: int) -> Decimal | None:
    """The planned rate of the first of these days that the plan has; None where it has none."""
    return next((rates[day] for day in days if day in rates), None)


def as_planned(rate: Decimal, rates: Mapping[int, Decimal], *days: int) -> bool:
    """Whether a rate is the planned one of any of these days, to a hundredth: an interruption moves the step, and the
    day of the calendar and the day of infusion then differ. A day without a plan says nothing against it."""
    planned = [rates[day] for day in days if day in rates]
    return not planned or any(one.quantize(HUNDREDTH) == rate.quantize(HUNDREDTH) for one in planned)

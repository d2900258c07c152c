"""When a reminder is due, how long it is still told late, and when a failed delivery is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

CATCH_UP = timedelta(
    hours=12
)  # so late is a reminder still made; after that the next one tells everything anyway
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)


class Frequency(StrEnum):
    """How often somebody is reminded."""

    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


@dataclass(frozen=True)
class Plan:
    """When one person is reminded: `weekday` (Monday 0) counts for weekly reminders; `hour` is that of `zone`.

    `since` is when the person chose so: what began before is not made up for; None where nobody chose.
    """

    frequency: Frequency
    weekday: int
    hour: int
    zone: str
    since: datetime | None = None


@dataclass(frozen=True)
class Period:
    """One day or week of one person: the day on which it begins there, and the instant."""

    day: date
    begins_at: datetime


def period_at(plan: Plan, instant: datetime) -> Period | None:
    """The period whose reminder is due at an instant; None when none is.

    It is the latest that has begun, provided that it began no longer ago than CATCH_UP and not before the person chose
    the plan. An hour that a change of the clock leaves out counts as the hour after it.
    """
    if plan.frequency is Frequency.OFF:
        return None
    zone = ZoneInfo(plan.zone)
    today = instant.astimezone(zone).date()
    for back in range(8):
        day = today - timedelta(days=back)
        if plan.frequency is Frequency.WEEKLY and day.weekday() != plan.weekday:
            continue
        begins_at = datetime.combine(day, time(plan.hour), zone).astimezone(UTC)
        if begins_at <= instant:
            too_old = instant - begins_at > CATCH_UP or (plan.since is not None and begins_at < plan.since)
            return None if too_old else Period(day, begins_at)
    return None


def told_through(frequency: Frequency, day: date) -> date:
    """The last day that a reminder speaks for: the day before the next one; its own where there is none."""
    return day + timedelta(days=6) if frequency is Frequency.WEEKLY else day


def pause_after(attempts: int, first: timedelta = FIRST_PAUSE) -> timedelta:
    """How long to wait after so many failed attempts (one or more): `first`, then twice as long, to half an hour."""
    return min(first * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)

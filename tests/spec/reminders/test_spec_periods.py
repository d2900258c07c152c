"""When a reminder is due, as tables: times are those of Shanghai; 2026-03-09 is a Monday."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from trialsite.reminders.domain.periods import Frequency, Plan, pause_after, period_at, told_through

ZONE = "Asia/Shanghai"


def at(text: str, zone: str = ZONE) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


# frequency, weekday, hour, now → the day of the reminder that is due
DUE = [
    ("daily", 0, 6, "2026-03-10T05:59", None),  # that of yesterday is a day old
    ("daily", 0, 6, "2026-03-10T06:00", "2026-03-10"),
    ("daily", 0, 6, "2026-03-10T07:10", "2026-03-10"),  # an hour late after an outage
    ("daily", 0, 6, "2026-03-10T18:00", "2026-03-10"),  # twelve hours late: the last moment
    ("daily", 0, 6, "2026-03-10T18:01", None),
    ("daily", 0, 23, "2026-03-11T00:30", "2026-03-10"),  # late over midnight
    ("daily", 0, 0, "2026-03-10T00:00", "2026-03-10"),
    ("weekly", 0, 6, "2026-03-08T12:00", None),
    ("weekly", 0, 6, "2026-03-09T05:59", None),
    ("weekly", 0, 6, "2026-03-09T06:00", "2026-03-09"),
    ("weekly", 0, 6, "2026-03-10T06:00", None),
    ("weekly", 6, 22, "2026-03-09T08:00", "2026-03-08"),  # Sunday evening, told on Monday
    ("off", 0, 6, "2026-03-10T06:00", None),
]


@pytest.mark.parametrize(("often", "weekday", "hour", "now", "day"), DUE)
def test_the_reminder_that_is_due(often: str, weekday: int, hour: int, now: str, day: str | None) -> None:
    found = period_at(Plan(Frequency(often), weekday, hour, ZONE), at(now))
    assert (found.day if found else None) == (date.fromisoformat(day) if day else None)


@pytest.mark.parametrize(
    ("chosen", "due"), [("2026-03-10T06:01", False), ("2026-03-10T06:00", True), ("2026-03-09T20:00", True)]
)
def test_what_began_before_the_plan_was_chosen_is_not_made_up_for(chosen: str, due: bool) -> None:
    plan = Plan(Frequency.DAILY, 0, 6, ZONE, since=at(chosen))
    assert (period_at(plan, at("2026-03-10T07:00")) is not None) is due


@pytest.mark.parametrize(("now", "due"), [("2026-03-29T01:59", False), ("2026-03-29T03:00", True)])
def test_an_hour_that_the_clock_leaves_out_counts_as_the_one_after(now: str, due: bool) -> None:
    plan = Plan(Frequency.DAILY, 0, 2, "Europe/Berlin")  # 02:00 to 03:00 does not exist on that day
    found = period_at(plan, at(now, "Europe/Berlin"))
    assert (found is not None and found.day == date(2026, 3, 29)) is due


@pytest.mark.parametrize(
    ("often", "through"), [("daily", "2026-03-09"), ("weekly", "2026-03-15"), ("off", "2026-03-09")]
)
def test_a_reminder_speaks_for_the_days_until_the_next(often: str, through: str) -> None:
    assert told_through(Frequency(often), date(2026, 3, 9)) == date.fromisoformat(through)


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (9, 30), (10, 30), (500, 30)]
)
def test_pauses_double_up_to_half_an_hour(attempts: int, minutes: int) -> None:
    assert pause_after(attempts) == timedelta(minutes=minutes)

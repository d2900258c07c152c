"""Working days, the day suggested for a visit, and the day on which it is told, as tables over China's calendar.

The public days are those of the State Council's notices for 2025 and 2026."""

from datetime import date, timedelta

import pytest

from assessments.domain.working_days import (
    DayKind,
    SiteCalendar,
    Why,
    is_working_day,
    last_working_day_before,
    next_working_week_end,
    suggested_date,
)
from assessments.visits.public_holidays import holidays_of, last_published_year, make_up_workdays
from assessments.visits.working_days import calendar_of_years

CHINA = calendar_of_years(2025, 2027)


def day(text: str) -> date:
    return date.fromisoformat(text)


KINDS = [
    ("2026-02-13", DayKind.WORKDAY, "the Friday before Spring Festival"),
    ("2026-02-14", DayKind.MAKE_UP, "a Saturday that is worked for it"),
    ("2026-02-15", DayKind.WEEKEND, "a Sunday"),
    ("2026-02-16", DayKind.HOLIDAY, "the eve"),
    ("2026-02-23", DayKind.HOLIDAY, "the last day off"),
    ("2026-02-24", DayKind.WORKDAY, "the first day after it"),
    ("2026-02-28", DayKind.MAKE_UP, "the other Saturday"),
    ("2026-09-20", DayKind.MAKE_UP, "a Sunday worked for National Day"),
    ("2026-09-30", DayKind.WORKDAY, "the day before National Day"),
    ("2026-10-01", DayKind.HOLIDAY, "National Day"),
    ("2026-10-07", DayKind.HOLIDAY, "its last day off"),
    ("2026-10-08", DayKind.WORKDAY, "the first day after it"),
    ("2026-10-10", DayKind.MAKE_UP, "a Saturday worked for it"),
    ("2025-01-26", DayKind.MAKE_UP, "a Sunday of the year before"),
    ("2025-10-08", DayKind.HOLIDAY, "National Day and Mid-Autumn together"),
]


@pytest.mark.parametrize(("text", "kind", "why"), KINDS, ids=[row[0] for row in KINDS])
def test_a_day_is_what_the_state_council_made_it(text: str, kind: DayKind, why: str) -> None:
    assert CHINA.kind(day(text)) is kind, why


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("2026-02-17", "Spring Festival", "春节"),
        ("2026-02-20", "Spring Festival", "春节"),  # off in exchange for 02-14
        ("2026-10-01", "National Day", "国庆节"),
        ("2026-10-07", "National Day", "国庆节"),
        ("2026-04-06", "Tomb-Sweeping Day", "清明节"),  # observed
    ],
)
def test_a_holiday_has_its_name_in_both_languages(text: str, english: str, chinese: str) -> None:
    name = holidays_of(2026)[day(text)]
    assert (name.en, name.zh) == (english, chinese)


def test_the_last_year_with_make_up_workdays_is_told() -> None:
    assert make_up_workdays(last_published_year())
    assert not make_up_workdays(last_published_year() + 1)
    assert day(f"{last_published_year() + 1}-10-01") in holidays_of(last_published_year() + 1)


OWN = SiteCalendar(
    CHINA.holidays,
    CHINA.make_up,
    closed={day("2026-03-04"): "ward is painted", day("2026-02-14"): "closed"},
    open={day("2026-10-04"): "ward open", day("2026-10-01"): "on call"},
)


@pytest.mark.parametrize(
    ("text", "china", "own"),
    [
        ("2026-03-04", True, False),  # a Wednesday on which the site is closed
        ("2026-02-14", True, False),  # its own word goes before a make-up workday
        ("2026-10-04", False, True),  # a Sunday on which it works
        ("2026-10-01", False, True),  # and before a holiday
        ("2026-03-05", True, True),
    ],
)
def test_the_sites_own_word_goes_before_the_states(text: str, china: bool, own: bool) -> None:
    assert (is_working_day(CHINA, day(text)), is_working_day(OWN, day(text))) == (china, own)


# target, days before and after in the window, suggested, why
SUGGESTED = [
    ("2026-03-04", 2, 2, "2026-03-04", Why.TARGET),
    ("2026-02-14", 2, 2, "2026-02-14", Why.TARGET),  # a make-up workday is a working day
    ("2026-03-07", 2, 2, "2026-03-06", Why.NEAREST),  # Saturday: Friday is nearer than Monday
    ("2026-03-08", 2, 2, "2026-03-09", Why.NEAREST),  # Sunday: Monday
    ("2026-03-08", 2, 0, "2026-03-06", Why.NEAREST),  # not after the window
    ("2026-03-07", 0, 2, "2026-03-09", Why.NEAREST),  # not before it
    ("2026-03-07", 0, 1, "2026-03-07", Why.NO_WORKING_DAY),
    ("2026-03-07", 0, 0, "2026-03-07", Why.NO_WORKING_DAY),
    ("2026-02-19", 5, 5, "2026-02-14", Why.NEAREST),  # 5 days to 02-14 and to 02-24: the earlier one
    ("2026-02-19", 4, 5, "2026-02-24", Why.NEAREST),
    ("2026-02-19", 4, 4, "2026-02-19", Why.NO_WORKING_DAY),  # all of the window is Spring Festival
    ("2026-10-04", 3, 3, "2026-10-04", Why.NO_WORKING_DAY),
    ("2026-10-04", 4, 4, "2026-09-30", Why.NEAREST),
    ("2026-10-01", 0, 45, "2026-10-08", Why.NEAREST),  # a landmark is never before its day
]


@pytest.mark.parametrize(("target", "before", "after", "expected", "why"), SUGGESTED)
def test_the_day_suggested_is_the_nearest_working_day_of_the_window(
    target: str, before: int, after: int, expected: str, why: Why
) -> None:
    on = day(target)
    found = suggested_date(on, on - timedelta(days=before), on + timedelta(days=after), CHINA)
    assert (found.day, found.why) == (day(expected), why)


# a visit's day, the last working day before it
TOLD = [
    ("2026-03-05", "2026-03-04"),
    ("2026-03-09", "2026-03-06"),  # Monday: on Friday
    ("2026-02-14", "2026-02-13"),
    ("2026-02-16", "2026-02-14"),  # the make-up Saturday
    ("2026-02-24", "2026-02-14"),  # the first day after Spring Festival: before it began
    ("2026-02-25", "2026-02-24"),
    ("2026-10-08", "2026-09-30"),
]


@pytest.mark.parametrize(("visit", "told"), TOLD)
def test_a_visit_is_told_on_the_last_working_day_before(visit: str, told: str) -> None:
    assert last_working_day_before(day(visit), CHINA) == day(told)
    assert next_working_week_end(day(told), CHINA) >= day(visit)


@pytest.mark.parametrize(
    ("today", "until"),
    [
        ("2026-03-02", "2026-03-13"),  # Monday: to Friday of next week
        ("2026-03-08", "2026-03-13"),  # Sunday: of the same
        ("2026-03-09", "2026-03-20"),
        ("2026-02-02", "2026-02-14"),  # the make-up Saturday
        ("2026-02-09", "2026-02-28"),  # the week of 16 February is off; Saturday 28 is made up
        ("2026-02-22", "2026-02-28"),
        ("2026-09-28", "2026-10-10"),
    ],
)
def test_what_is_told_on_a_day_reaches_to_the_end_of_the_next_working_week(today: str, until: str) -> None:
    assert next_working_week_end(day(today), CHINA) == day(until)


def test_a_site_that_is_closed_for_good_still_gets_an_answer() -> None:
    closed = SiteCalendar(closed={day("2026-01-01") + timedelta(days=n): "closed" for n in range(200)})
    assert last_working_day_before(day("2026-07-01"), closed) == day("2026-06-30")
    assert next_working_week_end(day("2026-01-01"), closed) == day("2026-01-02")

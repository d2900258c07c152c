"""Calendar arithmetic: age, months, study days."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsite.clinical.dates import (
    AgeBounds,
    add_months,
    age_bounds,
    completed_years,
    days_inclusive,
    days_of_months,
    hsct_day,
    months_of_days,
    study_day,
)
from trialsite.clinical.partial_date import PartialDate

DAYS = st.dates(date(1930, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        (date(2011, 5, 2), date(2026, 5, 1), 14),
        (date(2011, 5, 2), date(2026, 5, 2), 15),
        (date(1960, 5, 1), date(2026, 4, 30), 65),
        (date(1960, 5, 1), date(2026, 5, 1), 66),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2026, 5, 1), date(2026, 5, 1), 0),
    ],
)
def test_age_turns_on_the_birthday(birth, on, age):
    assert completed_years(birth, on) == age


def test_there_is_no_age_before_birth():
    with pytest.raises(ValueError, match="before the birth"):
        completed_years(date(2026, 5, 2), date(2026, 5, 1))


def test_a_partial_birth_date_gives_the_youngest_and_the_oldest_age():
    consent = date(2026, 5, 15)
    assert age_bounds(PartialDate.parse("2011"), consent) == AgeBounds(14, 15)
    assert age_bounds(PartialDate.parse("2011-05"), consent) == AgeBounds(14, 15)
    assert age_bounds(PartialDate.parse("2011-04"), consent) == AgeBounds(15, 15)
    assert age_bounds(PartialDate.parse("2026"), consent) == AgeBounds(0, 0)
    assert age_bounds(date(2011, 5, 15), consent) == AgeBounds(15, 15)


@given(DAYS, st.integers(0, 40_000), st.integers(0, 500))
def test_age_bounds_contain_the_age_of_every_possible_birthday(birth, later, shift):
    on = birth + timedelta(days=later)
    month = PartialDate.parse(birth.isoformat()[:7])
    low, high = age_bounds(month, max(on, month.latest))
    assert low <= completed_years(birth, max(on, month.latest)) <= high <= low + 1


@pytest.mark.parametrize(
    ("day", "months", "moved"),
    [
        (date(2026, 8, 31), 18, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 5, 15), -3, date(2026, 2, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 5, 15), 0, date(2026, 5, 15)),
    ],
)
def test_calendar_months_keep_the_day_or_clamp_to_the_months_end(day, months, moved):
    assert add_months(day, months) == moved


@given(DAYS, DAYS, st.integers(-600, 600))
def test_moving_by_months_keeps_the_order_of_days(a, b, months):
    assert (add_months(a, months) <= add_months(b, months)) or a > b


def test_study_day_has_no_day_zero_and_hsct_day_has():
    day = date(2026, 3, 10)
    around = [day - timedelta(days=1), day, day + timedelta(days=1)]
    assert [study_day(each, day) for each in around] == [-1, 1, 2]
    assert [hsct_day(each, day) for each in around] == [-1, 0, 1]


def test_first_and_last_day_of_a_treatment_are_counted():
    assert days_inclusive(date(2026, 3, 1), date(2026, 3, 1)) == 1
    assert days_inclusive(date(2026, 3, 1), date(2026, 3, 5)) == 5
    with pytest.raises(ValueError, match="cannot stop"):
        days_inclusive(date(2026, 3, 2), date(2026, 3, 1))


def test_a_month_of_follow_up_is_30_4375_days():
    assert days_of_months(18) == Decimal("547.875")
    assert days_of_months(24) == Decimal("730.5")
    assert months_of_days(974) == Decimal(32)

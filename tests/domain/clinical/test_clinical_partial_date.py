"""Reading dates as far as they are known."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsite.clinical.partial_date import PartialDate, PartialDateError, Precision


@pytest.mark.parametrize(
    ("typed", "text", "earliest", "latest", "precision", "flag"),
    [
        ("2026", "2026", date(2026, 1, 1), date(2026, 12, 31), Precision.YEAR, "M"),
        ("2026-UN-UN", "2026", date(2026, 1, 1), date(2026, 12, 31), Precision.YEAR, "M"),
        ("2026年", "2026", date(2026, 1, 1), date(2026, 12, 31), Precision.YEAR, "M"),
        ("2026-03", "2026-03", date(2026, 3, 1), date(2026, 3, 31), Precision.MONTH, "D"),
        ("2026-03-UN", "2026-03", date(2026, 3, 1), date(2026, 3, 31), Precision.MONTH, "D"),
        ("2026-03-un", "2026-03", date(2026, 3, 1), date(2026, 3, 31), Precision.MONTH, "D"),
        ("2026年3月", "2026-03", date(2026, 3, 1), date(2026, 3, 31), Precision.MONTH, "D"),
        ("2028-02", "2028-02", date(2028, 2, 1), date(2028, 2, 29), Precision.MONTH, "D"),
        ("2026-03-05", "2026-03-05", date(2026, 3, 5), date(2026, 3, 5), Precision.DAY, ""),
        ("2026/3/5", "2026-03-05", date(2026, 3, 5), date(2026, 3, 5), Precision.DAY, ""),
        ("２０２６．０３．０５", "2026-03-05", date(2026, 3, 5), date(2026, 3, 5), Precision.DAY, ""),
        ("2026年3月5日", "2026-03-05", date(2026, 3, 5), date(2026, 3, 5), Precision.DAY, ""),
    ],
)
def test_a_date_is_read_as_far_as_it_is_known(typed, text, earliest, latest, precision, flag):
    read = PartialDate.parse(typed)
    assert read == PartialDate(text, earliest, latest)
    assert (read.precision, read.flag, read.exact) == (precision, flag, earliest == latest)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "not-a-date"),
        ("yesterday", "not-a-date"),
        ("05-03-2026", "not-a-date"),
        ("26-03-05", "not-a-date"),
        ("2026-Mar", "not-a-date"),
        ("2026-03-05-01", "not-a-date"),
        ("2026-00", "no-such-month"),
        ("2026-13", "no-such-month"),
        ("2026-02-29", "no-such-day"),
        ("2026-04-00", "no-such-day"),
        ("2026-UN-05", "day-without-month"),
        ("1899", "no-such-year"),
        ("2200-01", "no-such-year"),
    ],
)
def test_what_is_no_date_is_refused_with_a_sentence(typed, code):
    with pytest.raises(PartialDateError) as refused:
        PartialDate.parse(typed)
    assert refused.value.code == code
    assert str(refused.value).endswith(".")


def test_the_first_and_last_years_are_accepted():
    assert PartialDate.parse("1900").earliest == date(1900, 1, 1)
    assert PartialDate.parse("2199").latest == date(2199, 12, 31)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_forgetting_the_day_or_the_month_only_widens_the_range(day):
    texts = [day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]]
    exact, month, year = map(PartialDate.parse, texts)
    assert [each.text for each in (exact, month, year)] == texts
    assert exact.exact
    assert exact.earliest == day
    assert year.earliest <= month.earliest <= day <= month.latest <= year.latest
    assert month.contains(day)


def test_the_days_around_a_range_are_not_contained():
    march = PartialDate.parse("2026-03")
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)]
    assert [march.contains(day) for day in days] == [False, True, True, False]


def test_a_range_is_written_as_an_iso_interval_and_cannot_end_before_it_begins():
    span = PartialDate.between(date(2026, 2, 10), date(2026, 3, 5))
    assert (str(span), span.precision, span.flag) == ("2026-02-10/2026-03-05", Precision.RANGE, "M")
    assert PartialDate.between(date(2026, 2, 10), date(2026, 2, 10)) == PartialDate.parse("2026-02-10")
    with pytest.raises(ValueError, match="earliest day"):
        PartialDate.between(date(2026, 3, 5), date(2026, 2, 10))

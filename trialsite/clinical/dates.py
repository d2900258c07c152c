"""Calendar arithmetic of the trials: age, months, study day, day after transplantation."""

from __future__ import annotations

import calendar
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from trialsite.clinical.partial_date import PartialDate

DAYS_PER_MONTH = Decimal("30.4375")  # 365.25 / 12; an assumption the sponsor signs off
MONTHS_PER_YEAR = 12


class AgeBounds(NamedTuple):
    """The youngest and the oldest a subject may be, in completed years."""

    low: int
    high: int


def completed_years(birth: date, on: date) -> int:
    """Age in completed years; who is born on 29 February turns on 1 March in common years.

    ValueError when `on` lies before birth.
    """
    if on < birth:
        raise ValueError(f"There is no age on {on}, before the birth on {birth}.")
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def age_bounds(birth: PartialDate | date, on: date) -> AgeBounds:
    """The ages a subject may have on a day, from a birth date that may be partial; equal when it is exact."""
    if isinstance(birth, PartialDate):
        return AgeBounds(completed_years(min(birth.latest, on), on), completed_years(birth.earliest, on))
    age = completed_years(birth, on)
    return AgeBounds(age, age)


def add_months(day: date, months: int) -> date:
    """The same day, months later or (negative) earlier; the month's last day where there is no such day."""
    index = day.year * MONTHS_PER_YEAR + day.month - 1 + months
    year, month = index // MONTHS_PER_YEAR, index % MONTHS_PER_YEAR + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def days_inclusive(start: date, stop: date) -> int:
    """Days of a treatment, first and last day counted; ValueError when it stops before it starts."""
    if stop < start:
        raise ValueError(f"A treatment cannot stop on {stop}, before its start on {start}.")
    return (stop - start).days + 1


def study_day(day: date, first_dose: date) -> int:
    """CDISC study day: cycle 1 day 1 is day 1, the day before is day -1, and there is no day 0."""
    difference = (day - first_dose).days
    return difference + 1 if difference >= 0 else difference


def hsct_day(day: date, graft_infusion: date) -> int:
    """Day relative to transplantation: the day of graft infusion is day 0."""
    return (day - graft_infusion).days


def months_of_days(days: int) -> Decimal:
    """A duration in months of 30.4375 days, unrounded."""
    return Decimal(days) / DAYS_PER_MONTH


def days_of_months(months: Decimal | int) -> Decimal:
    """A landmark given in months as days: 18 months are 547.875 days, 24 months 730.5 days."""
    return Decimal(months) * DAYS_PER_MONTH

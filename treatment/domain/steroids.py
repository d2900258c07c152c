"""Systemic corticosteroids day by day, in milligrams of prednisone.

prednisone 5 = methylprednisolone 4 = dexamethasone 0.75 = hydrocortisone 20 mg (general knowledge)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

DEXAMETHASONE_MG = Decimal("0.75") / Decimal(5)  # mg of dexamethasone that equal 1 mg of prednisone
ONE_DAY = timedelta(days=1)


class Gap(StrEnum):
    """Why something of a course could not be counted."""

    DOSE = "DOSE"  # no amount, or a unit that is no weight
    FREQUENCY = "FREQUENCY"  # how often a day is not recorded
    DATES = "DATES"  # only the days that are sure were counted
    ROUTE = "ROUTE"  # whether it was systemic is not recorded


@dataclass(frozen=True)
class Course:
    """A corticosteroid over days. prednisone_mg: what a day equals, None when not known.

    sure: the days on which it surely was given, None when no day is; gaps: what is missing."""

    text: str
    prednisone_mg: Decimal | None
    sure: tuple[date, date] | None
    gaps: tuple[Gap, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class SteroidDays:
    """Milligrams of prednisone by day, and the courses that are not, or not wholly, in it."""

    days: Mapping[date, Decimal] = field(default_factory=dict)
    incomplete: tuple[Course, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.incomplete

    def total(self, first: date | None = None, last: date | None = None) -> Decimal:
        """The sum between two days, both counted; of no days 0. A lower bound unless complete."""
        return sum(
            (
                mg
                for day, mg in self.days.items()
                if (not first or day >= first) and (not last or day <= last)
            ),
            Decimal(0),
        )

    def weeks(self, first: date | None = None, last: date | None = None) -> dict[date, Decimal]:
        """The sums of calendar weeks by their Monday, weeks without any between two others included."""
        shown = [day for day in self.days if (not first or day >= first) and (not last or day <= last)]
        if not shown:
            return {}
        sums: dict[date, Decimal] = {}
        week, until = monday(min(shown)), monday(max(shown))
        while week <= until:
            sums[week] = self.total(max(week, first or week), min(week + 6 * ONE_DAY, last or date.max))
            week += 7 * ONE_DAY
        return sums


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def steroid_days(
    courses: Iterable[Course], doses: Iterable[tuple[date, Decimal]], today: date
) -> SteroidDays:
    """The courses with the doses of the treatment forms (day, mg of prednisone), up to today."""
    days: dict[date, Decimal] = defaultdict(Decimal)
    incomplete = []
    for course in courses:
        if course.gaps:
            incomplete.append(course)
        if course.prednisone_mg is None or course.sure is None:
            continue
        day, last = course.sure[0], min(course.sure[1], today)
        while day <= last:
            days[day] += course.prednisone_mg
            day += ONE_DAY
    for day, mg in doses:
        days[day] += mg
    return SteroidDays(dict(sorted(days.items())), tuple(incomplete))


def in_dexamethasone(prednisone_mg: Decimal) -> Decimal:
    """Milligrams of dexamethasone that equal so many of prednisone."""
    return prednisone_mg * DEXAMETHASONE_MG

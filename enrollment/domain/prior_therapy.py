"""Treatment before enrolment: for how many days, as far as the recorded courses say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from trialsite.clinical.interval import Interval
from trialsite.clinical.partial_date import PartialDate


@dataclass(frozen=True)
class Course:
    """One course of a drug. `stop` None: it goes on, or nobody wrote when it ended. Dates may be partial."""

    start: PartialDate | None
    stop: PartialDate | None


@dataclass(frozen=True)
class DaysGiven:
    """Days of treatment, both ends counted: at least `low`, at most `high` (None: no upper bound known)."""

    low: int
    high: int | None
    working: str

    @property
    def value(self) -> int | Interval[Decimal] | None:
        """The number, its bounds, or None when nothing at all is known."""
        if self.high == self.low:
            return self.low
        if self.low == 0 and self.high is None:
            return None
        return Interval(Decimal(self.low), None if self.high is None else Decimal(self.high))


def days_given(courses: Iterable[Course], *, complete: bool) -> DaysGiven:
    """Days on which a drug was given, stop - start + 1; days covered by two courses count once.

    complete: somebody stated that these are all the courses, so none at all is 0 days. Without that
    statement more may have been given and the sum is a lower bound. Partial dates give bounds.
    """
    known = list(courses)
    exact = [
        (one.start.earliest, one.stop.earliest)
        for one in known
        if one.start and one.stop and one.start.exact and one.stop.exact
    ]
    days = {first + timedelta(days=n) for first, last in exact for n in range((last - first).days + 1)}
    low, high = len(days), len(days)
    open_ended = not complete
    for one in known:
        if one.start and one.stop and one.start.exact and one.stop.exact:
            continue
        bounds = _bounds(one)
        low = max(low, bounds[0])
        open_ended = open_ended or bounds[1] is None
        high += bounds[1] or 0
    return DaysGiven(low, None if open_ended else high, _working(known, days))


def _bounds(course: Course) -> tuple[int, int | None]:
    """The fewest and most days that a course with partial or missing dates may have lasted."""
    if course.start is None or course.stop is None:
        return 1, None
    fewest = max((course.stop.earliest - course.start.latest).days + 1, 1)
    return fewest, max((course.stop.latest - course.start.earliest).days + 1, fewest)


def _working(courses: list[Course], days: set[date]) -> str:
    spans = ", ".join(f"{one.start or '?'} to {one.stop or '?'}" for one in courses)
    return f"{spans}: {len(days)} d" if days else spans

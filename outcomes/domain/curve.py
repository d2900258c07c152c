"""A curve made ready to be drawn: steps, censor marks and the table beneath it, with time in months.

Nothing is rendered here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from outcomes.domain.incidence import Incidence
from outcomes.domain.intervals import FloatArray, IntArray, Limits, number
from outcomes.domain.survival import KaplanMeier, RiskRow
from trialsite.clinical import dates

# The axis is in days; months are for display and landmarks only.
DAYS_PER_MONTH = float(dates.DAYS_PER_MONTH)


def months(days: float) -> float:
    """Days as months of 30.4375 days."""
    return days / DAYS_PER_MONTH


def days(of_months: float) -> float:
    """Months of 30.4375 days as days: 18 months are 547.875, 24 months 730.5 days."""
    return of_months * DAYS_PER_MONTH


@dataclass(frozen=True, slots=True)
class Step:
    """The curve from this day on: `value` holds until the next step; limits are None where not defined."""

    day: float
    month: float
    value: float
    lower: float | None
    upper: float | None
    n_event: int


@dataclass(frozen=True, slots=True)
class CensorMark:
    """`n` subjects whose observation ends on this day without an event, and the height of the curve there."""

    day: float
    month: float
    value: float
    n: int


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick of the time axis and its column of the table beneath."""

    month: float
    at: RiskRow


@dataclass(frozen=True, slots=True)
class Curve:
    """A drawable curve. It starts at day 0 and ends at `end_day`, 0 when there are no subjects."""

    n: int
    n_events: int
    steps: tuple[Step, ...]
    censored: tuple[CensorMark, ...]
    ticks: tuple[Tick, ...]
    end_day: float
    end_month: float


def survival_curve(
    estimate: KaplanMeier, tick_months: Sequence[float] = (), limits: Limits = Limits.LOGLOG
) -> Curve:
    """The steps of a Kaplan–Meier curve with its censor marks and numbers at risk at `tick_months`.

    Without ticks given, `axis_ticks` chooses them. An event on day 0 makes the first step start below 1.
    """
    lower, upper = estimate.band(limits)
    counts = estimate.n_event
    return _curve(estimate, estimate.survival, lower, upper, counts, 1.0, tick_months)


def incidence_curve(
    incidence: Incidence, event_free: KaplanMeier, tick_months: Sequence[float] = ()
) -> Curve:
    """A cumulative incidence, rising from 0; steps are events of its cause, the table counts any."""
    lower, upper = incidence.band()
    counts = incidence.risk_sets.n_event[:, incidence.cause - 1]
    return _curve(event_free, incidence.incidence, lower, upper, counts, 0.0, tick_months)


def axis_ticks(end_month: float, wanted: int = 8) -> tuple[float, ...]:
    """Ticks from 0 to past the end, every 1, 2, 3, 6, 12, 24, … months, about `wanted` of them."""
    steps = (1, 2, 3, 6, 12, 24, 36, 60, 120)
    step = next((s for s in steps if end_month / s <= wanted), ceil(end_month / wanted))
    return tuple(float(i * step) for i in range(max(1, ceil(end_month / step)) + 1))


def _curve(
    estimate: KaplanMeier,
    values: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    counts: IntArray,
    start: float,
    tick_months: Sequence[float],
) -> Curve:
    time = estimate.time
    falls = [
        Step(
            float(time[i]),
            months(float(time[i])),
            float(values[i]),
            number(lower[i]),
            number(upper[i]),
            int(counts[i]),
        )
        for i in np.flatnonzero(counts)
    ]
    begun = bool(falls) and falls[0].day == 0
    marks = estimate.risk_sets.n_censor
    end = estimate.max_time or 0.0
    ticks = tuple(tick_months) or axis_ticks(months(end))
    return Curve(
        n=estimate.n,
        n_events=int(counts.sum()),
        steps=tuple(falls if begun else [Step(0.0, 0.0, start, None, None, 0), *falls]),
        censored=tuple(
            CensorMark(float(time[i]), months(float(time[i])), float(values[i]), int(marks[i]))
            for i in np.flatnonzero(marks)
        ),
        ticks=tuple(
            Tick(month, row)
            for month, row in zip(ticks, estimate.risk_table([days(m) for m in ticks]), strict=True)
        ),
        end_day=end,
        end_month=months(end),
    )

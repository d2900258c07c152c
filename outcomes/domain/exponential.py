"""One arm with a constant hazard: events and subjects to plan, the exact test, the posterior of the hazard.

Epstein B, Sobel M. J Am Stat Assoc 1953;48:486–502 (2 × hazard × total time at d events is chi-square with 2d degrees
of freedom). Thall PF, Wooten LH, Tannir NM. Clin Trials 2005;2:467–478 (monitoring by a conjugate posterior).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, inf

import numpy as np
from scipy.special import gammainc, gammaincc, gammaincinv

from outcomes.domain.intervals import Estimate, normal_quantile


@dataclass(frozen=True, slots=True)
class ExponentialDesign:
    """Show that a hazard is below `null`, when it is `alternative`; both per day.

    Raises ValueError unless 0 < alternative < null and alpha and power lie between 0 and 1.
    """

    null: float
    alternative: float
    alpha: float = 0.05
    power: float = 0.80

    def __post_init__(self) -> None:
        if not 0.0 < self.alternative < self.null:
            raise ValueError("The hazard of the alternative must be positive and below that of H0.")
        if not (0.0 < self.alpha < 1.0 and 0.0 < self.power < 1.0):
            raise ValueError("Alpha and power lie between 0 and 1.")

    def power_at(self, events: int) -> float:
        """The exact power with so many events: that of the total time against its chi-square limit under H0."""
        if events < 1:
            raise ValueError("A test needs an event.")
        limit = float(gammaincinv(events, 1.0 - self.alpha))
        return float(gammaincc(events, limit * self.alternative / self.null))

    def events(self) -> int:
        """The fewest events that give the power."""
        few, many = 0, 1
        while self.power_at(many) < self.power:
            few, many = many, many * 2
        while many - few > 1:
            middle = (few + many) // 2
            few, many = (few, middle) if self.power_at(middle) >= self.power else (middle, many)
        return many

    def subjects(self, accrual_days: float, follow_up_days: float) -> int:
        """Subjects whose expected events under the alternative are `events()`.

        They come evenly over `accrual_days` and are seen for `follow_up_days` after the last one came; nobody is
        lost. Raises ValueError for negative days, or none at all.
        """
        return ceil(self.events() / event_share(self.alternative, accrual_days, follow_up_days) - 1e-9)


def event_share(hazard: float, accrual_days: float, follow_up_days: float) -> float:
    """The share of subjects with an event by the end, under a constant hazard and even accrual."""
    if accrual_days < 0 or follow_up_days < 0 or not accrual_days + follow_up_days > 0:
        raise ValueError("Accrual and follow-up are days from 0, not both 0.")
    free = exp(-hazard * follow_up_days)
    accrual = hazard * accrual_days
    return 1.0 - (free * -np.expm1(-accrual) / accrual if accrual else free)


@dataclass(frozen=True, slots=True)
class HazardTest:
    """Events per day of observation with exact limits, and p for a hazard below `null`; None without an event."""

    events: int
    days: float
    null: float
    hazard: Estimate
    p_below: float | None


def hazard_test(events: int, days: float, null: float, confidence: float = 0.95) -> HazardTest:
    """The exact test of a constant hazard after `events` in `days` of observation of all subjects together.

    Exact when observation ends with the last event, near it at a data cut-off. It does not speak before the first
    event: the posterior does. Raises ValueError for events without observation and for what is negative.
    """
    _check_exposure(events, days)
    normal_quantile(confidence)  # refuses a level that cannot be
    if not events:
        return HazardTest(events, days, null, Estimate(0.0 if days else None), None)
    tail = 0.5 - confidence / 2.0
    lower, upper = (float(gammaincinv(events, side)) / days for side in (tail, 1.0 - tail))
    estimate = Estimate(events / days, lower=lower, upper=upper)
    return HazardTest(events, days, null, estimate, float(gammaincc(events, null * days)))


@dataclass(frozen=True, slots=True)
class Gamma:
    """A gamma law of a hazard per day: as prior worth `shape` events in `rate` days of observation.

    Raises ValueError for parameters that are not positive.
    """

    shape: float
    rate: float

    def __post_init__(self) -> None:
        if not (self.shape > 0 and self.rate > 0):
            raise ValueError("The parameters of a gamma law are positive.")

    def after(self, events: int, days: float) -> Gamma:
        """The posterior after `events` in `days` of observation of all subjects together."""
        _check_exposure(events, days)
        return Gamma(self.shape + events, self.rate + days)

    def below(self, hazard: float) -> float:
        """The probability that the true hazard is below `hazard`."""
        return float(gammainc(self.shape, self.rate * hazard))

    def estimate(self, confidence: float = 0.95) -> Estimate:
        """Mean, standard deviation and the equal-tailed credible interval."""
        normal_quantile(confidence)  # refuses a level that cannot be
        tail = 0.5 - confidence / 2.0
        return Estimate(
            self.shape / self.rate,
            self.shape**0.5 / self.rate,
            float(gammaincinv(self.shape, tail)) / self.rate,
            float(gammaincinv(self.shape, 1.0 - tail)) / self.rate,
        )


def _check_exposure(events: int, days: float) -> None:
    if events < 0 or not 0.0 <= days < inf or (events and not days):
        raise ValueError(f"{events} events in {days} days of observation cannot be.")

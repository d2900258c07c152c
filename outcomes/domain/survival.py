"""Kaplan–Meier curves: estimate, Greenwood error, limits, quantiles, numbers at risk, restricted mean.

Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457–481. Greenwood M. Rep Public Health Med Subj 1926;33:1–26.
Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data (log-log limits).
Brookmeyer R, Crowley J. Biometrics 1982;38:29–41 (limits of quantiles).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from outcomes.domain.intervals import (
    NOT_ESTIMABLE,
    Estimate,
    FloatArray,
    IntArray,
    Limits,
    normal_quantile,
    number,
)
from outcomes.domain.risk_sets import RiskSets, tally

# A curve that should be exactly 1 − p misses it by rounding: R's survival package uses sqrt(2^-52).
PLATEAU_TOLERANCE = 1.5e-8


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One column of the table under a survival curve: counts of events and censorings run up to t."""

    time: float
    n_risk: int
    n_event: int
    n_censor: int


@dataclass(frozen=True, slots=True)
class KaplanMeier:
    """A Kaplan–Meier curve: one row per distinct observed time.

    `survival` and `se` (Greenwood) are arrays over `risk_sets.time`; `se` is NaN where the curve is 0.
    `hazard_variance` is Greenwood's running sum of d / (n (n − d)), the variance of log S.
    """

    risk_sets: RiskSets
    survival: FloatArray
    hazard_variance: FloatArray
    confidence: float

    @property
    def n(self) -> int:
        """Subjects."""
        return self.risk_sets.n

    @property
    def n_events(self) -> int:
        """Events."""
        return int(self.risk_sets.n_event.sum())

    @property
    def max_time(self) -> float | None:
        """The last observed time; None for an empty group."""
        return self.risk_sets.max_time

    @property
    def time(self) -> FloatArray:
        """Distinct observed times."""
        return self.risk_sets.time

    @property
    def n_event(self) -> IntArray:
        """Events at each time."""
        return self.risk_sets.n_event[:, 0]

    @property
    def se(self) -> FloatArray:
        """Greenwood's standard error of S at each time; NaN where S is 0."""
        return greenwood_error(self.survival, self.hazard_variance)

    def band(self, limits: Limits = Limits.LOGLOG) -> tuple[FloatArray, FloatArray]:
        """Pointwise limits at each time, NaN where not defined."""
        return survival_limits(self.survival, self.hazard_variance, limits, self.confidence)

    def at(self, time: float, limits: Limits = Limits.LOGLOG) -> Estimate:
        """Survival at `time`, events of that day counted; not estimable beyond the last observed time."""
        return self.at_each([time], limits)[0]

    def at_each(self, times: Sequence[float], limits: Limits = Limits.LOGLOG) -> list[Estimate]:
        """`at` for several times at once."""
        row = self.risk_sets.index_at(times) + 1
        survival = np.concatenate(([1.0], self.survival))[row]
        variance = np.concatenate(([0.0], self.hazard_variance))[row]
        lower, upper = survival_limits(survival, variance, limits, self.confidence)
        error = greenwood_error(survival, variance)
        beyond = self.risk_sets.beyond(times)
        return [
            NOT_ESTIMABLE
            if beyond[i]
            else Estimate(float(survival[i]), number(error[i]), number(lower[i]), number(upper[i]))
            for i in range(len(times))
        ]

    def quantile(self, probability: float = 0.5, limits: Limits = Limits.LOGLOG) -> Estimate:
        """The time by which the share `probability` has had the event; 0.5 gives the median.

        First time with S <= 1 − p; the midpoint of the flat piece where S is exactly 1 − p; not estimable
        when the curve stays above 1 − p or when that flat piece runs to the end. The limits invert the
        pointwise band (Brookmeyer–Crowley).
        """
        if not 0.0 < probability < 1.0:
            raise ValueError(f"A quantile lies between 0 and 1, not at {probability}.")
        lower, upper = self.band(limits)
        level = 1.0 - probability
        return Estimate(
            value=crossing(self.time, self.survival, level),
            lower=crossing(self.time, lower, level),
            upper=crossing(self.time, upper, level),
        )

    def median(self, limits: Limits = Limits.LOGLOG) -> Estimate:
        """Median time to the event."""
        return self.quantile(0.5, limits)

    def risk_table(self, times: Sequence[float]) -> list[RiskRow]:
        """Number at risk (time >= t), and events and censorings up to t, at each of `times`."""
        row = self.risk_sets.index_at(times) + 1
        events = np.concatenate(([0], np.cumsum(self.n_event)))[row]
        censored = np.concatenate(([0], np.cumsum(self.risk_sets.n_censor)))[row]
        at_risk = self.risk_sets.n_risk_at(times)
        return [
            RiskRow(float(t), int(n), int(d), int(c))
            for t, n, d, c in zip(times, at_risk, events, censored, strict=True)
        ]

    def restricted_mean(self, tau: float) -> Estimate:
        """Mean time lived up to `tau`: the area under the curve, with Greenwood's error and plain limits.

        Variance = Σ A(t)² d / (n (n − d)) over event times t <= tau, where A(t) is the area from t to tau;
        a time at which all at risk have the event adds nothing, its area being 0. Not estimable when `tau`
        lies beyond the last observed time, unless the curve has reached 0, after which no area is left to
        see.
        """
        if tau < 0:
            raise ValueError(f"The restricted mean needs a time after the origin, not {tau}.")
        if not self.n or (self.risk_sets.beyond([tau])[0] and self.survival[-1] > 0):
            return NOT_ESTIMABLE
        inside = self.time <= tau
        edges = np.concatenate(([0.0], self.time[inside], [tau]))
        pieces = np.concatenate(([1.0], self.survival[inside])) * np.diff(edges)
        area = float(pieces.sum())
        area_after = np.cumsum(pieces[::-1])[::-1][1:]
        weight = np.diff(self.hazard_variance[inside], prepend=0.0)
        variance = np.where(
            area_after > 0, area_after**2 * np.where(np.isinf(weight), 0.0, weight), 0.0
        ).sum()
        se = float(np.sqrt(variance))
        z = normal_quantile(self.confidence)
        return Estimate(area, se, max(0.0, area - z * se), min(float(tau), area + z * se))


def kaplan_meier(time: ArrayLike, status: ArrayLike, confidence: float = 0.95) -> KaplanMeier:
    """Kaplan–Meier curve of `time` (whole days, >= 0) with `status` 1 event, 0 censored.

    An event on day 0 counts. No events: the curve stays at 1 and has no quantiles. An empty group gives a
    curve on which nothing is estimable. Raises ValueError for times or statuses that cannot be.
    """
    return curve_of(tally(time, status), confidence)


def reverse_kaplan_meier(time: ArrayLike, status: ArrayLike, confidence: float = 0.95) -> KaplanMeier:
    """Follow-up by reverse Kaplan–Meier: being censored is the event, the event censors.

    Schemper M, Smith TL. Control Clin Trials 1996;17:343–346. Its `median()` is the median follow-up.
    """
    return curve_of(tally(time, 1 - np.asarray(status, dtype=np.int64)), confidence)


def curve_of(sets: RiskSets, confidence: float = 0.95) -> KaplanMeier:
    """The curve of counted risk sets; any cause is an event."""
    normal_quantile(confidence)  # refuses a level that cannot be
    events = sets.n_event.sum(axis=1)
    pooled = RiskSets(sets.time, sets.n_risk, events[:, None], sets.n_censor)
    return KaplanMeier(
        risk_sets=pooled,
        survival=np.cumprod(1.0 - events / sets.n_risk),
        hazard_variance=np.cumsum(greenwood_terms(events, sets.n_risk)),
        confidence=confidence,
    )


def greenwood_terms(n_event: IntArray, n_risk: IntArray) -> FloatArray:
    """d / (n (n − d)) at each time: infinite where everybody at risk has the event."""
    terms = np.full(n_event.shape, np.inf)
    some_left = n_risk > n_event
    n = n_risk[some_left].astype(np.float64)
    d = n_event[some_left].astype(np.float64)
    terms[some_left] = d / (n * (n - d))
    return terms


def greenwood_error(survival: FloatArray, hazard_variance: FloatArray) -> FloatArray:
    """Standard error of S: S × sqrt(variance of log S); NaN where S is 0."""
    error = np.full(survival.shape, np.nan)
    alive = survival > 0
    error[alive] = survival[alive] * np.sqrt(hazard_variance[alive])
    return error


def survival_limits(
    survival: FloatArray, hazard_variance: FloatArray, limits: Limits, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Limits of S within [0, 1]: plain S ± z·se, log S·exp(±z·se/S), log-log S^exp(±z·se/(S·log S)).

    No kind is defined where S is 0; log-log is not defined where S is 1. Undefined is NaN.
    """
    z = normal_quantile(confidence)
    lower = np.full(survival.shape, np.nan)
    upper = np.full(survival.shape, np.nan)
    known = (survival > 0) & ((survival < 1) if limits is Limits.LOGLOG else True)
    s = survival[known]
    log_error = np.sqrt(hazard_variance[known])
    if limits is Limits.LOGLOG:
        width = z * log_error / np.abs(np.log(s))
        lower[known], upper[known] = s ** np.exp(width), s ** np.exp(-width)
    elif limits is Limits.LOG:
        lower[known], upper[known] = s * np.exp(-z * log_error), s * np.exp(z * log_error)
    else:
        lower[known], upper[known] = s * (1.0 - z * log_error), s * (1.0 + z * log_error)
    return np.clip(lower, 0.0, 1.0), np.clip(upper, 0.0, 1.0)


def crossing(time: FloatArray, level_at: FloatArray, level: float) -> float | None:
    """First time at which a falling step curve is at or below `level`, flat pieces at `level` halved.

    NaN steps are passed over. A piece that lies exactly at `level` (within 1.5e-8) gives the midpoint
    between its start and the next fall, None when no fall follows. None also when the curve never comes
    down to `level`.
    """
    known = ~np.isnan(level_at)
    times, levels = time[known], level_at[known]
    reached = np.flatnonzero(levels <= level + PLATEAU_TOLERANCE)
    if not reached.size:
        return None
    start = float(times[reached[0]])
    if levels[reached[0]] < level - PLATEAU_TOLERANCE:
        return start
    below = np.flatnonzero(levels < level - PLATEAU_TOLERANCE)
    return (start + float(times[below[0]])) / 2.0 if below.size else None

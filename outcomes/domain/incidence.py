"""Cumulative incidence with competing risks (Aalen–Johansen), never one minus Kaplan–Meier.

Aalen OO, Johansen S. Scand J Stat 1978;5:141–150 (the estimator). Aalen O. Ann Stat 1978;6:534–545 (the
variance, as R's cmprsk prints it). Marubini E, Valsecchi MG. Analysing Survival Data from Clinical Trials,
1995 (delta variance). Choudhury JB. Stat Med 2002;21:1129–1144 (log-log limits).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from outcomes.domain.intervals import (
    NOT_ESTIMABLE,
    Estimate,
    FloatArray,
    IntArray,
    normal_quantile,
    number,
)
from outcomes.domain.risk_sets import RiskSets, tally
from outcomes.domain.survival import PLATEAU_TOLERANCE, KaplanMeier, crossing, curve_of, greenwood_terms


class Variance(StrEnum):
    """Which variance of a cumulative incidence: the two differ by up to a quarter at a dozen subjects."""

    AALEN = "aalen"
    DELTA = "delta"


@dataclass(frozen=True, slots=True)
class Incidence:
    """Cumulative incidence of one cause, one row per distinct observed time."""

    cause: int
    risk_sets: RiskSets
    incidence: FloatArray
    variance: FloatArray
    confidence: float

    @property
    def time(self) -> FloatArray:
        """Distinct observed times."""
        return self.risk_sets.time

    @property
    def n_events(self) -> int:
        """Events of this cause."""
        return int(self.risk_sets.n_event[:, self.cause - 1].sum())

    @property
    def se(self) -> FloatArray:
        """Standard error at each time."""
        return np.sqrt(self.variance)

    def band(self) -> tuple[FloatArray, FloatArray]:
        """Pointwise log-log limits at each time, NaN where the incidence is 0 or 1."""
        return incidence_limits(self.incidence, self.se, self.confidence)

    def at(self, time: float) -> Estimate:
        """Incidence at `time`, events of that day counted; not estimable beyond the last observed time."""
        return self.at_each([time])[0]

    def at_each(self, times: Sequence[float]) -> list[Estimate]:
        """`at` for several times at once."""
        row = self.risk_sets.index_at(times) + 1
        incidence = np.concatenate(([0.0], self.incidence))[row]
        error = np.concatenate(([0.0], self.se))[row]
        lower, upper = incidence_limits(incidence, error, self.confidence)
        beyond = self.risk_sets.beyond(times)
        return [
            NOT_ESTIMABLE
            if beyond[i]
            else Estimate(float(incidence[i]), float(error[i]), number(lower[i]), number(upper[i]))
            for i in range(len(times))
        ]

    def quantile(self, probability: float = 0.5) -> Estimate:
        """The time by which the share `probability` of all has had this event; limits invert the band.

        Midpoint of a flat piece exactly at `probability`, not estimable when never reached or when that
        piece runs to the end, as for a survival curve.
        """
        if not PLATEAU_TOLERANCE < probability < 1.0:
            raise ValueError(f"A quantile lies between 0 and 1, not at {probability}.")
        lower, upper = self.band()
        return Estimate(
            value=crossing(self.time, -self.incidence, -probability),
            lower=crossing(self.time, -upper, -probability),
            upper=crossing(self.time, -lower, -probability),
        )


@dataclass(frozen=True, slots=True)
class CompetingRisks:
    """The incidences of all causes of one group and the survival free of any: they add up to 1."""

    event_free: KaplanMeier
    by_cause: tuple[Incidence, ...]

    def cause(self, number_of_cause: int) -> Incidence:
        """The incidence of cause 1, 2, …"""
        return self.by_cause[number_of_cause - 1]


def cumulative_incidence(
    time: ArrayLike,
    status: ArrayLike,
    causes: int = 2,
    confidence: float = 0.95,
    variance: Variance = Variance.AALEN,
) -> CompetingRisks:
    """Aalen–Johansen: F_k(t) = Σ S(t−) d_k / n over the days up to t.

    `time`: whole days, >= 0. `status`: 0 censored, 1..`causes`. A cause without events has incidence 0 with
    error 0 and no limits; an empty group gives nothing estimable. Raises ValueError for times or statuses
    that cannot be.
    """
    return incidence_of(tally(time, status, causes), confidence, variance)


def incidence_of(
    sets: RiskSets, confidence: float = 0.95, variance: Variance = Variance.AALEN
) -> CompetingRisks:
    """The incidences of counted risk sets, a column of `n_event` each."""
    curve, causes = curve_of(sets, confidence), sets.n_event.shape[1]
    before = np.concatenate(([1.0], curve.survival[:-1])) if sets.n else curve.survival
    return CompetingRisks(
        event_free=curve,
        by_cause=tuple(
            _incidence(k, sets, before, curve.survival, confidence, variance) for k in range(1, causes + 1)
        ),
    )


def _incidence(
    cause: int, sets: RiskSets, before: FloatArray, after: FloatArray, confidence: float, variance: Variance
) -> Incidence:
    incidence = np.cumsum(before * sets.n_event[:, cause - 1] / sets.n_risk)
    errors = aalen_variance if variance is Variance.AALEN else delta_variance
    return Incidence(cause, sets, incidence, errors(cause, sets, before, after, incidence), confidence)


def aalen_variance(
    cause: int, sets: RiskSets, before: FloatArray, after: FloatArray, incidence: FloatArray
) -> FloatArray:
    """Aalen's variance of the incidence of `cause` at each time, as R's cmprsk gives it.

    An event of this cause at s moves F(t) by S(s−)/n × (1 − (F(t) − F(s)) / S(s)), one of another cause by
    S(s−)/n × (F(t) − F(s)) / S(s). d events of one kind among n have variance d (n − d) / (n − 1). Where S
    falls to 0 nothing can follow, so the second part is left out. `before` and `after` are S(s−) and S(s).
    """
    own = sets.n_event[:, cause - 1]
    other = sets.n_event.sum(axis=1) - own
    inverse = np.zeros_like(after)
    np.divide(1.0, after, out=inverse, where=after > 0)
    own_weight = _tied(own, sets) * (before / sets.n_risk) ** 2
    other_weight = _tied(other, sets) * (before / sets.n_risk) ** 2 * (after > 0)
    own_slope = 1.0 + incidence * inverse
    other_slope = incidence * inverse
    constant = np.cumsum(own_weight * own_slope**2 + other_weight * other_slope**2)
    linear = np.cumsum((own_weight * own_slope + other_weight * other_slope) * inverse)
    square = np.cumsum((own_weight + other_weight) * inverse**2)
    return np.maximum(constant - 2.0 * incidence * linear + incidence**2 * square, 0.0)


def _tied(count: IntArray, sets: RiskSets) -> FloatArray:
    """d (n − d) / (n − 1): the variance of d tied events among n at risk; d itself where n is 1."""
    n = sets.n_risk.astype(np.float64)
    return np.asarray(count * (n - count) / np.maximum(n - 1.0, 1.0)) + np.where(n == 1, count, 0.0)


def delta_variance(
    cause: int, sets: RiskSets, before: FloatArray, after: FloatArray, incidence: FloatArray
) -> FloatArray:
    """Delta-method variance of the incidence of `cause` at each time, as R's survival and Stata give it.

    Σ (F(t) − F(s))² d/(n(n − d)) + Σ S(s−)² d_k(n − d_k)/n³ − 2 Σ (F(t) − F(s)) S(s−) d_k/n², s up to t.
    `after` is not needed and stands here so that both variances are called alike.
    """
    own = sets.n_event[:, cause - 1].astype(np.float64)
    n = sets.n_risk.astype(np.float64)
    weight = greenwood_terms(sets.n_event.sum(axis=1), sets.n_risk)
    weight = np.where(np.isinf(weight), 0.0, weight)  # the last day: nothing follows, F(t) − F(s) is 0
    jump = before * own / n**2
    constant = np.cumsum(weight * incidence**2 + before**2 * own * (n - own) / n**3 + 2.0 * incidence * jump)
    linear = np.cumsum(weight * incidence + jump)
    square = np.cumsum(weight)
    return np.maximum(constant - 2.0 * incidence * linear + incidence**2 * square, 0.0)


def incidence_limits(
    incidence: FloatArray, se: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Log-log limits F^exp(±z·se/(F·log F)); NaN where F is 0 or 1."""
    z = normal_quantile(confidence)
    lower = np.full(incidence.shape, np.nan)
    upper = np.full(incidence.shape, np.nan)
    known = (incidence > 0) & (incidence < 1.0 - PLATEAU_TOLERANCE)
    f = incidence[known]
    width = z * se[known] / np.abs(f * np.log(f))
    lower[known], upper[known] = f ** np.exp(width), f ** np.exp(-width)
    return lower, upper

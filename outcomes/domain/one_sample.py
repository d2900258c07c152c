"""One arm against a historical survival curve: the one-sample log-rank test, and the limit at a landmark.

Breslow NE. Int Stat Rev 1975;43:45–57. Finkelstein DM, Muzikansky A, Schoenfeld DA. J Natl Cancer Inst
2003;95:1434–1439. Garwood F. Biometrika 1936;28:437–442 (exact Poisson limits).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, log
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv, ndtr

from outcomes.domain.intervals import NOT_ESTIMABLE, Estimate, FloatArray, normal_quantile
from outcomes.domain.risk_sets import check_observations
from outcomes.domain.survival import KaplanMeier


class Reference(Protocol):
    """A historical survival curve, known up to `horizon` days."""

    @property
    def horizon(self) -> float:
        """The last day on which the curve is known."""

    def cumulative_hazard(self, days: FloatArray) -> FloatArray:
        """−log S at each of `days`, none beyond the horizon."""


@dataclass(frozen=True, slots=True)
class Exponential:
    """Survival that falls by the same share each day; `hazard` per day."""

    hazard: float

    def __post_init__(self) -> None:
        if not 0.0 < self.hazard < inf:
            raise ValueError(f"A hazard is positive, not {self.hazard}.")

    @classmethod
    def of_landmark(cls, day: float, survival: float) -> Exponential:
        """The curve that goes through `survival` at `day`; a median is the day at which it is 0.5."""
        if not (day > 0 and 0.0 < survival < 1.0):
            raise ValueError("A landmark is a day after the origin and a survival between 0 and 1.")
        return cls(-log(survival) / day)

    @property
    def horizon(self) -> float:
        return inf

    def cumulative_hazard(self, days: FloatArray) -> FloatArray:
        return self.hazard * days


@dataclass(frozen=True, slots=True)
class PublishedCurve:
    """Points read off a published curve: `days` rise from after 0, `survival` falls from at most 1, never to 0.

    Between two points the hazard is constant (log S is straight). Raises ValueError for points that cannot be.
    """

    days: tuple[float, ...]
    survival: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.days or len(self.days) != len(self.survival):
            raise ValueError("A curve needs as many days as survivals, and at least one.")
        if (np.diff((0.0, *self.days)) <= 0).any():
            raise ValueError("The days of a curve must rise from after 0.")
        if (np.diff((1.0, *self.survival)) > 0).any() or self.survival[-1] <= 0:
            raise ValueError("The survival of a curve must fall from 1 and stay above 0.")

    @property
    def horizon(self) -> float:
        return self.days[-1]

    def cumulative_hazard(self, days: FloatArray) -> FloatArray:
        return np.interp(days, (0.0, *self.days), -np.log((1.0, *self.survival)))


@dataclass(frozen=True, slots=True)
class OneSample:
    """Events seen and expected of the historical curve; z, p and ratio are None where nothing is expected.

    `p_fewer` is one-sided for fewer events than expected. `ratio` is observed / expected, the standardised
    mortality ratio, with exact Poisson limits.
    """

    observed: int
    expected: float
    z: float | None
    p_fewer: float | None
    p_two_sided: float | None
    ratio: Estimate


def one_sample_log_rank(
    time: ArrayLike, status: ArrayLike, reference: Reference, confidence: float = 0.95
) -> OneSample:
    """Compare `time` (days, >= 0) with `status` 1 event, 0 censored against a historical curve.

    Each subject adds the cumulative hazard of the curve at its time to the events expected. Time and events
    beyond the horizon of the curve do not count. Raises ValueError for times or statuses that cannot be.
    """
    days, codes = check_observations(time, status, 1)
    inside = days <= reference.horizon
    expected = reference.cumulative_hazard(np.minimum(days, reference.horizon)).sum()
    return against_expected(int(codes[inside].sum()), float(expected), confidence)


def against_expected(observed: int, expected: float, confidence: float = 0.95) -> OneSample:
    """The test and the ratio of events seen to events expected."""
    ratio = poisson_ratio(observed, expected, confidence)
    if expected <= 0:
        return OneSample(observed, expected, None, None, None, ratio)
    z = (observed - expected) / expected**0.5
    return OneSample(observed, expected, z, float(ndtr(z)), float(2.0 * ndtr(-abs(z))), ratio)


def poisson_ratio(observed: int, expected: float, confidence: float = 0.95) -> Estimate:
    """Events seen over expected, with exact limits; the lower one is 0 at no event."""
    normal_quantile(confidence)  # refuses a level that cannot be
    if expected <= 0:
        return NOT_ESTIMABLE
    tail = 0.5 - confidence / 2.0
    lower = float(gammaincinv(observed, tail)) if observed else 0.0
    upper = float(gammaincinv(observed + 1, 1.0 - tail))
    return Estimate(observed / expected, lower=lower / expected, upper=upper / expected)


@dataclass(frozen=True, slots=True)
class LandmarkTest:
    """Survival at a day with its one-sided lower limit; `above` tells whether the limit lies above `p0`.

    `above` is None where the limit is not defined: before the first event, where survival is 0, and beyond the last
    observed time.
    """

    day: float
    p0: float
    survival: float | None
    lower: float | None
    above: bool | None


def landmark_test(curve: KaplanMeier, day: float, p0: float, confidence: float = 0.95) -> LandmarkTest:
    """The one-sided log-log lower limit of a Kaplan–Meier curve at `day` against the rate `p0`.

    `confidence` is one-sided: 0.95 is the lower end of a 90 % interval. Raises ValueError for a level up to 0.5.
    """
    found = replace(curve, confidence=2.0 * confidence - 1.0).at(day)
    above = None if found.lower is None else found.lower > p0
    return LandmarkTest(day, p0, found.value, found.lower, above)

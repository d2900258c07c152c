"""Bayesian monitoring of a rate in one arm: posterior, stopping boundaries, predictive probability.

Thall PF, Simon R. Biometrics 1994;50:337–349 (continuous monitoring with a beta prior).
Lee JJ, Liu DD. Clin Trials 2008;5:93–106 (predictive probability of success at the last subject).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincc, betaincinv, betaln, gammaln

from outcomes.domain.exact_binomial import check_counts, check_rate, masses, still_planned
from outcomes.domain.intervals import Estimate, FloatArray, normal_quantile


@dataclass(frozen=True, slots=True)
class Beta:
    """A beta law of a rate: as prior worth a + b subjects, a of them responders; Beta(1, 1) is uniform.

    Raises ValueError for parameters that are not positive.
    """

    a: float = 1.0
    b: float = 1.0

    def __post_init__(self) -> None:
        if not (self.a > 0 and self.b > 0):
            raise ValueError(f"The parameters of a beta law are positive, not {self.a} and {self.b}.")

    def after(self, responders: int, n: int) -> Beta:
        """The posterior after `responders` of `n`. Raises ValueError for counts that cannot be."""
        check_counts(responders, n)
        return Beta(self.a + responders, self.b + n - responders)

    def above(self, rate: float) -> float:
        """The probability that the true rate is above `rate`."""
        check_rate(rate)
        return float(betaincc(self.a, self.b, rate))

    def estimate(self, confidence: float = 0.95) -> Estimate:
        """Mean, standard deviation and the equal-tailed credible interval."""
        tail = 0.5 - confidence / 2.0
        normal_quantile(confidence)  # refuses a level that cannot be
        total = self.a + self.b
        mean = self.a / total
        return Estimate(
            mean,
            float(np.sqrt(mean * (1.0 - mean) / (total + 1.0))),
            float(betaincinv(self.a, self.b, tail)),
            float(betaincinv(self.a, self.b, 1.0 - tail)),
        )


UNIFORM = Beta()


@dataclass(frozen=True, slots=True)
class Boundary:
    """After `n` subjects the trial stops at `count`; None where no count of so few subjects stops it."""

    n: int
    count: int | None


def toxicity_boundary(
    looks: Sequence[int], p_max: float, cut: float, prior: Beta = UNIFORM
) -> tuple[Boundary, ...]:
    """At each look the fewest toxicities at which P(rate > `p_max`) > `cut`: stop at so many or more."""
    return tuple(Boundary(n, next((x for x, p in _each(n, p_max, prior) if p > cut), None)) for n in looks)


def futility_boundary(
    looks: Sequence[int], p0: float, cut: float, prior: Beta = UNIFORM
) -> tuple[Boundary, ...]:
    """At each look the most responders at which P(rate > `p0`) < `cut`: stop at so many or fewer."""
    return tuple(
        Boundary(n, max((x for x, p in _each(n, p0, prior) if p < cut), default=None)) for n in looks
    )


def _each(n: int, rate: float, prior: Beta) -> list[tuple[int, float]]:
    return [(x, prior.after(x, n).above(rate)) for x in range(n + 1)]


def chance_to_stop(
    rate: float, upper: Sequence[Boundary] = (), lower: Sequence[Boundary] = ()
) -> tuple[float, ...]:
    """At the true `rate` the chance to have stopped by each look, looks ascending; exact.

    Boundaries of one and the same rate: `upper` stops at its count or above, `lower` at its count or below.
    """
    check_rate(rate)
    most = {one.n: one.count for one in upper if one.count is not None}
    least = {one.n: one.count for one in lower if one.count is not None}
    going, seen, stopped = np.ones(1), 0, []
    for n in sorted({one.n for one in (*upper, *lower)}):
        going, seen = np.convolve(going, masses(n - seen, rate)), n
        going[most.get(n, n + 1) :] = 0.0
        going[: least.get(n, -1) + 1] = 0.0
        stopped.append(float(np.clip(1.0 - going.sum(), 0.0, 1.0)))
    return tuple(stopped)


def responders_needed(n_max: int, p0: float, cut: float, prior: Beta = UNIFORM) -> int | None:
    """The fewest responders of `n_max` at which P(rate > `p0`) > `cut`; None where not even all suffice."""
    return next((x for x, p in _each(n_max, p0, prior) if p > cut), None)


def predictive_probability(responders: int, n: int, n_max: int, needed: int, prior: Beta = UNIFORM) -> float:
    """The chance of `needed` responders of `n_max` after `responders` of `n`, over the posterior of the rate.

    `needed` comes of `responders_needed`, or is r + 1 of an exact design. Raises ValueError for n > n_max.
    """
    future = beta_binomial(still_planned(n, n_max), prior.after(responders, n))
    return float(min(1.0, future[max(0, needed - responders) :].sum()))


def predictive_boundary(
    looks: Sequence[int], n_max: int, needed: int, cut: float, prior: Beta = UNIFORM
) -> tuple[Boundary, ...]:
    """At each look the most responders at which the predictive probability is below `cut`: stop at so many or fewer."""

    def count(n: int) -> int | None:
        hopeless = [x for x in range(n + 1) if predictive_probability(x, n, n_max, needed, prior) < cut]
        return max(hopeless, default=None)

    return tuple(Boundary(n, count(n)) for n in looks)


def beta_binomial(n: int, law: Beta) -> FloatArray:
    """The chance of 0, 1, …, n responders when the rate follows `law`."""
    k = np.arange(n + 1)
    return np.exp(
        gammaln(n + 1)
        - gammaln(k + 1)
        - gammaln(n - k + 1)
        + betaln(law.a + k, law.b + n - k)
        - betaln(law.a, law.b)
    )

"""Proportions with exact limits, and the difference of two.

Clopper CJ, Pearson ES. Biometrika 1934;26:404–413. Wilson EB. J Am Stat Assoc 1927;22:209–212.
Newcombe RG. Stat Med 1998;17:873–890 (method 10: the difference from two Wilson intervals).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scipy.special import betaincinv

from outcomes.domain.exact_binomial import check_counts
from outcomes.domain.intervals import NOT_ESTIMABLE, Estimate, normal_quantile


@dataclass(frozen=True, slots=True)
class Proportion:
    """`responders` of `n`, with limits; the estimate's parts are None when nobody counts yet."""

    responders: int
    n: int
    estimate: Estimate


def clopper_pearson(responders: int, n: int, confidence: float = 0.95) -> Proportion:
    """Exact two-sided interval; the lower limit is 0 at no responder, the upper 1 at all responders.

    One-sided 97.5 % limits are the ends of the 95 % interval. Raises ValueError for counts that cannot be.
    """
    normal_quantile(confidence)  # refuses a level that cannot be
    side = 0.5 + confidence / 2.0
    lower, upper = exact_lower(responders, n, side), exact_upper(responders, n, side)
    return Proportion(
        responders, n, Estimate(responders / n, lower=lower, upper=upper) if n else NOT_ESTIMABLE
    )


def exact_lower(responders: int, n: int, confidence: float = 0.95) -> float | None:
    """The one-sided exact lower limit: 0 without a responder, None without a subject."""
    check_counts(responders, n)
    normal_quantile(confidence)  # refuses a level that cannot be
    if not n:
        return None
    return float(betaincinv(responders, n - responders + 1, 1.0 - confidence)) if responders else 0.0


def exact_upper(responders: int, n: int, confidence: float = 0.95) -> float | None:
    """The one-sided exact upper limit: 1 when all respond, None without a subject."""
    lower = exact_lower(n - responders, n, confidence)
    return None if lower is None else 1.0 - lower


def wilson(responders: int, n: int, confidence: float = 0.95) -> Proportion:
    """Wilson's score interval without continuity correction. Raises ValueError for counts that cannot be."""
    check_counts(responders, n)
    z = normal_quantile(confidence)
    if n == 0:
        return Proportion(responders, n, NOT_ESTIMABLE)
    share = responders / n
    middle = 2 * responders + z * z
    spread = z * sqrt(z * z + 4 * responders * (1 - share))
    denominator = 2 * (n + z * z)
    lower = max(0.0, (middle - spread) / denominator)
    upper = min(1.0, (middle + spread) / denominator)
    return Proportion(responders, n, Estimate(share, lower=lower, upper=upper))


def newcombe_difference(
    first: tuple[int, int], second: tuple[int, int], confidence: float = 0.95
) -> Estimate:
    """First minus second proportion, each (responders, n), by Newcombe's hybrid of two Wilson intervals.

    Not estimable when either group is empty. Raises ValueError for counts that cannot be.
    """
    a, b = wilson(*first, confidence).estimate, wilson(*second, confidence).estimate
    if a.value is None or a.lower is None or a.upper is None:
        return NOT_ESTIMABLE
    if b.value is None or b.lower is None or b.upper is None:
        return NOT_ESTIMABLE
    difference = a.value - b.value
    lower = difference - sqrt((a.value - a.lower) ** 2 + (b.upper - b.value) ** 2)
    upper = difference + sqrt((a.upper - a.value) ** 2 + (b.value - b.lower) ** 2)
    return Estimate(difference, lower=lower, upper=upper)

"""The binomial law and the exact test of one proportion.

Two-sided p by the method of small p-values, as R's binom.test: all counts no likelier than the one seen.
Sterne TE. Biometrika 1954;41:275–278.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtrc, gammaln, xlog1py, xlogy

from outcomes.domain.intervals import FloatArray

# Two counts are equally likely when their masses differ by rounding only; R allows the same.
AS_LIKELY = 1.0 + 1e-7


@dataclass(frozen=True, slots=True)
class ExactTest:
    """`responders` of `n` against the rate `p0`, with p for more, for fewer and for either."""

    responders: int
    n: int
    p0: float
    p_greater: float
    p_less: float
    p_two_sided: float


def exact_test(responders: int, n: int, p0: float) -> ExactTest:
    """The exact test of one proportion; every p is 1 without subjects. Raises ValueError for what cannot be."""
    check_rate(p0)
    check_counts(responders, n)
    mass = masses(n, p0)
    return ExactTest(
        responders,
        n,
        p0,
        p_greater=min(1.0, float(mass[responders:].sum())),
        p_less=min(1.0, float(mass[: responders + 1].sum())),
        p_two_sided=min(1.0, float(mass[mass <= mass[responders] * AS_LIKELY].sum())),
    )


def masses(n: int, rate: float) -> FloatArray:
    """The chance of 0, 1, …, n responders."""
    k = np.arange(n + 1)
    return np.exp(
        gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + xlogy(k, rate) + xlog1py(n - k, -rate)
    )


def above(count: ArrayLike, n: int, rate: float) -> FloatArray:
    """The chance of more than `count` responders of n; 1 below 0, 0 from n on."""
    k = np.asarray(count, dtype=np.float64)
    return np.where(k < 0, 1.0, np.where(k >= n, 0.0, bdtrc(np.clip(k, 0, max(n, 1)), max(n, 1), rate)))


def check_rate(rate: float) -> None:
    """Raises ValueError outside [0, 1]."""
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"A rate lies between 0 and 1, not at {rate}.")


def check_counts(responders: int, n: int) -> None:
    """Raises ValueError for more responders than subjects and for fewer than none."""
    if not 0 <= responders <= n:
        raise ValueError(f"{responders} responders of {n} subjects cannot be.")


def still_planned(n: int, n_max: int) -> int:
    """Subjects to come after `n` of `n_max`. Raises ValueError when there are more than planned."""
    if n > n_max:
        raise ValueError(f"{n} subjects are more than the {n_max} that are planned.")
    return n_max - n

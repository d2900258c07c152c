"""Gray's test of equal cumulative incidence between groups, rho = 0, stratified on request.

Gray RJ. Ann Stat 1988;16:1141–1154, with the variance at the common incidence under the hypothesis. Tied events have
the variance of draws without replacement, as R's cmprsk has it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from outcomes.domain.groups import ChiSquare, Common, Parts, by_stratum, chi_square, summed
from outcomes.domain.intervals import FloatArray


def gray_test(
    time: ArrayLike,
    status: ArrayLike,
    group: ArrayLike,
    stratum: ArrayLike | None = None,
    cause: int = 1,
    causes: int = 2,
) -> ChiSquare:
    """Compare the incidence of `cause` between groups. `status`: 0 censored, 1..`causes`; `time` in days, >= 0.

    `observed` and `expected` are events of the cause. Not estimable without an event of it, or with one group.
    """
    names, strata = by_stratum(time, status, group, stratum, causes)
    observed, expected, variance = summed(len(names), (parts(one, cause) for one in strata))
    statistic, df, p = chi_square(observed - expected, variance)
    return ChiSquare(names, tuple(observed.tolist()), tuple(expected.tolist()), statistic, df, p)


def parts(common: Common, cause: int) -> Parts:
    """Observed and expected events of `cause` in each group of one stratum, and the variance of their difference."""
    own = common.n_event[:, :, cause - 1].astype(np.float64)
    all_events = common.n_event.sum(axis=2).astype(np.float64)
    some = all_events.sum(axis=1) > 0
    n, own, every = common.n_risk[some].astype(np.float64), own[some], all_events[some]
    other = every - own
    at_risk = n > 0
    safe = np.where(at_risk, n, 1.0)
    free = np.cumprod(1.0 - every / safe, axis=0)  # S(t), of each group
    free_before = shifted(free, 1.0)
    incidence_before = shifted(np.cumsum(free_before * own / safe, axis=0), 0.0)
    h = np.divide(n, free_before, out=np.zeros_like(n), where=at_risk)  # Gray's h: n / S(t−)
    h_all = h.sum(axis=1)
    weighed = h * (1.0 - incidence_before)  # Gray's R
    d = own.sum(axis=1)
    expected = weighed * np.divide(d, weighed.sum(axis=1), out=np.zeros_like(d), where=d > 0)[:, None]
    # The common incidence under the hypothesis, and what each event moves in the score of group k (axis 1) through
    # the counts of group r (axis 2).
    common_step = d / h_all
    common_incidence = np.cumsum(common_step)
    left_before = 1.0 - shifted(common_incidence, 0.0)
    direct = -h[:, :, None] * h[:, None, :] / h_all[:, None, None]
    everyone = np.arange(n.shape[1])
    direct[:, everyone, everyone] += h
    hazard = np.divide(common_step, left_before, out=np.zeros_like(d), where=left_before > 0)
    later = np.cumsum(direct * hazard[:, None, None], axis=0)
    later = later[-1:] - later if later.size else later
    ratio = np.divide(
        (1.0 - common_incidence)[:, None], free, out=np.zeros_like(free), where=free > 0
    )  # (1 − F(t)) / S(t)
    own_slope = np.where(free > 0, 1.0 - ratio, 1.0)
    draws = h_all[:, None] * free_before
    tied = np.where(draws > 1, 1.0 - (d[:, None] - 1.0) / np.where(draws > 1, draws - 1.0, 1.0), 1.0)
    own_weight = np.divide(
        tied * common_step[:, None], h, out=np.zeros_like(h), where=at_risk & (d > 0)[:, None]
    )
    tied_others = np.where(n > 1, 1.0 - (other - 1.0) / np.where(n > 1, n - 1.0, 1.0), 1.0)
    other_weight = np.where((free > 0) & (other > 0), tied_others * other * (free_before / safe) ** 2, 0.0)
    own_part = direct + own_slope[:, None, :] * later
    other_part = ratio[:, None, :] * later
    variance = np.einsum("tr,tkr,tlr->kl", own_weight, own_part, own_part) + np.einsum(
        "tr,tkr,tlr->kl", other_weight, other_part, other_part
    )
    return own.sum(axis=0), expected.sum(axis=0), variance


def shifted(steps: FloatArray, start: float) -> FloatArray:
    """The value just before each step: that of the step before, `start` before the first."""
    return np.concatenate((np.full((1, *steps.shape[1:]), start), steps[:-1]))

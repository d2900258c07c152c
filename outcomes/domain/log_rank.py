"""The log-rank test of several groups, stratified on request.

Mantel N. Cancer Chemother Rep 1966;50:163–170. Peto R, Peto J. J R Stat Soc A 1972;135:185–207.
The variance of tied events is hypergeometric, as R's survdiff has it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from outcomes.domain.groups import ChiSquare, Common, Parts, by_stratum, chi_square, summed


def log_rank(
    time: ArrayLike, status: ArrayLike, group: ArrayLike, stratum: ArrayLike | None = None
) -> ChiSquare:
    """Compare event times between groups. `status`: 0 censored, 1 event; `time` in whole days, >= 0.

    Groups that never were at risk when an event happened count in neither statistic nor degrees of freedom.
    Not estimable without events, or with fewer than two such groups.
    """
    names, strata = by_stratum(time, status, group, stratum)
    observed, expected, variance = summed(len(names), (parts(one) for one in strata))
    told = expected > 0
    statistic, df, p = chi_square((observed - expected)[told], variance[np.ix_(told, told)])
    return ChiSquare(names, tuple(observed.tolist()), tuple(expected.tolist()), statistic, df, p)


def parts(common: Common) -> Parts:
    """Observed and expected events of each group of one stratum, and the variance of their difference."""
    events = common.n_event.sum(axis=2)
    some = events.sum(axis=1) > 0
    d, n = events[some].sum(axis=1).astype(np.float64), common.n_risk[some].astype(np.float64)
    total = n.sum(axis=1)
    share = n / total[:, None]
    tied = d * (total - d) / np.maximum(total - 1.0, 1.0)
    variance = np.diag((tied[:, None] * share).sum(axis=0)) - (share * tied[:, None]).T @ share
    return events.sum(axis=0).astype(np.float64), (d[:, None] * share).sum(axis=0), variance

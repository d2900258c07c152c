"""Making historical controls comparable: propensity score, ATT weights, matching, and the balance of covariates.

Rosenbaum PR, Rubin DB. Biometrika 1983;70:41–55 (the score). Austin PC. Pharm Stat 2011;10:150–161 (caliper of 0.2
standard deviations of the logit). Austin PC. Stat Med 2009;28:3083–3107 (standardised differences).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from outcomes.domain.intervals import FloatArray
from outcomes.domain.newton import maximum, to_width_1

CALIPER = 0.2
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Logistic:
    """The log likelihood of `outcome` 0 or 1 on the columns of `design`, as `newton.maximum` asks it."""

    outcome: FloatArray
    design: FloatArray

    def loglike(self, params: FloatArray) -> float:
        linear = self.design @ params
        return float(self.outcome @ linear - np.logaddexp(0.0, linear).sum())

    def score(self, params: FloatArray) -> FloatArray:
        return np.asarray(self.design.T @ (self.outcome - expit(self.design @ params)))

    def hessian(self, params: FloatArray) -> FloatArray:
        share = expit(self.design @ params)
        return np.asarray(-(self.design.T * (share * (1.0 - share))) @ self.design)


def propensity_logit(treated: ArrayLike, design: Mapping[str, ArrayLike]) -> FloatArray | None:
    """The log odds of each subject to be in the trial, given the columns of `design`; by logistic regression.

    None where it is not estimable: one group only, a column that says nothing, columns that say the same, or
    groups that the columns tell apart completely. Raises ValueError for unequal lengths and missing values.
    """
    group, columns = checked(treated, design)
    scaled = to_width_1(columns)
    if scaled is None or group.all() or not group.any():
        return None
    with_intercept = np.column_stack([np.ones(group.size), scaled[0]])
    found = maximum(Logistic(group.astype(np.float64), with_intercept), with_intercept.shape[1])
    return None if found is None else np.asarray(with_intercept @ found[0])


def att_weights(treated: ArrayLike, logit: FloatArray) -> FloatArray:
    """1 for each subject of the trial, the odds of the score for each control.

    The controls then stand for what the subjects of the trial would have had: the effect among the treated.
    """
    return np.where(np.asarray(treated, dtype=bool), 1.0, np.exp(logit))


def matched_pairs(
    treated: ArrayLike, logit: FloatArray, caliper: float = CALIPER
) -> tuple[tuple[int, int], ...]:
    """Pairs (row of the trial, row of its control), 1:1 without replacement, nearest on the logit first come.

    Subjects of the trial choose from the highest score down, rows of equal score in their order; nobody is matched
    over more than `caliper` standard deviations of the logit (pooled over the two groups).
    """
    group = np.asarray(treated, dtype=bool)
    if not group.any() or group.all():
        return ()
    widest = caliper * pooled_deviation(logit, group)
    free, pairs = np.flatnonzero(~group), []
    trial = np.flatnonzero(group)
    for row in trial[np.argsort(-logit[trial], kind="stable")]:
        if not free.size:
            break
        distance = np.abs(logit[free] - logit[row])
        nearest = int(distance.argmin())
        if distance[nearest] <= widest:
            pairs.append((int(row), int(free[nearest])))
            free = np.delete(free, nearest)
    return tuple(pairs)


@dataclass(frozen=True, slots=True)
class Balance:
    """One covariate: its means, and the standardised difference before and after; None where not estimable."""

    name: str
    treated: float
    control: float
    treated_after: float
    control_after: float
    before: float | None
    after: float | None


def balance_table(
    treated: ArrayLike, design: Mapping[str, ArrayLike], weights: FloatArray
) -> tuple[Balance, ...]:
    """The covariates of the two groups before and after weighting; after matching the unmatched have weight 0.

    Differences are in pooled standard deviations of the groups as they were, so that before and after compare.
    Raises ValueError for an empty group, before or after.
    """
    group, columns = checked(treated, design)
    if not (weights[group].sum() > 0 and weights[~group].sum() > 0):
        raise ValueError("A balance needs subjects of the trial and controls.")
    return tuple(
        _balance(name, column, group, weights) for name, column in zip(design, columns.T, strict=True)
    )


def _balance(name: str, column: FloatArray, group: BoolArray, weights: FloatArray) -> Balance:
    width = pooled_deviation(column, group)
    before, after = _means(column, group, np.ones_like(weights)), _means(column, group, weights)
    return Balance(
        name,
        *before,
        *after,
        (before[0] - before[1]) / width if width > 0 else None,
        (after[0] - after[1]) / width if width > 0 else None,
    )


def _means(column: FloatArray, group: BoolArray, weights: FloatArray) -> tuple[float, float]:
    return (
        float(np.average(column[group], weights=weights[group])),
        float(np.average(column[~group], weights=weights[~group])),
    )


def pooled_deviation(values: FloatArray, group: BoolArray) -> float:
    """The root of the mean of the two variances (n − 1); a group of one has variance 0."""
    parts = [float(values[side].var(ddof=1)) if side.sum() > 1 else 0.0 for side in (group, ~group)]
    return float(np.sqrt(sum(parts) / 2.0))


def effective_number(weights: FloatArray) -> float:
    """Subjects that weigh alike and tell as much: (Σw)² / Σw² (Kish); 0 without subjects."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def checked(treated: ArrayLike, design: Mapping[str, ArrayLike]) -> tuple[BoolArray, FloatArray]:
    """Who is of the trial, and the columns side by side. Raises ValueError for what cannot be."""
    group = np.asarray(treated, dtype=bool)
    columns = [np.asarray(values, dtype=np.float64) for values in design.values()]
    if not columns or any(column.shape != group.shape for column in columns):
        raise ValueError("There must be a covariate, and each must have a value for each subject.")
    if not np.isfinite(columns).all():
        raise ValueError("Every covariate of every subject must be known.")
    return group, np.column_stack(columns)

"""Survival of weighted subjects: Kaplan–Meier, and Cox regression with the sandwich error.

Xie J, Liu C. Stat Med 2005;24:3089–3110 (the curve and its variance). Lin DY, Wei LJ. J Am Stat Assoc
1989;84:1074–1078; Binder DA. Biometrika 1992;79:139–147 (the sandwich). Ties by Efron, with the mean weight of the
events of one day, as R's coxph has it. Weights are taken as known: the error of the score behind them is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from outcomes.domain.cox import Coefficient, coefficient, without_event
from outcomes.domain.intervals import FloatArray, IntArray, normal_quantile
from outcomes.domain.newton import maximum, to_width_1
from outcomes.domain.risk_sets import check_observations, tally
from outcomes.domain.survival import KaplanMeier


def weighted_kaplan_meier(
    time: ArrayLike, status: ArrayLike, weights: ArrayLike, confidence: float = 0.95
) -> KaplanMeier:
    """The curve of weighted subjects; its counts of subjects at risk, events and censorings are unweighted.

    Equal weights give Kaplan–Meier and Greenwood. Raises ValueError for weights that are not positive.
    """
    normal_quantile(confidence)  # refuses a level that cannot be
    days, codes = check_observations(time, status, 1)
    weight = _positive(weights, days)
    sets = tally(days, codes)
    row = np.searchsorted(sets.time, days)

    def at_risk(each: FloatArray) -> FloatArray:
        by_day = np.bincount(row, each, sets.time.size).astype(np.float64)
        return np.cumsum(by_day[::-1])[::-1]

    share = np.bincount(row, weight * codes, sets.time.size) / at_risk(weight)
    share[sets.n_event[:, 0] == sets.n_risk] = 1.0
    number = at_risk(weight) ** 2 / at_risk(weight**2)  # subjects of equal weight who tell as much
    left: FloatArray = 1.0 - share
    terms = np.divide(share, number * left, out=np.full(share.shape, np.inf), where=left > 0)
    return KaplanMeier(sets, np.cumprod(left, dtype=np.float64), np.cumsum(terms), confidence)


def weighted_cox(
    time: ArrayLike,
    status: ArrayLike,
    design: Mapping[str, ArrayLike],
    weights: ArrayLike,
    cluster: ArrayLike | None = None,
    confidence: float = 0.95,
) -> tuple[Coefficient, ...]:
    """Hazard ratios of weighted subjects by the columns of `design`, with the sandwich error and Wald limits.

    `cluster` labels subjects that belong together, such as matched pairs. A group without an event is not
    estimable, nor is anything where the likelihood has no maximum. Raises ValueError for weights that are not
    positive, and for times or statuses that cannot be.
    """
    days, codes = check_observations(time, status, 1)
    weight = _positive(weights, days)
    z = normal_quantile(confidence)
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in design.items()}
    without, kept = without_event(columns, codes)
    names = [name for name in columns if name not in without]
    together = np.arange(days.size) if cluster is None else np.asarray(cluster)
    fitted = None
    if names and codes.any():
        design_kept = np.column_stack([columns[name][kept] for name in names])
        fitted = _fit(days[kept], codes[kept], design_kept, weight[kept], together[kept])
    found = {} if fitted is None else dict(zip(names, zip(*fitted, strict=True), strict=True))
    return tuple(
        coefficient(name, *found[name], z) if name in found else Coefficient(name) for name in columns
    )


def _fit(
    days: FloatArray, codes: IntArray, columns: FloatArray, weight: FloatArray, cluster: IntArray
) -> tuple[FloatArray, FloatArray] | None:
    """Coefficients and sandwich errors at the maximum; None where there is none."""
    if (scaled := to_width_1(columns)) is None:
        return None
    model = Efron.of(days, codes, scaled[0], weight)
    if (found := maximum(model, columns.shape[1])) is None:
        return None
    moved = model.score_of_each(found[0]) @ np.linalg.inv(found[1])
    _labels, label = np.unique(cluster[model.order], return_inverse=True)
    by_cluster = np.zeros_like(moved)
    np.add.at(by_cluster, label, moved)
    return found[0] / scaled[1], np.sqrt((by_cluster**2).sum(axis=0)) / scaled[1]


@dataclass(frozen=True, slots=True)
class Efron:
    """Efron's partial log likelihood of weighted subjects, as `newton.maximum` asks it.

    Subjects stand in the order of time (`order` gives their rows). One step for each event: the events of a day
    leave the risk set one by one, the k-th of d with a share k / d of all of them gone.
    """

    order: IntArray
    design: FloatArray
    weight: FloatArray
    event: FloatArray
    first: IntArray  # of each step: the first subject still at risk
    day: IntArray  # of each step: which distinct time with events
    gone: FloatArray  # of each step: the share k / d
    mean_weight: FloatArray  # of each step: of the events of its day
    day_of_each: IntArray  # of each subject: distinct times with events up to its own

    @classmethod
    def of(cls, days: FloatArray, codes: IntArray, design: FloatArray, weight: FloatArray) -> Efron:
        order = np.argsort(days, kind="stable")
        days, codes, weight = days[order], codes[order], weight[order]
        times, d = np.unique(days[codes == 1], return_counts=True)
        step = np.repeat(np.arange(times.size), d)
        k = np.arange(step.size) - np.repeat(np.cumsum(d) - d, d)
        day_of_each = np.searchsorted(times, days, side="right")
        total = np.bincount(day_of_each, weight * codes, times.size + 1)[1:]
        return cls(
            order,
            design[order],
            weight,
            codes.astype(np.float64),
            np.searchsorted(days, times)[step],
            step,
            k / d[step],
            (total / d)[step],
            day_of_each,
        )

    def loglike(self, params: FloatArray) -> float:
        linear = self.design @ params
        risk, _first, _second = self._sums(params)
        return float((self.weight * self.event) @ linear - self.mean_weight @ np.log(risk))

    def score(self, params: FloatArray) -> FloatArray:
        risk, first, _second = self._sums(params)
        return (self.weight * self.event) @ self.design - self.mean_weight @ (first / risk[:, None])

    def hessian(self, params: FloatArray) -> FloatArray:
        risk, first, second = self._sums(params)
        mean = first / risk[:, None]
        spread = second / risk[:, None, None] - mean[:, :, None] * mean[:, None, :]
        return np.asarray(-np.einsum("s,sij->ij", self.mean_weight, spread))

    def score_of_each(self, params: FloatArray) -> FloatArray:
        """What each subject adds to the score, weighted; a row each, in the order of time."""
        risk, first, _second = self._sums(params)
        mean = first / risk[:, None]
        hazard = self.mean_weight / risk
        steps = np.column_stack([hazard, hazard[:, None] * mean])
        size = int(self.day[-1]) + 1
        by_day, by_day_gone = np.zeros((2, size, steps.shape[1]))
        np.add.at(by_day, self.day, steps)
        np.add.at(by_day_gone, self.day, steps * self.gone[:, None])
        lived = np.concatenate((np.zeros((1, steps.shape[1])), np.cumsum(by_day, axis=0)))[self.day_of_each]
        own = np.maximum(self.day_of_each - 1, 0)
        lived = lived - self.event[:, None] * by_day_gone[own]
        mean_of_day = np.zeros((size, mean.shape[1]))
        np.add.at(mean_of_day, self.day, mean)
        mean_of_day /= np.bincount(self.day)[:, None]
        ratio = np.exp(self.design @ params)[:, None]
        seen = self.event[:, None] * (self.design - mean_of_day[own])
        return self.weight[:, None] * (seen - ratio * (self.design * lived[:, :1] - lived[:, 1:]))

    def _sums(self, params: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Of each step, over those at risk: Σ w·ratio, Σ w·ratio·x, Σ w·ratio·x·xᵀ."""
        ratio = self.weight * np.exp(self.design @ params)
        width = self.design.shape[1]
        square = (self.design[:, :, None] * self.design[:, None, :]).reshape(-1, width * width)
        each = np.column_stack([ratio, ratio[:, None] * self.design, ratio[:, None] * square])
        still = np.cumsum(each[::-1], axis=0)[::-1][self.first]
        of_day = np.zeros((int(self.day[-1]) + 1, each.shape[1]))
        events = self.event > 0
        np.add.at(of_day, self.day_of_each[events] - 1, each[events])
        sums = still - self.gone[:, None] * of_day[self.day]
        return sums[:, 0], sums[:, 1 : width + 1], sums[:, width + 1 :].reshape(-1, width, width)


def _positive(weights: ArrayLike, days: FloatArray) -> FloatArray:
    weight = np.asarray(weights, dtype=np.float64)
    if weight.shape != days.shape or not (np.isfinite(weight) & (weight > 0)).all():
        raise ValueError("Each subject needs a weight above 0.")
    return weight

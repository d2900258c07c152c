"""A single arm beside historical controls known subject by subject: weighted or matched by a propensity score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from outcomes.domain.cox import Coefficient
from outcomes.domain.intervals import FloatArray, IntArray
from outcomes.domain.propensity import (
    Balance,
    att_weights,
    balance_table,
    effective_number,
    matched_pairs,
    propensity_logit,
)
from outcomes.domain.risk_sets import check_observations
from outcomes.domain.survival import KaplanMeier
from outcomes.domain.weighted import weighted_cox, weighted_kaplan_meier

TREATED = "treated"


class Method(StrEnum):
    """How the controls are made comparable."""

    WEIGHTS = "weights"  # each control by its odds to be in the trial (ATT)
    MATCHING = "matching"  # 1:1 within the caliper


@dataclass(frozen=True, slots=True)
class Comparison:
    """The trial beside its controls, after weighting or matching.

    `ratio` is the hazard ratio of the trial to the controls with the sandwich error. `unmatched` subjects of the
    trial have no control and are left out; `effective_controls` is how many controls of equal weight tell as much.
    """

    trial: KaplanMeier
    controls: KaplanMeier
    ratio: Coefficient
    balance: tuple[Balance, ...]
    unmatched: int
    effective_controls: float


def compare_with_history(
    time: ArrayLike,
    status: ArrayLike,
    treated: ArrayLike,
    design: Mapping[str, ArrayLike],
    method: Method = Method.WEIGHTS,
    confidence: float = 0.95,
) -> Comparison | None:
    """Compare the event times of the trial (`treated`) with those of controls, alike in the columns of `design`.

    `time` in days, >= 0; `status` 0 censored, 1 event; every covariate known. None where the score is not
    estimable, or nobody can be matched. Raises ValueError for what cannot be.
    """
    days, codes = check_observations(time, status, 1)
    group = np.asarray(treated, dtype=bool)
    logit = propensity_logit(group, design)
    if logit is None:
        return None
    weights, cluster = _weighed(method, group, logit)
    kept = weights > 0
    if not kept.any():
        return None

    def curve(side: bool) -> KaplanMeier:
        rows = kept & (group == side)
        return weighted_kaplan_meier(days[rows], codes[rows], weights[rows], confidence)

    columns = {TREATED: group[kept].astype(np.float64)}
    ratio = weighted_cox(days[kept], codes[kept], columns, weights[kept], cluster[kept], confidence)
    return Comparison(
        trial=curve(True),
        controls=curve(False),
        ratio=ratio[0],
        balance=balance_table(group, design, weights),
        unmatched=int((group & ~kept).sum()),
        effective_controls=effective_number(weights[~group]),
    )


def _weighed(method: Method, group: ArrayLike, logit: FloatArray) -> tuple[FloatArray, IntArray]:
    """The weight of each row, 0 for the unmatched, and whom it belongs together with."""
    cluster = np.arange(logit.size)
    if method is Method.WEIGHTS:
        return att_weights(group, logit), cluster
    weights = np.zeros(logit.size)
    for row, control in matched_pairs(group, logit):
        weights[[row, control]] = 1.0
        cluster[control] = row
    return weights, cluster

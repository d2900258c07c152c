"""Cox regression: Efron's ties (Breslow's on request), stratified on request, Wald limits.

Cox DR. J R Stat Soc B 1972;34:187–220. Efron B. J Am Stat Assoc 1977;72:557–565. The fit is statsmodels' PHReg.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr
from statsmodels.duration.hazard_regression import PHReg

from outcomes.domain.intervals import FloatArray, IntArray, normal_quantile

# On columns of width 1: a coefficient beyond this, or an information below it, is on its way to no maximum.
RUNS_AWAY = 15.0
FLAT = 1e-8
SETTLED = 1e-10
STEPS = 60


class Ties(StrEnum):
    """How events of one day are ordered."""

    EFRON = "efron"
    BRESLOW = "breslow"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """The log hazard ratio of one column of the design; all None where it is not estimable."""

    name: str
    value: float | None = None
    se: float | None = None
    ratio: float | None = None
    lower: float | None = None
    upper: float | None = None
    p: float | None = None


def cox(
    time: ArrayLike,
    status: ArrayLike,
    design: Mapping[str, ArrayLike],
    stratum: ArrayLike | None = None,
    ties: Ties = Ties.EFRON,
    confidence: float = 0.95,
) -> tuple[Coefficient, ...]:
    """Hazard ratios by the columns of `design`, one coefficient each, in its order.

    `time` in days, >= 0; `status`: 0 censored, 1 event. A group without an event is not estimable, the others are.
    Where the likelihood has no maximum otherwise, or columns say the same, nothing is: no number is made up.
    """
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in design.items()}
    codes = np.asarray(status, dtype=np.int64)
    without, kept = without_event(columns, codes)
    names = [name for name in columns if name not in without]
    if not names:
        return tuple(Coefficient(name) for name in columns)
    fitted = _fit(
        np.asarray(time, dtype=np.float64)[kept],
        codes[kept],
        np.column_stack([columns[name][kept] for name in names]),
        None if stratum is None else np.asarray(stratum)[kept],
        ties,
    )
    if fitted is None:
        return tuple(Coefficient(name) for name in columns)
    z = normal_quantile(confidence)
    found = {
        name: Coefficient(
            name,
            float(value),
            float(se),
            float(np.exp(value)),
            float(np.exp(value - z * se)),
            float(np.exp(value + z * se)),
            float(2.0 * ndtr(-abs(value) / se)),
        )
        for name, value, se in zip(names, *fitted, strict=True)
    }
    return tuple(found.get(name, Coefficient(name)) for name in columns)


def without_event(columns: Mapping[str, FloatArray], codes: IntArray) -> tuple[set[str], NDArray[np.bool_]]:
    """The columns of groups without an event, and the rows of everybody else.

    The coefficient of such a group has no maximum; the others are those of the data without it.
    """
    events, names, kept = codes > 0, set(), np.ones(codes.shape, dtype=bool)
    for name, values in columns.items():
        if np.isin(values, (0.0, 1.0)).all() and values.any() and not values[events].any():
            names.add(name)
            kept &= values == 0
    return names, kept


def _fit(
    days: FloatArray, codes: ArrayLike, columns: FloatArray, strata: ArrayLike | None, ties: Ties
) -> tuple[FloatArray, FloatArray] | None:
    """Coefficients and standard errors at the maximum; None where there is none.

    Newton's steps from 0 on centred columns, halved while the likelihood falls, until the last moves nothing.
    """
    middle, width = columns.mean(axis=0), columns.std(axis=0)
    if not np.any(codes) or not (width > 0).all():
        return None
    model = PHReg(days, (columns - middle) / width, status=codes, strata=strata, ties=ties.value)
    at = np.zeros(columns.shape[1])
    height = model.loglike(at)
    for _step in range(STEPS):
        information = -model.hessian(at)
        if not _invertible(information):
            return None
        step = np.linalg.solve(information, model.score(at))
        while not (reached := model.loglike(at + step)) >= height - 1e-9 * abs(height):
            step = step / 2.0
            if np.abs(step).max() < SETTLED:
                break
        at, height = at + step, reached
        if np.abs(at).max() > RUNS_AWAY:
            return None
        if np.abs(step).max() < SETTLED:
            information = -model.hessian(at)
            return (
                (at / width, np.sqrt(np.diag(np.linalg.inv(information))) / width)
                if _invertible(information)
                else None
            )
    return None


def _invertible(information: FloatArray) -> bool:
    diagonal = np.diag(information)
    if not np.isfinite(information).all() or not (diagonal > FLAT).all():
        return False
    scale = np.sqrt(diagonal)
    return bool(np.linalg.cond(information / np.outer(scale, scale)) < 1.0 / FLAT)


def indicators(labels: Sequence[str] | NDArray[Any], what: str = "group") -> dict[str, FloatArray]:
    """One column for each label but the first: "group=B" is 1 where the label is B."""
    values = np.asarray(labels)
    return {f"{what}={one}": (values == one).astype(np.float64) for one in np.unique(values)[1:]}

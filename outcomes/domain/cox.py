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

from outcomes.domain.intervals import FloatArray, IntArray, normal_quantile
from outcomes.domain.newton import maximum, to_width_1


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
    found = {name: coefficient(name, value, se, z) for name, value, se in zip(names, *fitted, strict=True)}
    return tuple(found.get(name, Coefficient(name)) for name in columns)


def coefficient(name: str, value: float, se: float, z: float) -> Coefficient:
    """The coefficient with its ratio, limits at ±z and p by Wald."""
    return Coefficient(
        name,
        float(value),
        float(se),
        float(np.exp(value)),
        float(np.exp(value - z * se)),
        float(np.exp(value + z * se)),
        float(2.0 * ndtr(-abs(value) / se)),
    )


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
    """Coefficients and standard errors at the maximum; None where there is none."""
    from statsmodels.duration.hazard_regression import PHReg  # takes seconds to import

    scaled = to_width_1(columns)
    if not np.any(codes) or scaled is None:
        return None
    model = PHReg(days, scaled[0], status=codes, strata=strata, ties=ties.value)
    found = maximum(model, columns.shape[1])
    if found is None:
        return None
    at, information = found
    return at / scaled[1], np.sqrt(np.diag(np.linalg.inv(information))) / scaled[1]


def indicators(labels: Sequence[str] | NDArray[Any], what: str = "group") -> dict[str, FloatArray]:
    """One column for each label but the first: "group=B" is 1 where the label is B."""
    values = np.asarray(labels)
    return {f"{what}={one}": (values == one).astype(np.float64) for one in np.unique(values)[1:]}

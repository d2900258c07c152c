"""What an estimate looks like: a value, its standard error, two limits; None where not estimable."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Limits(StrEnum):
    """The scale on which a confidence interval is symmetric."""

    LOGLOG = "loglog"
    LOG = "log"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimated figure; each part is None when it cannot be estimated."""

    value: float | None
    se: float | None = None
    lower: float | None = None
    upper: float | None = None


NOT_ESTIMABLE = Estimate(None)


def normal_quantile(confidence: float) -> float:
    """Two-sided normal deviate: 1.959964 for 0.95. Raises ValueError outside (0, 1)."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"A confidence level lies between 0 and 1, not at {confidence}.")
    return float(ndtri(0.5 + confidence / 2.0))


def number(value: float | np.float64) -> float | None:
    """A plain float, or None for NaN: arrays say "not estimable" with NaN, results with None."""
    return None if np.isnan(value) else float(value)

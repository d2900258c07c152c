"""Quartiles of counted values."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

Numbers = tuple[float, float, float, float, float]


def five_numbers(counted: Sequence[tuple[Decimal, int]]) -> Numbers:
    """Least value, quartiles (linear between neighbours) and greatest of (value, how many); at least one."""
    values = np.repeat([float(value) for value, _n in counted], [n for _value, n in counted])
    least, first, median, third, most = (float(one) for one in np.quantile(values, (0, 0.25, 0.5, 0.75, 1)))
    return least, first, median, third, most

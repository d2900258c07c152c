"""Chance, from one seeded source: the same seed draws the same story on every machine."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Draws for one subject. Whole numbers and exact decimals come out, never binary fractions."""

    def __init__(self, seed: str) -> None:
        self.source = random.Random(seed)  # noqa: S311  (stories, not secrets)

    def chance(self, percent: float) -> bool:
        """Yes in so many of a hundred cases."""
        return self.source.random() * 100 < percent

    def whole(self, low: int, high: int) -> int:
        """Any whole number from low to high, both included."""
        return self.source.randint(low, high)

    def one_of(self, values: Sequence[T]) -> T:
        return self.source.choice(values)

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of the keys, in proportion to its weight."""
        return self.source.choices(list(weights), list(weights.values()))[0]

    def number(self, low: float, high: float, places: int = 1) -> Decimal:
        """An exact decimal between two bounds."""
        return self.rounded(self.source.uniform(low, high), places)

    def around(self, middle: float, spread: float, places: int = 1, low: float = 0.0) -> Decimal:
        """An exact decimal from a normal distribution, not below `low`."""
        return self.rounded(max(self.source.gauss(middle, spread), low), places)

    def log_around(self, median: float, spread: float, places: int = 1) -> Decimal:
        """An exact decimal from a log-normal distribution; `spread` is the standard deviation of its logarithm."""
        return self.rounded(median * math.exp(self.source.gauss(0, spread)), places)

    def after(self, day: date, low: int, high: int) -> date:
        """A day from `low` to `high` days later."""
        return day + timedelta(days=self.whole(low, high))

    def waiting_days(self, percent: float, within_days: int) -> int:
        """Days until something that befalls `percent` of a hundred within so many days, at a constant rate."""
        rate = -math.log(1 - percent / 100) / within_days
        return 1 + int(self.source.expovariate(rate))

    @staticmethod
    def rounded(value: float, places: int) -> Decimal:
        return Decimal(f"{value:.{places}f}")

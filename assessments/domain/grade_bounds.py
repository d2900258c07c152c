"""A grade or stage between two bounds: what is not recorded leaves it open, and is never taken for normal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class GradeBounds:
    """The lowest and the highest grade that what is recorded allows."""

    low: int
    high: int

    @classmethod
    def at(cls, grade: int) -> GradeBounds:
        """A grade that is certain."""
        return cls(grade, grade)

    @property
    def grade(self) -> int | None:
        """The grade once it is certain."""
        return self.low if self.low == self.high else None

    def allows(self, grade: int) -> bool:
        """Whether what is recorded leaves this grade possible."""
        return self.low <= grade <= self.high

    def __str__(self) -> str:
        return str(self.low) if self.grade is not None else f"≥ {self.low}"


def worst(bounds: Iterable[GradeBounds]) -> GradeBounds:
    """The worst of several domains: the highest of their lows, the highest of their highs; 0 of none."""
    found = list(bounds)
    return GradeBounds(
        max((one.low for one in found), default=0), max((one.high for one in found), default=0)
    )

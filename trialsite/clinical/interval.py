"""What is known of a value that is not known exactly: below a limit of detection, or a day within a month."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from trialsite.clinical.kleene import Truth, negate

T = TypeVar("T", Decimal, date)

# Decimal division keeps 28 digits, so 3.6/59.48 and 3 × (1.2/59.48) may part in the last one although they
# are one number. Two entries that really differ part long before the 22nd digit (entries have at most 12).
_ROUNDING = Decimal("1e-22")


@dataclass(frozen=True)
class Interval(Generic[T]):
    """All values between `low` and `high`; None stands for no bound, an open end excludes its bound."""

    low: T | None
    high: T | None
    low_open: bool = False
    high_open: bool = False

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and _order(self.low, self.high) > 0:
            raise ValueError(f"An interval cannot begin ({self.low}) after it ends ({self.high}).")

    def __str__(self) -> str:
        if self.low is not None and self.low == self.high:
            return str(self.low)
        if self.low is None:
            return f"{'<' if self.high_open else '≤'}{self.high}"
        if self.high is None:
            return f"{'>' if self.low_open else '≥'}{self.low}"
        return f"{self.low} to {self.high}"

    @property
    def exact(self) -> bool:
        """Whether it holds one value only."""
        return self.low is not None and self.high is not None and _order(self.low, self.high) == 0


def point(value: T) -> Interval[T]:
    """A value that is known exactly."""
    return Interval(value, value)


def at(value: Decimal, comparator: str) -> Interval[Decimal]:
    """The numbers that a result such as `<0.1` may stand for; comparator is `""`, `<`, `<=`, `>` or `>=`."""
    if comparator == "":
        return point(value)
    if comparator in ("<", "<="):
        return Interval(None, value, high_open=comparator == "<")
    if comparator in (">", ">="):
        return Interval(value, None, low_open=comparator == ">")
    raise ValueError(f"A comparator is empty or one of <, <=, >, >=; it cannot be {comparator!r}.")


def compare_intervals(left: Interval[T], op: str, right: Interval[T]) -> Truth:
    """Whether `left op right`: TRUE or FALSE when every possible pair says so, UNKNOWN when they straddle.

    `op` is one of `=`, `!=`, `<`, `<=`, `>`, `>=`; another raises ValueError.
    """
    try:
        return _OPERATORS[op](left, right)
    except KeyError:
        raise ValueError(f"A comparison is one of {', '.join(_OPERATORS)}; it cannot be {op!r}.") from None


def _less(left: Interval[T], right: Interval[T]) -> Truth:
    if left.high is not None and right.low is not None:
        order = _order(left.high, right.low)
        if order < 0 or (order == 0 and (left.high_open or right.low_open)):
            return Truth.TRUE
    if left.low is not None and right.high is not None and _order(left.low, right.high) >= 0:
        return Truth.FALSE
    return Truth.UNKNOWN


def _equal(left: Interval[T], right: Interval[T]) -> Truth:
    if _less(left, right) is Truth.TRUE or _less(right, left) is Truth.TRUE:
        return Truth.FALSE
    return Truth.TRUE if left.exact and right.exact else Truth.UNKNOWN


def _order(a: T, b: T) -> int:
    if a == b:
        return 0
    if isinstance(a, Decimal) and isinstance(b, Decimal) and abs(a - b) <= _ROUNDING * max(abs(a), abs(b)):
        return 0
    return -1 if a < b else 1


_OPERATORS: dict[str, Callable[..., Truth]] = {
    "=": _equal,
    "!=": lambda left, right: negate(_equal(left, right)),
    "<": _less,
    "<=": lambda left, right: negate(_less(right, left)),
    ">": lambda left, right: _less(right, left),
    ">=": lambda left, right: negate(_less(left, right)),
}
COMPARISONS = tuple(_OPERATORS)

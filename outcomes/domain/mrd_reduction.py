"""How far MRD fell: the base-10 logarithm of the ratio of two heights, with what was below a limit as a bound."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

FOUR_PLACES = Decimal("0.0001")


class Height(StrEnum):
    """What the later sample gave: a value, or a limit below which it lies, or nothing that can be compared."""

    VALUE = "VALUE"
    BELOW_LOQ = "BELOW_LOQ"
    NOT_DETECTED = "NOT_DETECTED"
    UNKNOWN = "UNKNOWN"


# Of a measured value: it rose, or fell by less than 1, by 1 to 2, by 2 to 3, by 3 powers of ten or more.
BANDS = ("RISE", "LOG0", "LOG1", "LOG2", "LOG3")
ORDER = (Height.UNKNOWN, Height.VALUE, Height.BELOW_LOQ, Height.NOT_DETECTED)


@dataclass(frozen=True)
class Reduction:
    """A reduction in powers of ten, negative where MRD rose; below a limit it is at least so much.

    `log10` None: there is no baseline value, or no height of the later sample."""

    height: Height
    log10: Decimal | None

    @property
    def order(self) -> tuple[int, Decimal]:
        """What comes last is the best: not detected, then below quantification, then the furthest fall of a value."""
        return ORDER.index(self.height), self.log10 if self.log10 is not None else Decimal("-Infinity")

    @property
    def band(self) -> str:
        """Where it is counted: a band of measured values, or what stands instead of one."""
        if self.log10 is None:
            return Height.UNKNOWN
        if self.height is not Height.VALUE:
            return self.height
        return BANDS[0] if self.log10 < 0 else BANDS[min(int(self.log10), 3) + 1]


def log_reduction(baseline: Decimal | None, height: Height, fraction: Decimal | None) -> Reduction:
    """The reduction from a baseline to a later height, both fractions above 0."""
    if baseline is None or fraction is None:
        return Reduction(height, None)
    return Reduction(height, (baseline / fraction).log10().quantize(FOUR_PLACES))

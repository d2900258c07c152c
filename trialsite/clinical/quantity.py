"""Measured quantities as a laboratory reports them: `<0.1`, `≥ 5`, kept as entered and read exactly."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from trialsite.clinical.interval import Interval, at, compare_intervals, point
from trialsite.clinical.kleene import Truth
from trialsite.clinical.refusal import Refusal
from trialsite.clinical.units import UnitError, accepted_unit, to_canonical

MAX_DIGITS = 12
_SHAPE = re.compile(r"(?P<comparator><=|>=|=<|=>|<|>|=)?(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+))")
_COMPARATORS = {
    "≤": "<=",
    "⩽": "<=",
    "≦": "<=",
    "≥": ">=",
    "⩾": ">=",
    "≧": ">=",
    "〈": "<",
    "〉": ">",
    "−": "-",
}
_READ_AS = {"": "", "=": "", "=<": "<=", "=>": ">="}


class QuantityError(Refusal):
    """A result that cannot be read as a number with at most one comparator."""


@dataclass(frozen=True)
class Quantity:
    """A result as entered, and what it says.

    text: as typed. comparator: `""`, `<`, `<=`, `>`, `>=`. value: the number after the comparator, in
    `unit` (a UCUM code where the analyte is known). canonical: the same number in the analyte's canonical
    unit; None when no analyte was named, because then no conversion is known.
    """

    text: str
    comparator: str
    value: Decimal
    unit: str
    canonical: Decimal | None = None

    def __str__(self) -> str:
        return f"{self.text} {self.unit}".strip()

    @classmethod
    def parse(cls, text: str, unit: str = "", analyte: str | None = None) -> Quantity:
        """Read a result such as `<0.1`, `＜0.1`, `≥ 5` or `101.25`; QuantityError says what else to enter.

        A comma is refused, because `1,234` is a thousand to some and one and a quarter to others. With an
        `analyte` the unit must be in that analyte's list, and the canonical number is filled in.
        """
        comparator, value = _read(text)
        if analyte is None:
            return cls(text, comparator, value, unit)
        try:
            code = accepted_unit(analyte, unit).code
            return cls(text, comparator, value, code, to_canonical(analyte, value, code))
        except UnitError as error:
            raise QuantityError(error.code, error.template, **error.params) from error

    def interval(self) -> Interval[Decimal]:
        """The numbers it may stand for: canonical where an analyte is known, otherwise in its own unit."""
        return at(self.value if self.canonical is None else self.canonical, self.comparator)


def compare(left: Quantity | Decimal | int | None, op: str, limit: Quantity | Decimal | int | None) -> Truth:
    """Whether a result lies as `op` says to a limit; UNKNOWN when either is missing or it straddles.

    `op` is `=`, `!=`, `<`, `<=`, `>`, `>=`. `<20` is not `> 20` (FALSE) and may be `> 10` (UNKNOWN);
    `<0.1` is `< 0.5` (TRUE). The limit is in the unit of `Quantity.interval`, that is the canonical one
    where the analyte is known.
    """
    if left is None or limit is None:
        return Truth.UNKNOWN
    return compare_intervals(_interval(left), op, _interval(limit))


def _interval(number: Quantity | Decimal | int) -> Interval[Decimal]:
    return number.interval() if isinstance(number, Quantity) else point(Decimal(number))


def _read(text: str) -> tuple[str, Decimal]:
    compact = _half_width(text)
    if not compact:
        raise QuantityError("empty", "Enter a number such as 5.2 or <0.1, or say why there is no result.")
    if "," in compact or "、" in compact:
        raise QuantityError(
            "comma",
            "“{text}” contains a comma, which could mark thousands or decimals. "
            "Write thousands without a mark (1234) and decimals with a point (1.234).",
            text=text.strip(),
        )
    match = _SHAPE.fullmatch(compact)
    if match is None:
        raise QuantityError(
            "not-a-number",
            "“{text}” is not a number. Enter a number such as 5.2, with <, ≤, > or ≥ before it if the "
            "laboratory reports a limit (<0.1).",
            text=text.strip(),
        )
    number = match["number"]
    if sum(map(str.isdigit, number)) > MAX_DIGITS:
        raise QuantityError(
            "too-long",
            "“{text}” has more than {digits} digits. Enter the result with at most {digits} digits.",
            text=text.strip(),
            digits=str(MAX_DIGITS),
        )
    sign = match["comparator"] or ""
    return _READ_AS.get(sign, sign), Decimal(number)


def _half_width(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    for typed, meant in _COMPARATORS.items():
        folded = folded.replace(typed, meant)
    # Spaces around the comparator are harmless; a space inside a number could hide a lost digit.
    return re.sub(r"^([<>=]+)\s+", r"\1", folded.strip())

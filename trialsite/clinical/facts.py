"""Facts about a subject as rules see them: value, unit, date and the record it came from, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.dates import age_bounds
from trialsite.clinical.interval import Interval
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity

FactValue = Decimal | int | str | bool | date | PartialDate | Interval[Decimal]


class Why(StrEnum):
    """Why a fact cannot be used, or (the last three) why a comparison with it gives no answer."""

    NOT_RECORDED = "NOT_RECORDED"
    NOT_DONE = "NOT_DONE"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    UNKNOWN = "UNKNOWN"
    PENDING = "PENDING"
    STALE = "STALE"
    STRADDLES_LIMIT = "STRADDLES_LIMIT"
    UNITS_DIFFER = "UNITS_DIFFER"
    LIMIT_NOT_KNOWN = "LIMIT_NOT_KNOWN"


# Codes that forms offer beside real values. They say that there is no value, so no rule may take them for
# one: "HIV antibody: not done" must never read as "HIV antibody: not positive".
NO_VALUE_CODES = {
    "ND": Why.NOT_DONE,
    "NA": Why.NOT_APPLICABLE,
    "UNKNOWN": Why.UNKNOWN,
    "PENDING": Why.PENDING,
}


@dataclass(frozen=True)
class ItemAddress:
    """One item of one record: table, row id and item key, columns and protocol items alike."""

    table: str
    row_id: str
    item: str


@dataclass(frozen=True)
class Fact:
    """A recorded or derived fact.

    value: None when it cannot be used; `why` then says why. A STALE fact (outside the screening window)
    keeps its value for display and is unknown to rules all the same. An Interval stands for a number known
    within bounds (age from a birth year). comparator: `""`, `<`, `<=`, `>`, `>=` for numbers. on: the date
    of the sample or event. working: one line on how a derived fact was computed.

    The codes ND, NA, UNKNOWN and PENDING are taken for what they say: no value. Floats are refused.
    """

    value: FactValue | None
    unit: str = ""
    comparator: str = ""
    on: date | None = None
    source: ItemAddress | None = None
    why: str = ""
    working: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.value, float):
            raise TypeError("A fact is an exact decimal: a float cannot be compared with a limit.")
        if isinstance(self.value, datetime):
            raise TypeError("A fact is a calendar date: take the day of the instant in the site's zone.")
        if isinstance(self.value, Decimal) and not self.value.is_finite():
            raise ValueError(f"A fact cannot be {self.value}.")
        if isinstance(self.value, str) and self.value in NO_VALUE_CODES:
            self._set(value=None, why=NO_VALUE_CODES[self.value])
        elif self.value is None and not self.why:
            self._set(value=None, why=Why.NOT_RECORDED)
        elif self.value is not None and self.why not in ("", Why.STALE):
            raise ValueError(f"A fact with a value cannot be {self.why}; only a stale one keeps its value.")

    def _set(self, value: None, why: str) -> None:
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "why", why)

    @classmethod
    def missing(cls, why: str = Why.NOT_RECORDED, *, source: ItemAddress | None = None) -> Fact:
        """A fact that is not there, and why."""
        return cls(None, why=why, source=source)

    @classmethod
    def of_quantity(
        cls,
        quantity: Quantity,
        canonical_unit: str = "",
        *,
        on: date | None = None,
        source: ItemAddress | None = None,
    ) -> Fact:
        """A laboratory result: its canonical number where it has one (name that unit), else as entered."""
        if quantity.canonical is None:
            return cls(quantity.value, quantity.unit, quantity.comparator, on, source)
        return cls(quantity.canonical, canonical_unit or quantity.unit, quantity.comparator, on, source)

    @property
    def known(self) -> bool:
        """Whether rules may use the value."""
        return self.value is not None and not self.why


def age_fact(birth: PartialDate | date | None, on: date | None, source: ItemAddress | None = None) -> Fact:
    """Age in completed years on a day; bounds when the birth date is partial, missing when either date is."""
    if birth is None or on is None:
        return Fact.missing(source=source)
    low, high = age_bounds(birth, on)
    value: FactValue = low if low == high else Interval(Decimal(low), Decimal(high))
    return Fact(value, "a", on=on, source=source, working=f"{birth} → {on}")

"""The answer of a rule: its truth, every comparison behind it, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trialsite.clinical.facts import FactValue, ItemAddress
from trialsite.clinical.kleene import Truth
from trialsite.clinical.partial_date import PartialDate

LimitValue = Decimal | str | bool | date | PartialDate | tuple[Decimal | str | bool | date, ...]


@dataclass(frozen=True)
class Evidence:
    """One comparison of a rule as it came out.

    limit: the number or date compared with, computed (3 × 21 = 63), None when it is not known; limit_text
    how it is written in the rule (`3 × tbil_uln`); of, of_source: the fact it was computed from. why: code
    of the reason when the truth is UNKNOWN, or NOT_APPLICABLE when the rule says what that counts as.
    missing: the facts that would have to be known. decides: whether the answer rests on this comparison.
    """

    fact: str
    value: FactValue | None
    unit: str
    comparator: str
    operator: str
    limit: LimitValue | None
    limit_text: str
    on: date | None
    source: ItemAddress | None
    truth: Truth
    why: str = ""
    working: str = ""
    of: str = ""
    of_source: ItemAddress | None = None
    missing: tuple[str, ...] = ()
    decides: bool = False

    def as_data(self) -> dict[str, object]:
        """The same in JSON types, for the snapshot of a signed verdict; decimals and dates as text."""
        return {
            "fact": self.fact,
            "value": _plain(self.value),
            "unit": self.unit,
            "comparator": self.comparator,
            "operator": self.operator,
            "limit": _plain(self.limit),
            "limit_text": self.limit_text,
            "on": _plain(self.on),
            "source": _address(self.source),
            "truth": str(self.truth),
            "why": str(self.why),
            "working": self.working,
            "of": self.of,
            "of_source": _address(self.of_source),
            "missing": list(self.missing),
            "decides": self.decides,
        }


@dataclass(frozen=True)
class Answer:
    """A rule's truth with its evidence; `missing` names only the facts that could still change the answer."""

    truth: Truth
    evidence: tuple[Evidence, ...]
    missing: tuple[str, ...]

    def as_data(self) -> dict[str, object]:
        """The answer in JSON types."""
        evidence = [each.as_data() for each in self.evidence]
        return {"truth": str(self.truth), "evidence": evidence, "missing": list(self.missing)}


def _address(source: ItemAddress | None) -> dict[str, str] | None:
    if source is None:
        return None
    return {"table": source.table, "row_id": source.row_id, "item": source.item}


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return str(value)

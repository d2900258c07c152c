"""What a protocol says of transplantation and cell therapy: who is transplanted and what comes before; apheresis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.values import Document, Rule, Text, text_of

if TYPE_CHECKING:
    from trialsite.studies.domain.protocol import Protocol


CONDITIONING, DAY_0 = "conditioning", "day_0"  # up to when MRD before a graft counts


@dataclass(frozen=True)
class Indication:
    """Why a subject is transplanted. `when`: the rule that shows it, None where a person says so.

    needs_reason: whoever chooses it says why in words.
    """

    key: str
    name: Text
    when: Rule | None
    needs_reason: bool
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> Indication:
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            when=document.get("when"),
            needs_reason=document.get("needs_reason", False),
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class Washout:
    """Days from the end of blinatumomab to conditioning; max_grade: of non-haematological toxicity before it."""

    days: int
    max_grade: int
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document | None) -> Washout | None:
        return None if document is None else cls(**_own(document, "days", "max_grade"))


@dataclass(frozen=True)
class MrdGate:
    """MRD is to be negative by this method, at its threshold of `mrd`; the last result up to `until` counts."""

    method: str
    source: str
    cite: str
    until: str = CONDITIONING

    @classmethod
    def of(cls, document: Document | None) -> MrdGate | None:
        if document is None:
            return None
        return cls(**_own(document, "method"), until=document.get("until", CONDITIONING))


@dataclass(frozen=True)
class TransplantPlan:
    """Indications in the order of the protocol, the wash-out and the MRD that conditioning waits for."""

    indications: tuple[Indication, ...] = ()
    washout: Washout | None = None
    mrd_negative: MrdGate | None = None

    @classmethod
    def of(cls, document: Document | None) -> TransplantPlan:
        """As the file says; without the section any indication in words, and nothing that conditioning waits for."""
        if document is None:
            return NO_TRANSPLANT_RULES
        return cls(
            tuple(Indication.of(one) for one in document["indications"]),
            Washout.of(document.get("washout")),
            MrdGate.of(document.get("mrd_negative")),
        )

    def indication_of(self, key: str) -> Indication | None:
        return next((one for one in self.indications if one.key == key), None)


@dataclass(frozen=True)
class ApheresisRules:
    """When lymphocytes can be collected. alc: 10⁹/L; prednisone_mg a day at most, over `steroid_days`;
    days_after_blinatumomab: from its end."""

    alc: Decimal
    prednisone_mg: Decimal
    steroid_days: int
    days_after_blinatumomab: int
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> ApheresisRules:
        own = _own(document, "alc", "prednisone_mg", "steroid_days", "days_after_blinatumomab")
        return cls(**own | {name: Decimal(own[name]) for name in ("alc", "prednisone_mg")})


@dataclass(frozen=True)
class AplasiaRule:
    """B-cell aplasia: CD19-positive cells in blood below this number per µL."""

    cd19_per_ul: Decimal
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> AplasiaRule:
        own = _own(document, "cd19_per_ul")
        return cls(**own | {"cd19_per_ul": Decimal(own["cd19_per_ul"])})


@dataclass(frozen=True)
class CellPlan:
    """What the protocol says of CAR-T cells beside the regimen."""

    apheresis: ApheresisRules
    aplasia: AplasiaRule

    @classmethod
    def of(cls, document: Document | None) -> CellPlan | None:
        if document is None:
            return None
        return cls(ApheresisRules.of(document["apheresis"]), AplasiaRule.of(document["aplasia"]))


NO_TRANSPLANT_RULES = TransplantPlan()


def _own(document: Document, *names: str) -> Document:
    return {name: document[name] for name in (*names, "source", "cite")}


def transplant_rules(protocol: Protocol) -> Iterator[tuple[Path, Rule]]:
    """The rules of the indications with their paths."""
    for number, one in enumerate(protocol.transplant.indications):
        if one.when is not None:
            yield ("transplant", "indications", number, "when"), one.when


def transplant_problems(protocol: Protocol) -> Iterator[tuple[Path, str]]:
    """Each indication stands once; the MRD that a graft waits for is measured in this trial."""
    seen: set[str] = set()
    for number, one in enumerate(protocol.transplant.indications):
        if one.key in seen:
            path: Path = ("transplant", "indications", number, "key")
            yield path, f"{one.key} stands in transplant.indications twice; each is accepted once."
        seen.add(one.key)
    gate = protocol.transplant.mrd_negative
    known = list(dict.fromkeys(one.method for one in protocol.mrd))
    if gate is not None and gate.method not in known:
        sentence = f"This trial measures no MRD by {gate.method}; accepted are {', '.join(known)}."
        yield ("transplant", "mrd_negative", "method"), sentence

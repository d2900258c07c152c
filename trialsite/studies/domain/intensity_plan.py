"""Conventional regimens that a protocol names to compare the intensity of its own treatment with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.values import Document, Text, text_of

if TYPE_CHECKING:
    from trialsite.studies.domain.protocol import Protocol


@dataclass(frozen=True)
class CountedDrug:
    """A drug of the trial that counts towards a drug of the reference: its dose × `times`."""

    drug: str
    times: Decimal


@dataclass(frozen=True)
class ReferenceDrug:
    """What the conventional regimen gives in one cycle: `amount` × basis (BSA m², KG, FLAT), in mg.

    counts: drugs of the trial that stand for it; () where the trial gives nothing that can be compared."""

    key: str
    name: Text
    amount: Decimal
    basis: str
    counts: tuple[CountedDrug, ...]

    @classmethod
    def of(cls, document: Document) -> ReferenceDrug:
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            amount=Decimal(document["amount"]),
            basis=document["basis"],
            counts=tuple(
                CountedDrug(one["drug"], Decimal(one.get("times", "1"))) for one in document.get("counts", ())
            ),
        )

    @property
    def text(self) -> Text:
        """`Doxorubicin 50 mg/m²`."""
        per = {"BSA": "/m²", "KG": "/kg"}.get(self.basis, "")
        return Text(f"{self.name.en} {self.amount} mg{per}", f"{self.name.zh} {self.amount} mg{per}")


@dataclass(frozen=True)
class ReferenceRegimen:
    """One cycle of a conventional regimen, and the phases of the trial that together stand in its place."""

    key: str
    name: Text
    phases: tuple[str, ...]
    cycle_days: int
    drugs: tuple[ReferenceDrug, ...]
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> ReferenceRegimen:
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            phases=tuple(document["phases"]),
            cycle_days=document["cycle_days"],
            drugs=tuple(ReferenceDrug.of(drug) for drug in document["drugs"]),
            source=document["source"],
            cite=document["cite"],
        )


def reference_problems(protocol: Protocol) -> Iterator[tuple[Path, str]]:
    """Phases are those of the file, each in one reference only; doses are above 0."""
    phases = [phase.key for phase in protocol.phases]
    seen: dict[str, str] = {}
    for number, regimen in enumerate(protocol.reference_regimens):
        here: Path = ("reference_regimens", number)
        for key in regimen.phases:
            if key not in phases:
                yield (*here, "phases"), f"There is no phase {key}; accepted are {', '.join(phases)}."
            elif key in seen:
                yield (
                    (*here, "phases"),
                    f"{key} is compared with {seen[key]} already; each phase is compared once.",
                )
            seen[key] = regimen.key
        for place, drug in enumerate(regimen.drugs):
            if drug.amount <= 0:
                yield (*here, "drugs", place, "amount"), "A dose is more than 0."

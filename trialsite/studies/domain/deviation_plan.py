"""Which departures from the protocol the system drafts by itself, and in which class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.values import Document

if TYPE_CHECKING:
    from trialsite.studies.domain.protocol import Protocol

DOSE, VISIT_WINDOW, PREMEDICATION = "DOSE", "VISIT_WINDOW", "PREMEDICATION"
MRD_SAMPLE, HSCT_WITHOUT_MRD = "MRD_SAMPLE", "HSCT_WITHOUT_MRD"
RULES = (DOSE, VISIT_WINDOW, PREMEDICATION, MRD_SAMPLE, HSCT_WITHOUT_MRD)
CLASSES = ("minor", "major", "critical")


@dataclass(frozen=True)
class DeviationRule:
    """A rule that drafts, and the class (`weight`) of its drafts. A rule that is not listed drafts nothing."""

    rule: str
    weight: str

    @classmethod
    def all_of(cls, documents: Sequence[Document]) -> tuple[DeviationRule, ...]:
        return tuple(cls(one["rule"], one["class"]) for one in documents)


def deviation_problems(protocol: Protocol) -> Iterator[tuple[Path, str]]:
    """Each rule stands once; the one about grafts rests on what `transplant` says of MRD."""
    seen: set[str] = set()
    for number, one in enumerate(protocol.deviations):
        if one.rule in seen:
            yield ("deviations", number, "rule"), f"{one.rule} stands twice; each rule is accepted once."
        seen.add(one.rule)
        if one.rule == HSCT_WITHOUT_MRD and protocol.transplant.mrd_negative is None:
            sentence = f"{HSCT_WITHOUT_MRD} needs transplant.mrd_negative: by which method, and up to when."
            yield ("deviations", number, "rule"), sentence

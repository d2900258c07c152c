"""Which events a committee adjudicates, by how many of its members, blinded or not, and what it is asked of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.values import Document

if TYPE_CHECKING:
    from trialsite.studies.domain.protocol import Protocol

RELAPSE, DEATH = "REL", "DTH"
ADJUDICATED = (RELAPSE, DEATH)  # the forms whose events end endpoints
DATE, CAUSE = "date", "cause"
ASKED = (DATE, CAUSE)
BY_INVESTIGATOR = "investigator"  # the sensitivity analysis that takes the events as the sites recorded them


@dataclass(frozen=True)
class AdjudicationPlan:
    """A committee: each event of `forms` goes to `reviewers` members; where they disagree the chair decides.

    Whether it is an event is always asked; `asks`: its date, of a death its cause. `blinded`: to arm, site, the number
    of the subject and the investigator's judgement.
    """

    forms: tuple[str, ...]
    reviewers: int
    blinded: bool
    asks: tuple[str, ...]
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document | None) -> AdjudicationPlan | None:
        if document is None:
            return None
        return cls(
            forms=tuple(document["forms"]),
            reviewers=document["reviewers"],
            blinded=document["blinded"],
            asks=tuple(document["asks"]),
            source=document["source"],
            cite=document["cite"],
        )

    def asked_of(self, form: str) -> tuple[str, ...]:
        """What is asked of an event of this form besides whether it is one."""
        return tuple(one for one in self.asks if one == DATE or form == DEATH)


def adjudication_problems(protocol: Protocol) -> Iterator[tuple[Path, str]]:
    """Every disagreement of the section `adjudication`, and of the analysis that needs it."""
    plan = protocol.adjudication
    if plan is not None:
        for name in ("forms", "asks"):
            given = getattr(plan, name)
            for one in sorted({one for one in given if given.count(one) > 1}):
                yield ("adjudication", name), f"{one} stands in adjudication.{name} twice."
        if CAUSE in plan.asks and DEATH not in plan.forms:
            yield (
                ("adjudication", "asks"),
                f"A cause is asked of deaths: add {DEATH} to the forms, or leave it out.",
            )
        return
    for number, endpoint in enumerate(protocol.endpoints):
        for place, one in enumerate(endpoint.sensitivity):
            if one.analysis == BY_INVESTIGATOR:
                sentence = (
                    f"{BY_INVESTIGATOR} needs the section adjudication: without it nobody else judges events."
                )
                yield ("endpoints", number, "sensitivity", place), sentence

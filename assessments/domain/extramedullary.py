"""Leukaemia outside marrow and blood: what the answer of the form, its list of sites and the puncture say together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from trialsite.clinical.kleene import Truth

NEW, PRESENT = "NEW", "PRESENT"


@dataclass(frozen=True)
class Extramedullary:
    """Whether disease is there, whether it is new, and whether the form's answer "no" is contradicted."""

    present: Truth
    new: Truth
    contradicted: bool


def extramedullary(
    answer: Truth, answer_new: Truth, findings: Collection[str], cns_leukemia: Truth
) -> Extramedullary:
    """Extramedullary disease of one assessment.

    answer, answer_new: the form's questions. findings: of its listed sites (NEW, PRESENT, RESOLVED; "" is unknown).
    cns_leukemia: of the puncture near the marrow, by the protocol's classes. Evidence at any place is disease, whatever
    the answer; sites that are free say nothing of the others, so without evidence the answer holds."""
    listed = any(one in (NEW, PRESENT) for one in findings)
    evidence = listed or cns_leukemia is Truth.TRUE
    new = answer_new
    if NEW in findings:
        new = Truth.TRUE
    elif listed and not answer_new.known and cns_leukemia is not Truth.TRUE:
        new = Truth.FALSE
    return Extramedullary(
        Truth.TRUE if evidence else answer, new, contradicted=evidence and answer is Truth.FALSE
    )

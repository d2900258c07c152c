"""Verdicts on eligibility: of one criterion, and of the subject from all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from trialsite.clinical.kleene import Truth


class CriterionKind(StrEnum):
    """Whether a criterion must hold (inclusion) or must not (exclusion)."""

    INCLUSION = "INCLUSION"
    EXCLUSION = "EXCLUSION"


class CriterionVerdict(StrEnum):
    """An inclusion criterion is met, not met or unknown; an exclusion absent, present or unknown."""

    MET = "MET"
    NOT_MET = "NOT_MET"
    ABSENT = "ABSENT"
    PRESENT = "PRESENT"
    UNKNOWN = "UNKNOWN"


class SubjectVerdict(StrEnum):
    """Whether the subject may be enrolled: only when ELIGIBLE, and signed by the investigator."""

    ELIGIBLE = "ELIGIBLE"
    INELIGIBLE = "INELIGIBLE"
    PENDING = "PENDING"


@dataclass(frozen=True)
class SubjectDecision:
    """The subject's verdict and the criteria that make it so: those failed, or those still unknown."""

    verdict: SubjectVerdict
    because: tuple[str, ...]


_VERDICTS = {
    (CriterionKind.INCLUSION, Truth.TRUE): CriterionVerdict.MET,
    (CriterionKind.INCLUSION, Truth.FALSE): CriterionVerdict.NOT_MET,
    (CriterionKind.INCLUSION, Truth.UNKNOWN): CriterionVerdict.UNKNOWN,
    (CriterionKind.EXCLUSION, Truth.TRUE): CriterionVerdict.PRESENT,
    (CriterionKind.EXCLUSION, Truth.FALSE): CriterionVerdict.ABSENT,
    (CriterionKind.EXCLUSION, Truth.UNKNOWN): CriterionVerdict.UNKNOWN,
}
_EXCLUDING = (CriterionVerdict.NOT_MET, CriterionVerdict.PRESENT)


def criterion_verdict(kind: CriterionKind, truth: Truth) -> CriterionVerdict:
    """What the answer of its rule says about a criterion."""
    return _VERDICTS[kind, truth]


def subject_verdict(criteria: Mapping[str, CriterionVerdict]) -> SubjectDecision:
    """The subject's verdict from the verdict of every criterion, by criterion id.

    INELIGIBLE as soon as one inclusion is not met or one exclusion present, whatever is unknown; ELIGIBLE
    when every criterion is decided in the subject's favour; otherwise PENDING. No criteria at all is
    PENDING: nothing was examined.
    """
    failed = tuple(key for key, verdict in criteria.items() if verdict in _EXCLUDING)
    if failed:
        return SubjectDecision(SubjectVerdict.INELIGIBLE, failed)
    unknown = tuple(key for key, verdict in criteria.items() if verdict is CriterionVerdict.UNKNOWN)
    if unknown or not criteria:
        return SubjectDecision(SubjectVerdict.PENDING, unknown)
    return SubjectDecision(SubjectVerdict.ELIGIBLE, ())

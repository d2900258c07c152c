"""What conditioning was to wait for and did not: evidence for who judges deviations."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from assessments.domain.mrd import Verdict
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import standing_records
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.kleene import Truth
from trialsite.clinical.text import Text

from ..models import Transplant
from .reading import last_mrd, washout_of

METHODS = {"MFC": Text("flow cytometry", "流式细胞术")}


@dataclass(frozen=True)
class Evidence:
    """One condition before a graft: whether it was kept, in a sentence, on which day, with the items it rests on."""

    key: str
    truth: Truth
    reason: Text
    on: date
    record_id: UUID
    sources: tuple[ItemAddress, ...] = ()


def mrd_before_graft(subject: Subject) -> Evidence | None:
    """Whether MRD was negative before the first graft, by the method of the protocol; None where it asks for none or
    nobody was transplanted. Not measured is unknown, never negative."""
    gate = subject.protocol_version.protocol.transplant.mrd_negative
    graft = first_graft(subject)
    if gate is None or graft is None or graft.performed_on is None:
        return None
    until = graft.conditioning_on or graft.performed_on
    method = METHODS.get(gate.method, Text(gate.method, gate.method))
    line = last_mrd(subject, gate.method, until)
    if line is None or line.verdict is None:
        text = Text(
            f"Transplanted on {graft.performed_on}; no MRD by {method.en} up to {until} is recorded.",
            f"{graft.performed_on}移植；未记录{until}前的{method.zh}MRD结果。",
        )
        return Evidence("MRD", Truth.UNKNOWN, text, until, graft.pk, (graft.address("performed_on"),))
    verdict = line.verdict.verdict
    truth = {Verdict.NEGATIVE: Truth.TRUE, Verdict.INDETERMINATE: Truth.UNKNOWN}.get(verdict, Truth.FALSE)
    said = VERDICTS[verdict]
    day = line.result.sampled_on
    text = Text(
        f"Transplanted on {graft.performed_on}; MRD by {method.en} on {day}: {said.en}.",
        f"{graft.performed_on}移植；{day}{method.zh}MRD{said.zh}。",
    )
    return Evidence("MRD", truth, text, until, graft.pk, (graft.address("performed_on"), line.source))


VERDICTS = {
    Verdict.NEGATIVE: Text("negative", "阴性"),
    Verdict.POSITIVE: Text("positive", "阳性"),
    Verdict.INDETERMINATE: Text("not decided", "不确定"),
}


def washout_before_graft(subject: Subject) -> Evidence | None:
    """Whether the first conditioning kept the wash-out; None where the protocol asks for none."""
    graft = first_graft(subject)
    if graft is None or graft.conditioning_on is None:
        return None
    answer = washout_of(subject, graft.conditioning_on, subject.protocol_version.protocol.transplant.washout)
    if answer is None:
        return None
    text = Text(" ".join(one.en for one in answer.reasons), "".join(one.zh for one in answer.reasons))
    day = graft.conditioning_on
    return Evidence("WASHOUT", answer.truth, text, day, graft.pk, (graft.address("conditioning_on"),))


def first_graft(subject: Subject) -> Transplant | None:
    """The form of the first graft that was infused."""
    found = standing_records(Transplant, [subject.pk])[subject.pk]
    return next((one for one in found if one.performed_on is not None), None)

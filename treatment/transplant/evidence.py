"""What conditioning was to wait for and did not: evidence for who judges deviations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from assessments.disease.mrd_results import MrdLine, mrd_lines
from assessments.domain.mrd import Verdict
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import standing_records
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.kleene import Truth
from trialsite.clinical.text import Text
from trialsite.deviations.services import in_both_languages
from trialsite.studies.domain.transplant_plan import CONDITIONING
from trialsite.studies.words import MRD_METHODS

from ..domain.graft import MrdAnswer, MrdSaid, mrd_before
from ..models import Transplant
from .reading import washout_of


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
    """Whether MRD was negative before the first graft; None where the protocol asks for none or there is no graft."""
    graft = first_graft(subject)
    return (
        None if graft is None else mrd_of_graft(subject, graft, mrd_lines([subject.pk]).get(subject.pk, ()))
    )


def mrd_of_graft(subject: Subject, graft: Transplant, lines: Sequence[MrdLine]) -> Evidence | None:
    """The same of one graft."""
    if graft.performed_on is None:
        return None
    found = mrd_answer(subject, graft.performed_on, graft.conditioning_on, lines)
    if found is None:
        return None
    answer, until, source = found
    sources = [graft.address("performed_on"), *([source] if source else [])]
    return Evidence("MRD", answer.truth, answer.reason, until, graft.pk, tuple(sources))


def mrd_answer(
    subject: Subject, day0: date, conditioning_on: date | None, lines: Sequence[MrdLine]
) -> tuple[MrdAnswer, date, ItemAddress | None] | None:
    """The same by its days, with the day up to which results count and the result that counts: by the method and up to
    the day that the protocol names (`transplant.mrd_negative`)."""
    gate = subject.protocol_version.protocol.transplant.mrd_negative
    if gate is None:
        return None
    begun = conditioning_on if gate.until == CONDITIONING else None
    method = Text(*in_both_languages(lambda: str(MRD_METHODS[gate.method])))
    judged = {one.result.sampled_on: one for one in lines if one.line.method == gate.method and one.verdict}
    said = [MrdSaid(on, NEGATIVE[one.verdict.verdict]) for on, one in judged.items() if one.verdict]
    answer = mrd_before(day0, begun or day0, method, said)
    return answer, begun or day0, judged[answer.on].source if answer.on else None


NEGATIVE = {
    Verdict.NEGATIVE: Truth.TRUE,
    Verdict.POSITIVE: Truth.FALSE,
    Verdict.INDETERMINATE: Truth.UNKNOWN,
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

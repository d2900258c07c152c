"""Transplantation without negative MRD, where the protocol opens it by MRD."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from assessments.disease.mrd_results import MrdLine, mrd_lines, study_method
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import standing_records
from trialsite.clinical.text import Text
from trialsite.deviations.found import Found
from trialsite.deviations.states import DeviationKind
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.words import MRD_METHODS

from ..domain.departures import MrdBefore, MrdSaid, graft_departure
from ..models import Transplant
from .words import in_both

GATE = "gate"


def grafts_without_mrd(subjects: Sequence[Subject]) -> Iterator[tuple[UUID, Found]]:
    """Each graft whose last MRD before day 0, by the method of the gate, is not negative; without one it is unknown."""
    ids = [one.pk for one in subjects]
    grafts, lines = standing_records(Transplant, ids), mrd_lines(ids)
    for subject in subjects:
        method = gate_method(subject.protocol_version.protocol)
        judged = [one for one in lines.get(subject.pk, []) if one.line.method == method and one.verdict]
        for graft in grafts.get(subject.pk, []):
            if graft.performed_on is None:
                continue
            said = graft_departure(graft.performed_on, method_words(method), [before(one) for one in judged])
            if said is None:
                continue
            rests_on = [one.source for one in judged if one.result.sampled_on <= graft.performed_on][-1:]
            yield (
                subject.pk,
                Found(
                    kind=DeviationKind.TREATMENT,
                    key=str(graft.pk),
                    evidence=said,
                    occurred_on=graft.performed_on,
                    sources=(graft.address("performed_on"), *rests_on),
                ),
            )


def gate_method(protocol: Protocol) -> str:
    """The method that opens the way to transplantation; without one of that role the method of the study."""
    gates = [one.method for one in protocol.mrd if one.role == GATE]
    return gates[0] if gates else study_method(protocol)


def method_words(method: str) -> Text:
    return in_both(lambda: str(MRD_METHODS.get(method, method)))


def before(one: MrdLine) -> MrdBefore:
    assert one.verdict is not None
    return MrdBefore(one.result.sampled_on, MrdSaid(one.verdict.verdict.value))

"""Transplantation without negative MRD, where the protocol lets a graft wait for it (`transplant.mrd_negative`)."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from assessments.disease.mrd_results import mrd_lines
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import standing_records
from trialsite.clinical.kleene import Truth
from trialsite.deviations.found import Found
from trialsite.deviations.states import DeviationKind

from ..models import Transplant
from ..transplant.evidence import mrd_of_graft


def grafts_without_mrd(subjects: Sequence[Subject]) -> Iterator[tuple[UUID, Found]]:
    """Each graft before which MRD was not shown to be negative; without a result it is unknown."""
    ids = [one.pk for one in subjects]
    grafts, lines = standing_records(Transplant, ids), mrd_lines(ids)
    for subject in subjects:
        for graft in grafts.get(subject.pk, []):
            said = mrd_of_graft(subject, graft, lines.get(subject.pk, ()))
            if said is None or said.truth is Truth.TRUE:
                continue
            assert graft.performed_on is not None
            yield (
                subject.pk,
                Found(
                    kind=DeviationKind.TREATMENT,
                    key=str(graft.pk),
                    evidence=said.reason,
                    occurred_on=graft.performed_on,
                    sources=said.sources,
                ),
            )

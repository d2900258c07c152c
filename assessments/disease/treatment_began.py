"""The day on which steroids or protocol treatment began: what an index sample of diagnosis must come before."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from enrollment.models import PriorTherapy
from enrollment.models.background import TherapyKind
from trialsite.casebook.reading import read_once
from trialsite.casebook.registries import anchor_dates, anchors
from trialsite.casebook.states import RecordState

from ..subjects import protocols
from .responses import first_doses

PRE_PHASE = "pre-phase"


def steroids_or_treatment_began(subject_ids: Sequence[UUID]) -> dict[UUID, date]:
    """The earliest of: corticosteroid of the history, the pre-phase, day 1. A partial date counts with its last day."""

    def read() -> dict[UUID, date]:
        days = [first_doses(subject_ids), steroid_starts(subject_ids)]
        keys = {
            phase.key
            for plan in protocols(subject_ids).values()
            for phase in plan.phases
            if phase.kind == PRE_PHASE
        }
        if "phase" in anchors:
            days += [dict(anchor_dates(subject_ids, f"phase:{key}")) for key in sorted(keys)]
        found: dict[UUID, date] = {}
        for known in days:
            for subject_id, day in known.items():
                found[subject_id] = min(day, found.get(subject_id, day))
        return found

    return read_once(("steroids or treatment began", frozenset(subject_ids)), read)


def steroid_starts(subject_ids: Sequence[UUID]) -> dict[UUID, date]:
    """The first corticosteroid of the history of each subject; one query."""
    lines = PriorTherapy.objects.filter(
        subject_id__in=subject_ids, voided=False, kind=TherapyKind.STEROID, start_latest__isnull=False
    ).exclude(record__state=RecordState.VOIDED)
    found = lines.order_by("-start_latest").values_list("subject_id", "start_latest")
    return {subject_id: day for subject_id, day in found if day is not None}

"""The facts that the outcome forms give to rules, by name."""

from collections.abc import Sequence
from uuid import UUID

from trialsite.casebook.selectors import current_records
from trialsite.clinical.facts import Fact

from .models import Relapse


def relapses(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """Whether a relapse is recorded: no until one is; the earliest counts."""
    found = {subject_id: Fact(False) for subject_id in subject_ids}
    records = current_records(Relapse, subject_ids).order_by("-onset_earliest")
    for record in records:
        found[record.subject_id] = Fact(True, on=record.onset_earliest, source=record.address("onset"))
    return found

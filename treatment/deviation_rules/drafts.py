"""Drafting deviations by rules: for one subject after each change of its record, for all once a day."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import QuerySet

from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.states import SubjectState
from trialsite.deviations.drafting import keep_drafts
from trialsite.studies.models import Study

from .findings import findings_of

TREATED = (SubjectState.ENROLLED, SubjectState.OFF_STUDY)
AT_ONCE = 50  # subjects read together and drafted in one transaction


def draft_deviations(*, subject_id: UUID, by: User) -> int:
    """What the rules find in one subject, as the person whose change of the record brought it about."""
    subjects = Subject.objects.visible_to(by).filter(pk=subject_id)
    return drafts_of(subjects, by)


def draft_deviations_of_all(study: Study | None = None) -> int:
    """What time brings about, a window that closed above all: in every enrolled subject (of a study), as the system."""
    count = 0
    for ids in batches(study):
        with acting(role="system", reason="deviations by rules"):
            count += drafts_of(Subject.objects.filter(pk__in=ids), None)
    return count


def batches(only: Study | None) -> Iterator[Sequence[UUID]]:
    """The subjects in whom rules look for deviations, a study after the other."""
    with acting(role="system"):
        found = [
            list(
                Subject.objects.filter(study=study, state__in=TREATED)
                .order_by("pk")
                .values_list("pk", flat=True)
            )
            for study in ([only] if only else Study.objects.order_by("key"))
        ]
    for ids in found:
        for first in range(0, len(ids), AT_ONCE):
            yield ids[first : first + AT_ONCE]


def drafts_of(subjects: QuerySet[Subject], by: User | None) -> int:
    enrolled = subjects.filter(state__in=TREATED)
    bring_up_to_date(enrolled)
    read = enrolled.select_related("protocol_version", "study", "site")
    return keep_drafts(findings=findings_of(list(read)), by=by)

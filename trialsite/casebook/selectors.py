"""Every read of the casebook, limited to what this user may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Value
from django.http import Http404

from trialsite.access.models import User

from .form_types import form_type, models_of_forms
from .models import CasebookRecord, Draft, Subject
from .registries import FormType, WorkLine, work
from .slots import Slot
from .states import RecordState


@dataclass(frozen=True)
class RecordLine:
    """One form that stands in the casebook, as lists show it."""

    id: UUID
    table: str
    form_key: str
    form_repeat: int
    visit_key: str
    visit_repeat: int
    state: str
    version: int
    performed_on: date | None

    def slot(self, subject_id: UUID) -> Slot:
        return Slot(subject_id, self.visit_key, self.form_key, self.visit_repeat, self.form_repeat)


def subjects_visible_to(user: User) -> QuerySet[Subject]:
    return Subject.objects.visible_to(user).select_related("study", "site", "protocol_version")


def subject_or_404(user: User, subject_id: UUID) -> Subject:
    """The subject, or 404: a stranger does not learn that it exists."""
    subject = subjects_visible_to(user).filter(pk=subject_id).first()
    if subject is None:
        raise Http404
    return subject


def records_of(subject: Subject, *, voided: bool = False) -> list[RecordLine]:
    """Every form entered for a subject, in one query over all form tables."""
    queries = []
    for model in models_of_forms():
        rows = model.objects.filter(subject=subject)  # type: ignore[attr-defined]
        if not voided:
            rows = rows.exclude(state=RecordState.VOIDED)
        queries.append(
            rows.order_by().values_list(
                "id",
                Value(model._meta.db_table),  # type: ignore[attr-defined]
                "form_key",
                "form_repeat",
                F("visit__key"),
                F("visit__repeat"),
                "state",
                "version",
                "performed_on",
            )
        )
    rows = queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]
    return [RecordLine(*row) for row in rows]


def record_in(slot: Slot, kind: FormType) -> Any:
    """The form that stands in a slot, or None."""
    return (
        kind.model.objects.filter(
            subject_id=slot.subject_id,
            visit__key=slot.visit_key,
            visit__repeat=slot.visit_repeat,
            form_key=slot.form_key,
            form_repeat=slot.form_repeat,
        )
        .exclude(state=RecordState.VOIDED)
        .select_related("visit", "subject")
        .first()
    )


def kind_or_404(slot: Slot | None, subject: Subject) -> FormType:
    kind = form_type(slot.form_key, subject) if slot else None
    if kind is None:
        raise Http404
    return kind


def draft_of(slot: Slot, user: User) -> Draft | None:
    """The user's own draft in a slot."""
    return Draft.objects.filter(
        author_id=user.pk,
        subject_id=slot.subject_id,
        visit_key=slot.visit_key,
        visit_repeat=slot.visit_repeat,
        form_key=slot.form_key,
        form_repeat=slot.form_repeat,
    ).first()


def drafts_of(user: User, subject: Subject | None = None) -> QuerySet[Draft]:
    """The user's own drafts, newest first."""
    drafts = Draft.objects.filter(author_id=user.pk).select_related(
        "subject__study", "subject__site", "subject__protocol_version"
    )
    return (drafts.filter(subject=subject) if subject else drafts).order_by("-saved_at")


def current_records(model: type[CasebookRecord], subject_ids: Iterable[UUID]) -> QuerySet:
    """The forms of one kind that stand, of many subjects: what facts and anchors are read from."""
    return model.objects.filter(subject_id__in=list(subject_ids)).exclude(state=RecordState.VOIDED)


def rows_of(kind: FormType, record: Any) -> dict[str, list[Any]]:
    """The standing lines of a record by kind of line."""
    return {
        row_type.name: list(row_type.model.objects.filter(record=record, voided=False))
        for row_type in kind.rows
    }


def work_of(user: User) -> list[WorkLine]:
    """The inbox: every line of every kind of work, the most pressing first."""
    lines = [line for source in work.values() for line in source(user)]
    far = date.max
    return sorted(
        lines, key=lambda line: (line.latest or line.due or far, line.due or far, line.subject_number)
    )

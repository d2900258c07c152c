"""Every read of the casebook, limited to what this user may see."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from heapq import merge
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Value
from django.http import Http404
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import may, reach_of

from .domain.pressing import Rank, rank
from .errors import UnknownForm, UnknownVisit
from .form_models import models_of_forms
from .form_types import form_type
from .models import CasebookRecord, Draft, MovedForm, Subject, Visit
from .prepared import Bound, Prepared
from .projections import bring_up_to_date
from .reading import not_later, read_once
from .registries import FormType, PlannedRow, RowType, Wanted, WorkLine, schedule, work
from .slots import OpenSlot, Slot
from .states import FOLLOWED, RecordState


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
    protocol_version_id: UUID

    def slot(self, subject_id: UUID) -> Slot:
        return Slot(subject_id, self.visit_key, self.form_key, self.visit_repeat, self.form_repeat)


def subjects_visible_to(user: User) -> QuerySet[Subject]:
    return Subject.objects.visible_to(user).select_related("study", "site", "protocol_version")


def subject_or_404(user: User, subject_id: UUID) -> Subject:
    """The subject, or 404: a stranger does not learn that it exists."""
    subject = (
        Subject.objects.select_related("study", "site", "protocol_version").filter(pk=subject_id).first()
    )
    if subject is None or not may(user, "record.view", study_id=subject.study_id, site_id=subject.site_id):
        raise Http404
    return subject


def records_of(subject: Subject, *, voided: bool = False) -> list[RecordLine]:
    """Every form entered for a subject, in one query over all form tables."""
    return records_of_subjects([subject.pk], voided=voided)[subject.pk]


def records_of_subjects(subject_ids: Sequence[UUID], *, voided: bool = False) -> dict[UUID, list[RecordLine]]:
    """The same of many subjects, in one query too."""
    queries = []
    for model in models_of_forms():
        rows = model.objects.filter(subject_id__in=subject_ids)  # type: ignore[attr-defined]
        if not voided:
            rows = rows.exclude(state=RecordState.VOIDED)
        queries.append(
            rows.order_by().values_list(
                "subject_id",
                "id",
                Value(model._meta.db_table),  # type: ignore[attr-defined]
                "form_key",
                "form_repeat",
                F("visit__key"),
                F("visit__repeat"),
                "state",
                "version",
                "performed_on",
                "protocol_version_id",
            )
        )
    rows = queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]
    found: dict[UUID, list[RecordLine]] = {one: [] for one in subject_ids}
    for subject_id, *row in rows:
        found[subject_id].append(RecordLine(*row))
    return found


def open_slot(slot: Slot, subject: Subject, kind: FormType) -> OpenSlot:
    """What stands in a slot of a subject that the caller may see (a voided form does not stand)."""
    visit = Visit.objects.filter(subject=subject, key=slot.visit_key, repeat=slot.visit_repeat).first()
    return opened_at(slot, subject, kind, visit)


def opened_at(slot: Slot, subject: Subject, kind: FormType, visit: Visit | None) -> OpenSlot:
    """The same where the caller has read what is recorded of the visit; UnknownVisit where there is no such visit."""
    record: Any = None
    if visit is None:
        refuse_retired_form(kind)
        refuse_unknown_visit(subject, slot)
    else:
        found = standing_at(kind.model)(visit=visit.pk, form=slot.form_key, repeat=slot.form_repeat)
        record = found[0] if found else None
    if record is None:
        refuse_retired_form(kind)
    else:
        record.subject, record.visit = subject, visit
    return OpenSlot(slot, subject, kind, visit, record)


def refuse_retired_form(kind: FormType) -> None:
    """Nothing new is entered in a form that the subject's protocol version no longer has."""
    if not kind.asked:
        raise UnknownForm(
            _("The protocol version of this subject no longer asks for the form %(form)s.")
            % {"form": kind.title}
        )


def refuse_unknown_visit(subject: Subject, slot: Slot) -> None:
    """Nothing can be entered at a visit that neither the plan nor the record knows."""
    plans = subject.protocol_version.protocol.visits
    if not slot.continuous and all(plan.key != slot.visit_key for plan in plans):
        raise UnknownVisit(_("This protocol has no visit %(visit)s.") % {"visit": slot.visit_key})


@cache
def standing_at(model: type[CasebookRecord]) -> Prepared[CasebookRecord]:
    """The form of one kind that stands in a slot of a visit: none, or one."""

    def build() -> QuerySet[CasebookRecord]:
        here = {"visit_id": Bound("visit"), "form_key": Bound("form"), "form_repeat": Bound("repeat")}
        return model.objects.filter(**here).exclude(state=RecordState.VOIDED)  # type: ignore[attr-defined]

    return Prepared(build)


def planned_visits(subject: Subject) -> list[PlannedRow]:
    """The subject's plan, from what is recorded now."""
    return [row for source in schedule.values() for row in source(subject)]


def missed_visits(subject: Subject) -> dict[tuple[str, int], Visit]:
    """Key and repeat → each visit that is recorded as not done."""
    return missed_visits_of([subject.pk])[subject.pk]


def missed_visits_of(subject_ids: Sequence[UUID]) -> dict[UUID, dict[tuple[str, int], Visit]]:
    """The same of many subjects."""
    found: dict[UUID, dict[tuple[str, int], Visit]] = {one: {} for one in subject_ids}
    for visit in Visit.objects.filter(subject_id__in=subject_ids).exclude(missed_reason=""):
        found[visit.subject_id][visit.key, visit.repeat] = visit
    return found


def slot_or_404(user: User, subject_id: UUID, visit: str, form: str) -> OpenSlot:
    """The slot of a URL with what stands in it, or 404."""
    subject = subject_or_404(user, subject_id)
    slot = Slot.parse(subject_id, visit, form)
    kind = form_type(slot.form_key, subject) if slot else None
    if slot is None or kind is None:
        raise Http404
    try:
        return open_slot(slot, subject, kind)
    except (UnknownForm, UnknownVisit) as refusal:
        raise Http404 from refusal


def draft_of(slot: Slot, user: User) -> Draft | None:
    """The user's own draft in a slot."""
    return Draft.objects.filter(author_id=user.pk, **slot.columns).first()


def drafts_of(user: User, subject: Subject | None = None) -> QuerySet[Draft]:
    """The user's own drafts, newest first."""
    drafts = Draft.objects.filter(author_id=user.pk).select_related(
        "subject__study", "subject__site", "subject__protocol_version"
    )
    return (drafts.filter(subject=subject) if subject else drafts).order_by("-saved_at")


@dataclass(frozen=True)
class MoveLink:
    """A move as the slot of one side shows it; `other` is the other side where this user may see it."""

    side: MovedForm
    other: MovedForm | None


def moves_at(slot: Slot, user: User) -> list[MoveLink]:
    """The moves of forms from or to a slot, newest first."""
    place = {name: getattr(slot, name) for name in ("visit_key", "visit_repeat", "form_key", "form_repeat")}
    sides = MovedForm.objects.filter(subject_id=slot.subject_id, **place).select_related("moved_by")
    found = list(sides.order_by("-moved_at"))
    if not found:
        return []
    others = MovedForm.objects.visible_to(user).select_related("subject")
    by_record = {
        (one.record_id, one.direction): one
        for one in others.filter(record_id__in=[side.other_record_id for side in found])
    }
    back = {MovedForm.Direction.OUT: MovedForm.Direction.IN, MovedForm.Direction.IN: MovedForm.Direction.OUT}
    return [
        MoveLink(side, by_record.get((side.other_record_id, back[MovedForm.Direction(side.direction)])))
        for side in found
    ]


def subjects_for_move(user: User, subject: Subject, number: str) -> QuerySet[Subject]:
    """Other subjects of the study at sites where this user may move forms, by a part of their number."""
    there = Subject.objects.filter(reach_of(user, "form.move"), study_id=subject.study_id)
    named = Q(screening_number__icontains=number) | Q(subject_number__icontains=number)
    return (
        there.filter(named)
        .exclude(pk=subject.pk)
        .select_related("study", "site", "protocol_version")
        .order_by("screening_number")
    )


def current_records(model: type[CasebookRecord], subject_ids: Iterable[UUID]) -> QuerySet:
    """The forms of one kind that stand, of many subjects: what facts and anchors are read from."""
    found: QuerySet = model.objects.filter(subject_id__in=list(subject_ids))
    return not_later(found.exclude(state=RecordState.VOIDED))


def standing_records(model: type[CasebookRecord], subject_ids: Sequence[UUID]) -> Mapping[UUID, list[Any]]:
    """The same with their visits, by subject in the order of their days; read once in a reading."""

    def read() -> Mapping[UUID, list[Any]]:
        found: dict[UUID, list[Any]] = defaultdict(list)
        records = current_records(model, subject_ids).select_related("visit")
        for record in records.order_by(F("performed_on").asc(nulls_last=True), "pk"):
            found[record.subject_id].append(record)
        return found

    return read_once(("standing", model, frozenset(subject_ids)), read)


def rows_of(kind: FormType, record: Any) -> dict[str, list[Any]]:
    """The standing lines of a record by kind of line; read once in a reading."""

    def read() -> dict[str, list[Any]]:
        return {row_type.name: list(row_type.lines_of(record).filter(voided=False)) for row_type in kind.rows}

    return read_once(("lines", record.pk), read)


def standing_of_kind(row_type: RowType, record: Any) -> list[Any]:
    """The lines of one kind that stand on a form, of those read before where they were."""
    return [line for line in standing_lines(getattr(record, row_type.accessor)) if row_type.owns(line)]


def standing_lines(lines: Any) -> list[Any]:
    """The lines of a form that stand, of those read before where they were."""
    return [line for line in lines.all() if not line.voided]


@dataclass(frozen=True)
class WorkPage:
    """A page of the inbox; how much there is beyond the next line nobody counts."""

    lines: Sequence[WorkLine]
    number: int
    more: bool


def work_of(
    user: User, *, study: str = "", site: str = "", kind: str = "", page: int = 1, size: int = 50
) -> WorkPage:
    """The inbox: the lines of every kind of work together, the most pressing first."""
    bring_up_to_date(Subject.objects.visible_to(user).filter(state__in=FOLLOWED))
    wanted = Wanted(page * size + 1, study, kind, site)
    lines = list(islice(most_pressing(lines_asked_for(user, wanted)), wanted.limit))
    return WorkPage(lines[(page - 1) * size : page * size], page, more=len(lines) > page * size)


def lines_asked_for(user: User, wanted: Wanted) -> Iterator[Iterator[WorkLine]]:
    """The lines of each source of work, without those of another kind or site."""
    for source in work.values():
        if not wanted.kind or wanted.kind in source.kinds:
            lines = source.lines(user, wanted)
            yield (
                line
                for line in lines
                if wanted.kind in ("", line.kind) and wanted.site in ("", line.site_key)
            )


def most_pressing(kinds: Iterable[Iterable[WorkLine]]) -> Iterator[WorkLine]:
    """Lines of several kinds as one list; each kind comes in its order and is asked for no more than is read."""
    return merge(*kinds, key=pressing)


def pressing(line: WorkLine) -> Rank:
    """What comes first in the inbox, by the rule of `domain.pressing`."""
    return rank(line.clock_ends, line.latest, line.due, line.subject_number)


def kinds_of_work() -> dict[str, str]:
    """Every kind of work with its verb."""
    return {kind: str(verb) for source in work.values() for kind, verb in source.kinds.items()}

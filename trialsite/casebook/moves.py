"""A form that stands with the wrong subject: voided there, created here with the same values, linked both ways.

Queries, verification and attachments stay with the voided form; the link shows them. `preview_move` does the move and
takes it back, so that what it says is what happens.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.listing import listed

from . import registries
from .errors import CheckFailed, Refused
from .fact_words import fact_label, fact_words
from .forms import choices_of, shown
from .free_text import refuse_identifiers
from .holds import holds_on, refuse_where_held
from .items import is_own, values_of
from .models import LOG, CasebookRecord, MovedForm, Subject
from .names import form_title
from .reading import one_reading
from .reasons import MoveReason, joined, refuse_unclear_move
from .registries import Derived, PlannedRow
from .selectors import draft_of, planned_visits, records_of, rows_of
from .services import change_state, lock_slot, locked_subject, next_repeat, submit_form
from .slots import OpenSlot, Slot


@dataclass(frozen=True)
class Effect:
    """Something derived that a move changes: before and after, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Side:
    """What a move means for one of the two subjects: what is derived from the form itself, and what else changes."""

    subject: Subject
    derived: tuple[Derived, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class MovePreview:
    """What a move would do: to the subject it leaves, to the one it goes to, and what looks odd about it."""

    leaves: Side
    goes_to: Side
    warnings: tuple[str, ...]


@transaction.atomic
def move_form(
    *, slot: Slot, to: Slot, base_version: int, by: User, reason: str, text: str = ""
) -> CasebookRecord:
    """Move the form of a slot to a free slot of another subject, all or nothing; the form that stands there then.

    `reason` is one of MoveReason, `text` adds to it and is required for OTHER; `base_version` is the row version that
    the mover looked at. Raises CheckFailed (per item), Refused (a rule, in a sentence).
    """
    refuse_unclear_move(reason, text)
    refuse_identifiers({"text": text})
    opened, target = lock_both(slot, to, by)
    refuse_stale_look(opened, base_version)
    return carry_over(opened, target, joined(reason, text), by)


def preview_move(*, slot: Slot, to: Slot, by: User) -> MovePreview:
    """What a move would do, found by doing it and taking it back; refuses what the move would refuse."""
    with transaction.atomic():
        opened, target = lock_both(slot, to, by)
        warnings = tuple(warnings_of(opened, target))
        subjects = (opened.subject, target.subject)
        before = [standing_of(subject) for subject in subjects]
        leaving = derived_of(opened.kind, opened.record)
        arrived = carry_over(opened, target, MoveReason.CHOSEN, by)
        after = [standing_of(subject) for subject in subjects]
        arriving = derived_of(target.kind, arrived)
        transaction.set_rollback(True)
    changes = [tuple(effects(*pair)) for pair in zip(before, after, strict=True)]
    return MovePreview(
        Side(subjects[0], leaving, changes[0]), Side(subjects[1], arriving, changes[1]), warnings
    )


def lock_both(slot: Slot, to: Slot, by: User) -> tuple[OpenSlot, OpenSlot]:
    """Both slots, their subjects locked in the order of their ids, so that two opposite moves wait and do not block."""
    for subject_id in sorted({slot.subject_id, to.subject_id}):
        locked_subject(subject_id, by)
    return lock_slot(slot=slot, by=by), lock_slot(slot=to, by=by)


def carry_over(opened: OpenSlot, target: OpenSlot, reason: str, by: User) -> Any:
    """Void, create and link, under the rules of each."""
    for one in (opened.subject, target.subject):
        require(by, "form.move", study_id=one.study_id, site_id=one.site_id)
    refuse_immovable(opened, by)
    refuse_wrong_target(opened, target, by)
    record = opened.record
    values, rows = values_of(record), lines_of(opened)
    refuse_foreign_answers(target, values)
    change_state(record=record, action="void", by=by, reason=reason)
    created = submit_form(slot=target, values=values, rows=rows, missing=record.missing, by=by, reason=reason)
    with because(reason):
        link(opened, record, target, created, reason, by)
    return created


def link(opened: OpenSlot, voided: Any, target: OpenSlot, created: Any, reason: str, by: User) -> None:
    """Write the two sides of the link, each with its own subject."""
    at = timezone.now()
    for direction, side, own, other_side, other in (
        (MovedForm.Direction.OUT, opened, voided, target, created),
        (MovedForm.Direction.IN, target, created, opened, voided),
    ):
        MovedForm.objects.create(
            direction=direction,
            subject=side.subject,
            study_id=side.subject.study_id,
            site_id=side.subject.site_id,
            visit_key=side.slot.visit_key,
            visit_repeat=side.slot.visit_repeat,
            form_key=side.slot.form_key,
            form_repeat=side.slot.form_repeat,
            record_id=own.pk,
            other_subject=other_side.subject,
            other_record_id=other.pk,
            reason=reason,
            moved_at=at,
            moved_by=by,
        )


def refuse_stale_look(opened: OpenSlot, base_version: int) -> None:
    if opened.record is not None and opened.record.version != base_version:
        raise Refused(_("Somebody saved this form after you looked at it. Look again before you move it."))


def refuse_immovable(opened: OpenSlot, by: User) -> None:
    """Refuse a form that is not there, that is frozen or locked, or on which the mover has typed a correction."""
    if opened.record is None:
        raise Refused(_("There is no form here."))
    refuse_where_held(holds_on(opened.subject), slot=opened.slot)
    if draft_of(opened.slot, by):
        raise Refused(_("You have a draft of a correction here: submit or discard it first."))


def refuse_wrong_target(opened: OpenSlot, target: OpenSlot, by: User) -> None:
    """Refuse the same subject, another study, another form, a place outside the plan, and a slot that is taken."""
    if target.subject.pk == opened.subject.pk:
        raise Refused(_("The form stands with this subject already. Choose another one."))
    if target.subject.study_id != opened.subject.study_id:
        raise Refused(_("That subject is in another study. A form moves within its study."))
    if target.slot.form_key != opened.slot.form_key or target.kind.model is not opened.kind.model:
        raise Refused(_("A form moves to a place of the same form."))
    if target.record is not None:
        raise Refused(_("A form stands there already. Choose another visit."))
    if draft_of(target.slot, by):
        raise Refused(_("You have a draft in that place: submit or discard it first."))
    if target.slot not in {place.slot for place in free_places(opened, target.subject)}:
        raise Refused(_("The plan of that subject has no such visit. Choose one of those offered."))


def refuse_foreign_answers(target: OpenSlot, values: dict[str, Any]) -> None:
    """Refuse answers that the form does not offer there: a phase of another arm, an item of another file."""
    form: Any = target.kind.form()
    form.for_subject(target.subject, None)
    foreign = {}
    for item, value in values.items():
        field = form.fields.get(item)
        offered = {str(code) for code, _label in choices_of(field)}
        if value in (None, "") or (field is None and not is_own(target.kind.model, item)):
            continue
        if field is None or (offered and str(shown(value)) not in offered):
            foreign[item] = _("This answer is not offered for that subject.")
    if foreign:
        raise CheckFailed(foreign)


def lines_of(opened: OpenSlot) -> dict[str, list[dict[str, Any]]]:
    """The standing lines of a saved form, numbered anew where they go."""
    return {
        name: [values_of(line) for line in lines]
        for name, lines in rows_of(opened.kind, opened.record).items()
    }


@dataclass(frozen=True)
class Place:
    """A free slot of the right subject, with the name and the window of its visit."""

    slot: Slot
    row: PlannedRow | None

    @property
    def value(self) -> str:
        """The slot as one text, for a choice in a form."""
        slot = self.slot
        return f"{slot.visit_key}.{slot.visit_repeat}/{slot.form_key}.{slot.form_repeat}"


def free_places(opened: OpenSlot, subject: Subject) -> list[Place]:
    """Where the form could stand with another subject: visits that ask for it, the visit it stands at now, the log."""
    key, here = opened.slot.form_key, (opened.slot.visit_key, opened.slot.visit_repeat)
    taken = {(one.visit_key, one.visit_repeat) for one in records_of(subject) if one.form_key == key}
    places = [
        Place(Slot(subject.pk, row.key, key, row.repeat), row)
        for row in planned_visits(subject)
        if (row.key, row.repeat) not in taken
        and (key in {one.form_key for one in row.forms} or (row.key, row.repeat) == here)
    ]
    if opened.kind.continuous:
        places.append(Place(Slot(subject.pk, LOG, key, 1, next_repeat(subject=subject, form_key=key)), None))
    return places


def warnings_of(opened: OpenSlot, target: OpenSlot) -> Iterable[str]:
    """What looks odd about a move: days that do not fit, a form of the same day there, others of that day left here."""
    day, subject = opened.record.performed_on, target.subject
    if day is None:
        return
    if day < subject.screened_on:
        yield _("%(day)s lies before the screening of %(subject)s (%(screened)s).") % {
            "day": day, "subject": subject.number, "screened": subject.screened_on,
        }  # fmt: skip
    row = next((one.row for one in free_places(opened, subject) if one.slot == target.slot), None)
    if row and row.earliest and row.latest and not row.earliest <= day <= row.latest:
        yield _("%(day)s lies outside the window of the visit (%(earliest)s to %(latest)s).") % {
            "day": day, "earliest": row.earliest, "latest": row.latest,
        }  # fmt: skip
    key = opened.slot.form_key
    if any(one.form_key == key and one.performed_on == day for one in records_of(subject)):
        yield _("%(subject)s has this form with the same date already.") % {"subject": subject.number}
    others = {one.form_key for one in records_of(opened.subject) if one.performed_on == day} - {key}
    if others:
        yield _("Other forms of that day stay where they are: %(forms)s. Do they belong here?") % {
            "forms": listed(form_title(subject.protocol_version.protocol, one) for one in sorted(others))
        }


def derived_of(kind: Any, record: Any) -> tuple[Derived, ...]:
    """What the form itself gives, read anew."""
    with one_reading(anew=True):
        return tuple(kind.derived(type(record).objects.get(pk=record.pk))) if kind.derived else ()


@dataclass(frozen=True)
class Standing:
    """What is derived of a subject at a moment: facts in words by name, and the target of each planned visit."""

    facts: dict[str, str]
    visits: dict[tuple[str, int], Any]


def standing_of(subject: Subject) -> Standing:
    """What is derived of a subject now, read anew."""
    with one_reading(anew=True):
        found = registries.facts_of(subject.pk, list(registries.facts))
        facts = {
            name: " · ".join(filter(None, (fact_words(name, fact), str(fact.on or ""))))
            for name, fact in found.items()
            if fact.known
        }
        return Standing(facts, {(row.key, row.repeat): row.target for row in planned_visits(subject)})


def effects(before: Standing, after: Standing) -> Iterable[Effect]:
    """Which facts a move changes, and how many planned visits get another date."""
    for name in dict.fromkeys([*before.facts, *after.facts]):
        was, becomes = before.facts.get(name, ""), after.facts.get(name, "")
        if was != becomes:
            yield Effect(fact_label(name), was, becomes)
    places = set(before.visits) | set(after.visits)
    shifted = sum(before.visits.get(place) != after.visits.get(place) for place in places)
    if shifted:
        words = ngettext("%(n)d visit gets another date", "%(n)d visits get other dates", shifted) % {
            "n": shifted
        }
        yield Effect(_("Planned visits"), "", words)

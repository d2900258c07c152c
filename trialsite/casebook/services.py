"""Every write to the casebook: browser, API, import and task call these same functions.

Each runs inside `audit.acting`, locks, checks permission, state and version, saves, and leaves derived work to commit.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import may, require
from trialsite.audit import because

from .errors import CheckFailed, Conflict, LostUpdate, Refused, UnknownForm
from .events import publish_change
from .form_types import form_type
from .free_text import identifier_sentence, refuse_identifiers, texts_of
from .models import LOG, CasebookRecord, Draft, MissedReason, ProtocolForm, Subject, Visit
from .registries import FormType, RowType
from .selectors import missed_visits, open_slot, planned_visits, records_of
from .slots import OpenSlot, Slot
from .states import SUBJECT_STEPS, SubjectState, Transition, transition

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Values]]


def locked_subject(subject_id: UUID, by: User) -> Subject:
    """The subject, locked until commit, if `by` may see it; Subject.DoesNotExist otherwise."""
    subjects = Subject.objects.select_related("protocol_version", "study", "site")
    subject = subjects.select_for_update(of=("self",)).get(pk=subject_id)
    if not may(by, "record.view", study_id=subject.study_id, site_id=subject.site_id):
        raise Subject.DoesNotExist
    return subject


def lock_slot(*, slot: Slot, by: User) -> OpenSlot:
    """A slot with what stands in it, its subject locked until commit: nobody else writes there meanwhile."""
    subject = locked_subject(slot.subject_id, by)
    kind = form_type(slot.form_key, subject)
    if kind is None:
        raise UnknownForm(_("This protocol has no form %(form)s.") % {"form": slot.form_key})
    return open_slot(slot, subject, kind)


def submit_form(
    *,
    slot: Slot | OpenSlot,
    values: Values,
    rows: Rows | None = None,
    missing: Mapping[str, str] | None = None,
    base_version: int | None = None,
    by: User,
    reason: str = "",
) -> CasebookRecord:
    """Enter the form of an empty slot, or correct the one that stands there.

    `slot` is an address, or a slot that the caller has locked already; `values` maps item to value; `rows` maps each
    kind of line to its lines, a known line by its "line" number; `base_version` is the row version the author started
    from (None or 0 for a new form). Raises CheckFailed (per item), LostUpdate (both values), Refused (a rule, in a
    sentence).
    """
    opened = slot if isinstance(slot, OpenSlot) else lock_slot(slot=slot, by=by)
    subject, kind, record = opened.subject, opened.kind, opened.record
    rows, missing = rows or {}, missing or {}
    require(by, kind.permission, study_id=subject.study_id, site_id=subject.site_id)
    step = allowed_step(record, "correct" if record else "submit")
    if record is not None:
        refuse_lost_update(record, kind, values, base_version)
        if not differs(record, values, rows, missing, kind):
            forget_draft(slot=opened.slot, by=by)
            return record
        require_reason(step, reason)
    elif base_version:
        raise Refused(_("The form that you opened has been voided since. Open the slot again."))
    elif opened.visit is not None:
        refuse_missed_visit(opened.visit)
    refuse_identifiers(texts_of(values, rows) | {"reason_for_change": reason})
    run_checks(kind, values, rows, subject)
    with transaction.atomic(savepoint=kind.after is not None), because(reason):
        record = save_record(opened, values, missing)
        for row_type in kind.rows:
            save_rows(row_type, record, rows.get(row_type.name, ()))
        if kind.after is not None:  # may still refuse
            kind.after(record, by)
        forget_draft(slot=opened.slot, by=by)
    publish_change(subject.pk, by.pk)
    return record


@transaction.atomic
def change_state(*, record: CasebookRecord, action: str, by: User, reason: str = "") -> CasebookRecord:
    """Void, freeze, unfreeze, lock or unlock a form, as the transition table allows."""
    locked_subject(record.subject_id, by)
    record = type(record).objects.select_for_update().get(pk=record.pk)
    step = allowed_step(record, action)
    require(by, step.permission, study_id=record.study_id, site_id=record.site_id)
    require_reason(step, reason)
    if found := identifier_sentence(reason):
        raise Refused(found)
    with because(reason):
        record.state = step.target
        record.version += 1
        record.save(update_fields=["state", "version"])
    publish_change(record.subject_id, by.pk)
    return record


@transaction.atomic
def record_missed_visit(
    *, subject_id: UUID, key: str, repeat: int = 1, text: str = "", by: User, reason: str
) -> Visit:
    """Record a planned visit as not done.

    `reason` is one of MissedReason, `text` adds to it and is required for OTHER. Raises CheckFailed (per item),
    Refused (a rule, in a sentence).
    """
    subject = locked_subject(subject_id, by)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    refuse_unclear_reason(reason, text)
    refuse_identifiers({"text": text})
    refuse_done_visit(subject, key, repeat)
    missed = {"missed_reason": reason, "missed_text": text.strip()}
    visit, _created = Visit.objects.update_or_create(
        subject=subject,
        key=key,
        repeat=repeat,
        defaults=missed,
        create_defaults=missed | {"study_id": subject.study_id, "site_id": subject.site_id},
    )
    publish_change(subject.pk, by.pk)
    return visit


@transaction.atomic
def undo_missed_visit(*, subject_id: UUID, key: str, repeat: int = 1, by: User, reason: str) -> Visit:
    """Take back that a visit was not done: it is to be done again, as its plan says."""
    subject = locked_subject(subject_id, by)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why: a change to the record needs a reason.")})
    refuse_identifiers({"reason": reason})
    visit = missed_visits(subject).get((key, repeat))
    if visit is None:
        raise Refused(_("This visit is not recorded as not done: there is nothing to undo."))
    with because(reason):
        visit.missed_reason = visit.missed_text = ""
        visit.save(update_fields=["missed_reason", "missed_text"])
    publish_change(subject.pk, by.pk)
    return visit


def refuse_unclear_reason(reason: str, text: str) -> None:
    if reason not in MissedReason.values:
        raise CheckFailed({"reason": _("Choose why the visit was not done.")})
    if reason == MissedReason.OTHER and not text.strip():
        raise CheckFailed({"text": _("Say in your words why.")})


def refuse_done_visit(subject: Subject, key: str, repeat: int) -> None:
    """Refuse a visit that no plan has, that is recorded as not done already, or at which forms stand."""
    if (key, repeat) not in {(row.key, row.repeat) for row in planned_visits(subject)}:
        raise Refused(_("The plan of this subject has no visit %(visit)s.") % {"visit": f"{key}.{repeat}"})
    if (key, repeat) in missed_visits(subject):
        raise Refused(_("This visit is recorded as not done already. Undo that first to change its reason."))
    standing = [line for line in records_of(subject) if (line.visit_key, line.visit_repeat) == (key, repeat)]
    if standing:
        forms = ", ".join(sorted({line.form_key for line in standing}))
        raise Refused(
            _("Forms stand at this visit: %(forms)s. A visit is not done only when it has no forms.")
            % {"forms": forms}
        )


def refuse_missed_visit(visit: Visit) -> None:
    if visit.missed_reason:
        raise Refused(
            _("This visit is recorded as not done (%(reason)s). Undo that first, then submit the form.")
            % {"reason": visit.missed_words}
        )


def move_subject(subject: Subject, target: SubjectState, **changes: Any) -> Subject:
    """Take a subject (locked by the caller) to its next state with what belongs to the step."""
    if target not in SUBJECT_STEPS[SubjectState(subject.state)]:
        raise Refused(
            _("A subject cannot go from '%(from)s' to '%(to)s'.")
            % {"from": subject.get_state_display(), "to": target.label}
        )
    subject.state = target
    for name, value in changes.items():
        setattr(subject, name, value)
    subject.version += 1
    subject.save()
    return subject


def save_draft(*, slot: Slot, typed: Mapping[str, Any], base_version: int, by: User) -> Draft:
    """Keep what `by` has typed in a slot: unchecked, nobody's record, outside the trail."""
    subject = Subject.objects.visible_to(by).get(pk=slot.subject_id)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    draft, _created = Draft.objects.update_or_create(
        **draft_key(slot, by),
        defaults={
            "study_id": subject.study_id,
            "site_id": subject.site_id,
            "base_version": base_version,
            "typed": dict(typed),
            "saved_at": timezone.now(),
        },
    )
    return draft


def forget_draft(*, slot: Slot, by: User) -> None:
    """Drop the author's draft of a slot."""
    Draft.objects.filter(**draft_key(slot, by)).delete()


def draft_key(slot: Slot, by: User) -> dict[str, Any]:
    return {
        "author_id": by.pk,
        "subject_id": slot.subject_id,
        "visit_key": slot.visit_key,
        "visit_repeat": slot.visit_repeat,
        "form_key": slot.form_key,
        "form_repeat": slot.form_repeat,
    }


def next_number(series: str) -> int:
    """The next number of a series, from a locked counter; never given twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO casebook_counter (key, value) VALUES (%s, 1)"
            " ON CONFLICT (key) DO UPDATE SET value = casebook_counter.value + 1 RETURNING value",
            [series],
        )
        return cursor.fetchone()[0]


def next_repeat(*, subject: Subject, form_key: str, visit_key: str = LOG, visit_repeat: int = 1) -> int:
    """The next free repeat of a form at a visit; voided ones keep theirs."""
    kind = form_type(form_key, subject)
    assert kind is not None
    taken = (
        kind.model.objects.filter(
            subject=subject, form_key=form_key, visit__key=visit_key, visit__repeat=visit_repeat
        )
        .order_by("-form_repeat")
        .values_list("form_repeat", flat=True)
        .first()
    )
    return (taken or 0) + 1


def allowed_step(record: CasebookRecord | None, action: str) -> Transition:
    step = transition(record.state if record else None, action)
    if step is None:
        state = record.get_state_display() if record else _("empty")  # type: ignore[attr-defined]
        raise Refused(
            _("This form is %(state)s: %(action)s is not possible.")
            % {"state": str(state).lower(), "action": _(action)}
        )
    return step


def require_reason(step: Transition, reason: str) -> None:
    if step.needs_reason and not reason.strip():
        raise Refused(_("Say why: a change to the record needs a reason."))


def refuse_lost_update(record: Any, kind: FormType, values: Values, base_version: int | None) -> None:
    """Refuse a submission that started from an older version, showing both values of each item."""
    if base_version == record.version:
        return
    conflicts = [
        Conflict(item, item_label(kind, item), stored(record, item), value)
        for item, value in values.items()
        if stored(record, item) != value
    ]
    raise LostUpdate(conflicts, record.version)


def item_label(kind: FormType, item: str) -> str:
    composite = kind.model.composites.get(item)
    if composite is not None:
        return str(composite.label or item)
    names = {field.name: field for field in kind.model._meta.get_fields()}
    return str(getattr(names.get(item), "verbose_name", item))


def stored(record: Any, item: str) -> Any:
    """The saved value of an item as a form hands it over (a protocol's own item comes from `extra`)."""
    if isinstance(record, ProtocolForm) and item != "performed_on":
        return record.extra.get(item)
    return getattr(record, item)


def differs(record: Any, values: Values, rows: Rows, missing: Mapping[str, str], kind: FormType) -> bool:
    """Whether the submission changes anything of the record or its lines."""
    if dict(record.missing) != dict(missing):
        return True
    if any(stored(record, item) != normal(record, item, value) for item, value in values.items()):
        return True
    return any(rows_differ(row_type, record, rows.get(row_type.name, ())) for row_type in kind.rows)


def rows_differ(row_type: RowType, record: Any, lines: Sequence[Values]) -> bool:
    saved = {row.line: row for row in row_type.model.objects.filter(record=record, voided=False)}
    if {values.get("line") for values in lines} != set(saved):
        return True
    return any(
        getattr(saved[values["line"]], item) != normal(saved[values["line"]], item, value)
        for values in lines
        for item, value in values.items()
        if item != "line"
    )


def run_checks(kind: FormType, values: Values, rows: Rows, subject: Subject) -> None:
    """Run the form's edit checks; a hard finding refuses the submission at its item."""
    found = [finding for check in kind.checks for finding in check(values, rows, subject)]
    hard = {finding.item: str(finding.message) for finding in found if finding.hard}
    if hard:
        raise CheckFailed(hard)


def save_record(opened: OpenSlot, values: Values, missing: Mapping[str, str]) -> Any:
    """Write the form's own row, new or corrected."""
    slot, subject, record = opened.slot, opened.subject, opened.record
    place = {"subject": subject, "study_id": subject.study_id, "site_id": subject.site_id}
    if record is None:
        visit = opened.visit or Visit.objects.create(key=slot.visit_key, repeat=slot.visit_repeat, **place)
        record = opened.kind.model(
            visit=visit,
            form_key=slot.form_key,
            form_repeat=slot.form_repeat,
            protocol_version=subject.protocol_version,
            version=0,
            **place,
        )
    for item, value in values.items():
        if isinstance(record, ProtocolForm) and item != "performed_on":
            record.extra[item] = plain(value)
        else:
            setattr(record, item, normal(record, item, value))
    record.missing = dict(missing)
    record.version += 1
    record.save()
    return record


def save_rows(row_type: RowType, record: Any, lines: Sequence[Values]) -> None:
    """Write the lines of a form: known ones by number, new ones after them; those left out are voided."""
    saved: dict[int, Any] = {row.line: row for row in row_type.model.objects.filter(record=record)}
    kept, last = set(), max(saved, default=0)
    fresh = []
    for values in lines:
        row: Any = saved.get(values.get("line") or 0)
        if row is None:
            last += 1
            row = row_type.model(
                record=record,
                subject_id=record.subject_id,
                study_id=record.study_id,
                site_id=record.site_id,
                line=last,
            )
            fresh.append(row)
        changed = row.voided
        row.voided = False
        for item, value in values.items():
            if item != "line":
                value = normal(row, item, value)
                changed = changed or getattr(row, item) != value
                setattr(row, item, value)
        kept.add(row.line)
        if changed and row not in fresh:
            row.save()
    row_type.model.objects.bulk_create(fresh)
    for line, row in saved.items():
        if line not in kept and not row.voided:
            row.voided = True
            row.save(update_fields=["voided"])


def normal(record: Any, item: str, value: Any) -> Any:
    """A value as its column stores it: text that is empty is "", everything else that is empty is None."""
    if value is None and item not in record.composites and not isinstance(record, ProtocolForm):
        column = record._meta.get_field(item)
        return "" if not column.null and column.get_internal_type() in {"CharField", "TextField"} else None
    return value


def plain(value: Any) -> Any:
    """A protocol's own item as JSON keeps it: exact decimals and dates as text."""
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)

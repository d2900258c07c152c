"""Every write to the casebook: browser, API, import and task call these same functions.

Each runs inside `audit.acting`, locks, checks permission, state and version, saves, and leaves derived work to commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import FilteredRelation, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import may, require
from trialsite.audit import because
from trialsite.listing import listed, told

from . import reasons
from .edit_checks import Fired, run_checks
from .errors import Asked, CheckFailed, NewerDraft, Refused, UnknownForm
from .events import publish_change
from .form_types import form_type
from .free_text import refuse_identifiers, texts_of
from .holds import holds_on, refuse_where_held, somehow_held
from .items import item_label, normal, put, stored
from .merging import Merge, Submission, merge_submission
from .models import LOG, CasebookRecord, Draft, MissedReason, Subject, Visit
from .outages import somehow_out, source_of_entry
from .prepared import Bound, Prepared
from .registries import (
    Attempt,
    FormType,
    RowType,
    Submitted,
    after_submit,
    critical_items,
    marks,
    pass_gates,
    prompts,
)
from .selectors import missed_visits, opened_at, planned_visits, records_of, refuse_retired_form
from .slots import OpenSlot, Slot
from .states import SUBJECT_STEPS, SubjectState, Transition, transition
from .versions import version_of_entry

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Values]]
COMMENT = "comment-"  # the address of a comment on a soft finding, before the finding's name


def lockable() -> QuerySet[Subject]:
    """One subject, to be locked until commit, with all that a submission asks about it at once.

    Its key never changes: whoever derives rows of the subject meanwhile may still point at it, and nobody waits in a
    circle.
    """
    asked = {name: mark() for name, mark in marks.items()}
    subjects = Subject.objects.select_related("protocol_version", "study", "site").filter(pk=Bound("subject"))
    found = subjects.annotate(held=somehow_held(), out=somehow_out(), **asked)
    return found.select_for_update(of=("self",), no_key=True)


def lockable_at() -> QuerySet[Subject]:
    """The same with its visit as `here`, where something is recorded about it."""
    at = Q(visits__key=Bound("visit"), visits__repeat=Bound("repeat"))
    subjects = lockable().annotate(here=FilteredRelation("visits", condition=at))
    return subjects.select_related("here")  # type: ignore[misc]


subject_to_lock, subject_to_lock_at = Prepared(lockable), Prepared(lockable_at)


def locked_row(subject_id: UUID, by: User, slot: Slot | None = None) -> Subject:
    """The subject, locked until commit, if `by` may see it; Subject.DoesNotExist otherwise. Asks about no hold.

    With a slot its visit comes along as `here`, where something is recorded about it."""
    if slot is None:
        found = subject_to_lock(subject=subject_id)
    else:
        found = subject_to_lock_at(subject=subject_id, visit=slot.visit_key, repeat=slot.visit_repeat)
    for subject in found:
        if may(by, "record.view", study_id=subject.study_id, site_id=subject.site_id):
            return subject
    raise Subject.DoesNotExist


def locked_subject(subject_id: UUID, by: User, *, review: bool = False) -> Subject:
    """The same, refused where the whole subject is held.

    `review` is for queries, verification and signatures (see `holds`)."""
    subject = locked_row(subject_id, by)
    if subject.held:  # type: ignore[attr-defined]
        refuse_where_held(holds_on(subject), review=review)
    return subject


def lock_slot(*, slot: Slot, by: User) -> OpenSlot:
    """A slot with what stands in it, its subject locked until commit: nobody else writes there meanwhile.

    A slot that is held is given too: `submit_form` refuses it where what was typed can be shown again."""
    subject = locked_row(slot.subject_id, by, slot)
    kind = form_type(slot.form_key, subject)
    if kind is None:
        raise UnknownForm(_("This protocol has no form %(form)s.") % {"form": slot.form_key})
    return opened_at(slot, subject, kind, getattr(subject, "here", None))


def refuse_held_slot(opened: OpenSlot) -> None:
    """Refuse values where the form, or anything it stands in, is frozen or locked."""
    if getattr(opened.subject, "held", True):
        refuse_where_held(holds_on(opened.subject), slot=opened.slot)


def submit_form(
    *,
    slot: Slot | OpenSlot,
    values: Values,
    rows: Rows | None = None,
    missing: Mapping[str, str] | None = None,
    base_version: int | None = None,
    merge: Merge | None = None,
    draft_version: int | None = None,
    by: User,
    reason: str = "",
    comments: Mapping[str, str] | None = None,
    ask_about_soft: bool = False,
) -> CasebookRecord:
    """Enter the form of an empty slot, or correct the one that stands there.

    `slot` is an address, or a slot that the caller has locked already; `values` maps item to value; `rows` maps each
    kind of line to its lines, a known line by its "line" number; `base_version` is the row version the author started
    from (None or 0 for a new form); where somebody saved the form since, `merge` says whose answer stands. `comments`
    answers soft findings by their names; with `ask_about_soft` a finding that nobody has been shown yet is asked about
    first, unless the form is of the past from paper (see `domain.paper`): its findings stand on the gap list.
    The author's draft goes, unless another window saved one after `draft_version`. Raises CheckFailed (per
    item), Asked (soft findings), LostUpdate (both versions), Refused (a rule, in a sentence).
    """
    opened = slot if isinstance(slot, OpenSlot) else lock_slot(slot=slot, by=by)
    subject, kind, record = opened.subject, opened.kind, opened.record
    rows, missing = rows or {}, missing or {}
    require(by, kind.permission, study_id=subject.study_id, site_id=subject.site_id)
    step = allowed_step(record, "correct" if record else "submit")
    refuse_held_slot(opened)
    pass_gates(Attempt(subject, kind.key, values.get("performed_on"), record is not None, values))
    refuse_retired_form(kind)
    missing = with_retired(opened, missing)
    new, changed = record is None, frozenset[str]()
    if record is not None:
        if base_version != record.version:
            mine = Submission(values, rows, missing)
            values, rows, missing = merge_submission(opened, mine, base_version or 0, merge).parts
        changed = changed_items(record, values, rows, missing, kind)
        if not changed:
            forget_draft(slot=opened.slot, draft_version=draft_version, by=by)
            return record
        require_reason(step, reason)
        refuse_wordless_critical(kind, subject, changed, reason)
    elif base_version:
        raise Refused(_("The form that you opened has been voided since. Open the slot again."))
    elif opened.visit is not None:
        refuse_missed_visit(opened.visit)
    refuse_identifiers(texts_of(values, rows) | {"reason_text": reason})
    soft = soft_findings(opened, values, rows)
    past = bool(source_of_entry(opened, values.get("performed_on", getattr(record, "performed_on", None))))
    if ask_about_soft and not past and any(fired.name not in (comments or {}) for fired in soft):
        raise Asked(soft)
    refuse_identifiers({f"{COMMENT}{name}": text for name, text in (comments or {}).items()})
    prompt = prompt_of(opened, changed, soft, rows)
    with transaction.atomic(savepoint=kind.after is not None), because(reason, prompt=prompt):
        record = save_record(opened, values, missing)
        lines = {kept.name: save_rows(kept, record, rows.get(kept.name, ())) for kept in kind.rows}
        if kind.after is not None:  # may still refuse
            kind.after(record, by)
        told = Submitted(opened, record, new, changed, lines, soft, comments or {}, by, past)
        for follow in after_submit.values():
            follow(told)
        forget_draft(slot=opened.slot, draft_version=draft_version, by=by)
    publish_change(subject.pk, by.pk)
    return record


@transaction.atomic
def change_state(*, record: CasebookRecord, action: str, by: User, reason: str = "") -> CasebookRecord:
    """Void a form, as the transition table allows."""
    subject = locked_subject(record.subject_id, by)
    record = type(record).objects.select_related("visit").select_for_update(of=("self",)).get(pk=record.pk)
    step = allowed_step(record, action)
    require(by, step.permission, study_id=record.study_id, site_id=record.site_id)
    refuse_where_held(holds_on(subject), slot=Slot.of_record(record))
    require_reason(step, reason)
    refuse_identifiers({"reason": reason})
    with because(reason):
        record.state = step.target
        record.version += 1
        record.save(update_fields=["state", "version"])
        kind = form_type(record.form_key, subject)
        if kind is not None and kind.voided is not None:  # may still refuse
            kind.voided(record, by)
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
    refuse_where_held(holds_on(subject), slot=Slot(subject.pk, key, "", repeat))
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
    refuse_where_held(holds_on(subject), slot=Slot(subject.pk, key, "", repeat))
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
        forms = listed(sorted({line.form_key for line in standing}))
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


@dataclass(frozen=True)
class DraftWindow:
    """The window that saves a draft: which draft it knows (0: none), its own name, and how often was typed in it."""

    version: int
    name: str = ""
    step: int = 0


@transaction.atomic
def save_draft(
    *, slot: Slot, typed: Mapping[str, Any], base_version: int, window: DraftWindow | None = None, by: User
) -> Draft:
    """Keep what `by` has typed in a slot: unchecked, nobody's record, outside the trail.

    Raises NewerDraft where another window saved one that `window` does not know; without `window` it is overwritten.
    """
    subject = Subject.objects.visible_to(by).get(pk=slot.subject_id)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    key = {"author_id": by.pk, **slot.columns}
    content: dict[str, Any] = {
        "base_version": base_version,
        "typed": dict(typed),
        "saved_at": timezone.now(),
        "window": window.name if window else "",
        "window_step": window.step if window else 0,
    }
    draft = Draft.objects.select_for_update().filter(**key).first()
    if draft is None:
        if window is not None and window.version:
            raise NewerDraft(None)
        return Draft.objects.create(**key, **content, study_id=subject.study_id, site_id=subject.site_id)
    if window is not None and window.version != draft.version:
        same = window.name != "" and window.name == draft.window
        if not same and draft.typed != content["typed"]:
            raise NewerDraft(draft)
        if same and window.step <= draft.window_step:
            return draft  # it arrived before: only the answer was lost
    for name, value in content.items():
        setattr(draft, name, value)
    draft.version += 1
    draft.save()
    return draft


def forget_draft(*, slot: Slot, draft_version: int | None = None, by: User) -> None:
    """Drop the author's draft of a slot; one that another window saved after `draft_version` stays (0: any)."""
    if draft_version == 0:
        return
    drafts = Draft.objects.filter(author_id=by.pk, **slot.columns)
    (drafts if draft_version is None else drafts.filter(version__lte=draft_version)).delete()


def next_number(series: str) -> int:
    """The next number of a series, from a locked counter; never given twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO casebook_counter (key, value) VALUES (%s, 1)"
            " ON CONFLICT (key) DO UPDATE SET value = casebook_counter.value + 1 RETURNING value",
            [series],
        )
        return cursor.fetchone()[0]


def number_passed(series: str, number: int) -> None:
    """A number of a series was given elsewhere: the next one given here is later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO casebook_counter (key, value) VALUES (%s, %s) ON CONFLICT (key)"
            " DO UPDATE SET value = GREATEST(casebook_counter.value, EXCLUDED.value)",
            [series, number],
        )


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
        raise CheckFailed({"reason": _("Say why: a change to the record needs a reason.")})


def with_retired(opened: OpenSlot, missing: Mapping[str, str]) -> Mapping[str, str]:
    """Why items are empty, also those that are no longer asked for: what was said of them stays."""
    saved = opened.record.missing if opened.record is not None else {}
    return {item: why for item, why in saved.items() if item in opened.kind.retired} | dict(missing)


def changed_items(
    record: Any, values: Values, rows: Rows, missing: Mapping[str, str], kind: FormType
) -> frozenset[str]:
    """What a correction changes: items, items of lines ("results.3.value"), whole lines that come or go."""
    found = {item for item, value in values.items() if stored(record, item) != normal(record, item, value)}
    before = dict(record.missing)
    found |= {item for item in {*before, *missing} if before.get(item) != missing.get(item)}
    for row_type in kind.rows:
        found |= changed_lines(row_type, record, rows.get(row_type.name, ()))
    return frozenset(found)


def changed_lines(row_type: RowType, record: Any, lines: Sequence[Values]) -> set[str]:
    saved = {row.line: row for row in row_type.lines_of(record).filter(voided=False)}
    kept = {values.get("line") for values in lines}
    found = {f"{row_type.name}.{line}" for line in saved if line not in kept}
    for values in lines:
        row = saved.get(values.get("line") or 0)
        if row is None:
            found.add(f"{row_type.name}.new")
            continue
        found |= {
            f"{row_type.name}.{row.line}.{item}"
            for item, value in values.items()
            if item != "line" and stored(row, item) != normal(row, item, value)
        }
    return found


def refuse_wordless_critical(kind: FormType, subject: Subject, changed: frozenset[str], reason: str) -> None:
    """A change of an item that the study's endpoints rest on needs words beside the reason from the list."""
    critical = {item for plan in critical_items.values() for form, item in plan(subject) if form == kind.key}
    found = sorted(item for item in critical if any(touches(one, item) for one in changed))
    if found and not reasons.split(reason)[1].strip():
        labels = listed(item_label(kind, item) for item in found)
        raise CheckFailed(
            {
                "reason_text": _("Critical items change (%(items)s): say in your words why.")
                % {"items": labels}
            }
        )


def touches(changed: str, item: str) -> bool:
    """Whether a change ("results.3.value", "results.3" of a whole line) concerns an item ("results.value")."""
    name, _dot, rest = changed.partition(".")
    if not rest:
        return changed == item
    column = rest.partition(".")[2]
    return item == f"{name}.{column}" if column else item.startswith(f"{name}.")


def refused_items(kind: FormType, messages: Mapping[str, str]) -> list[str]:
    """The sentences of a refusal, each with the label of its item, for a page that does not show the items."""
    return [
        text if item.startswith(COMMENT) else told(item_label(kind, item), text)
        for item, text in messages.items()
    ]


def soft_findings(opened: OpenSlot, values: Values, rows: Rows) -> list[Fired]:
    """Run the form's edit checks: a hard finding refuses the submission at its item, soft ones are returned."""
    found = run_checks(opened.kind, values, rows, opened.subject)
    hard = {fired.item: str(fired.message) for fired in found if fired.check.hard}
    if hard:
        raise CheckFailed(hard)
    return found


def prompt_of(opened: OpenSlot, changed: frozenset[str], soft: Sequence[Fired], rows: Rows) -> str | None:
    """What asked for a correction, as those say who asked; nobody else's word counts. None where nothing did."""
    if not changed:
        return None
    fires = {(fired.check.key, saved_item(fired.item, rows)) for fired in soft}
    return "; ".join(filter(None, (ask(opened, changed, fires) for ask in prompts.values()))) or None


def saved_item(item: str, rows: Rows) -> str:
    """An item of a typed line ("results.0.value") by the number of its saved line; one of a new line has none."""
    name, _dot, rest = item.partition(".")
    if name not in rows or not rest:
        return item
    index, _dot, column = rest.partition(".")
    return f"{name}.{rows[name][int(index)].get('line')}.{column}"


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
            protocol_version=version_of_entry(subject, values.get("performed_on")),
            version=0,
            **place,
        )
    for item, value in values.items():
        put(record, item, value)
    record.missing = dict(missing)
    record.version += 1
    record.save()
    return record


def save_rows(row_type: RowType, record: Any, lines: Sequence[Values]) -> list[int]:
    """Write the lines of a form: known ones by number, new ones after them; those left out are voided.

    Gives the number of each line as it stands now."""
    every = list(row_type.model.objects.filter(record=record))
    saved: dict[int, Any] = {row.line: row for row in every if row_type.owns(row)}
    kept, last = [], max((row.line for row in every), default=0)
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
                **row_type.fixed,
            )
            fresh.append(row)
        changed = row.voided
        row.voided = False
        for item, value in values.items():
            if item != "line":
                changed = changed or stored(row, item) != normal(row, item, value)
                put(row, item, value)
        kept.append(row.line)
        if changed and row not in fresh:
            row.save()
    row_type.model.objects.bulk_create(fresh)
    for line, row in saved.items():
        if line not in kept and not row.voided:
            row.voided = True
            row.save(update_fields=["voided"])
    return kept

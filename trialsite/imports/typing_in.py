"""Typing what a file says into the page of a form, seeing what that changed, and typing it back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.casebook.entry import lines_in, problems_of, submit_typed, texts_in, texts_of, typed_over
from trialsite.casebook.errors import Asked, CheckFailed, Refused
from trialsite.casebook.form_types import form_type
from trialsite.casebook.models import LOG, CasebookRecord, Subject
from trialsite.casebook.names import form_title, visit_name
from trialsite.casebook.pages import EntryPage
from trialsite.casebook.services import change_state, lock_slot, locked_row
from trialsite.casebook.slots import OpenSlot, Slot
from trialsite.casebook.states import RecordState
from trialsite.listing import listed

from .models import ImportBatch
from .outcomes import Touched

LONGEST = 300  # of a reason in words


class NotTaken(Exception):
    """The page of a form refuses what was typed: sentences by the name of the field, "" of the whole."""

    def __init__(self, page: EntryPage, messages: Mapping[str, str]) -> None:
        super().__init__()
        self.page, self.messages = page, messages


class ChangedSince(Exception):
    """What an import entered is no longer as it left it."""


@dataclass(frozen=True)
class Change:
    """One item that a submission changed, of the form itself or of a line: label, old and new text."""

    kind: str
    line: str
    item: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entered:
    """What a submission did: its record, each change, soft findings (field of the typed page, words), the way back."""

    record: CasebookRecord
    new: bool
    changes: list[Change]
    asks: list[tuple[str, str]]
    back: dict[str, str]
    typed: EntryPage
    page: EntryPage  # as it stands now

    @property
    def wrote(self) -> bool:
        return bool(self.changes) or self.new

    def touched(self, number: str, place: str) -> Touched:
        record = self.record
        subject, form = str(record.subject_id), record.form_key
        return Touched(str(record.pk), record.version, self.new, form, subject, number, place, self.back)


def enter_typed(
    *, opened: OpenSlot, sent: Mapping[str, str], reason: str, only_told: bool = False, by: User
) -> Entered:
    """Submit a form with `sent` typed over what stands; soft findings become queries. Raises NotTaken, Refused.

    `only_told`: lines that the page only offers, behind the last that is told, are not typed."""
    before = EntryPage(opened)
    try:
        typed = typed_over(before, sent)
    except CheckFailed as refusal:
        raise NotTaken(before, refusal.messages) from refusal
    if only_told:
        typed = without_offered(before, typed, sent)
    said = {"reason": "other", "reason_text": reason[:LONGEST]}
    typed |= {before.reason.add_prefix(name): text for name, text in said.items()}
    page = EntryPage(opened, {name: [text] for name, text in typed.items()})
    if not page.valid():
        raise NotTaken(page, first_of(problems_of(page)))
    record, asks = submitted(opened, page, by)
    after = EntryPage(lock_slot(slot=opened.slot, by=by))
    changes, back = compared(before, after)
    return Entered(record, before.record is None, changes, asks, back, page, after)


def without_offered(page: EntryPage, typed: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    """What is typed without the lines behind the last one that stands or is told."""
    left = dict(typed)
    for kind, formset in page.lines.items():
        end = max([len(saved_lines(formset)), *(place + 1 for place in lines_in(sent, formset))])
        for place, line in lines_in(typed, formset).items():
            if place >= end:
                left = {name: left[name] for name in left.keys() - {f"{kind}-{place}-{one}" for one in line}}
        left[f"{kind}-TOTAL_FORMS"] = str(end)
    return left


def submitted(opened: OpenSlot, page: EntryPage, by: User) -> tuple[CasebookRecord, list[tuple[str, str]]]:
    """The saved record, and what soft edit checks found: as where somebody is asked and submits again."""
    version = opened.record.version if opened.record is not None else 0
    comments: dict[str, str] = {}
    asks: list[tuple[str, str]] = []
    while True:
        try:
            record = submit_typed(
                opened=opened, page=page, base_version=version, comments=comments, draft_version=0, by=by
            )
        except Asked as refusal:
            comments = {one.name: "" for one in refusal.fired}
            asks = [(page.name_of(one.item), str(one.message)) for one in refusal.fired]
        except CheckFailed as refusal:
            raise NotTaken(page, first_of(problems_of(page)) or refusal.messages) from refusal
        else:
            return record, asks


def first_of(problems: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: sentences[0] for name, sentences in problems.items()}


# Words and subjects


def reason_of(batch: ImportBatch, lines: list[int]) -> str:
    """Why the record changed, as the trail keeps it: file, import, lines."""
    said = listed(sorted(lines)[:20]) + (" …" if len(lines) > 20 else "")
    told = {"file": batch.file_name[:100], "id": batch.short_id, "lines": said}
    return _("Import %(id)s of %(file)s, line %(lines)s") % told


def place_words(subject: Subject, slot: Slot) -> str:
    """Form and visit in words: "Haematology · Screening"."""
    protocol = subject.protocol_version.protocol
    visit = "" if slot.visit_key == LOG else visit_name(protocol, slot.visit_key, slot.visit_repeat)
    return " · ".join(filter(None, (form_title(protocol, slot.form_key), visit)))


def subjects_by_number(batch: ImportBatch, by: User) -> dict[str, Subject]:
    """The subjects of the site under either of their numbers."""
    found = Subject.objects.visible_to(by).filter(study_id=batch.study_id, site_id=batch.site_id)
    subjects = list(found.select_related("protocol_version", "study", "site"))
    named = {one.screening_number: one for one in subjects}
    return named | {one.subject_number: one for one in subjects if one.subject_number}


# What changed


def compared(before: EntryPage, after: EntryPage) -> tuple[list[Change], dict[str, str]]:
    """What differs between a page before and after, and the fields that type it back over the second."""
    fresh = before.record is None
    old = {} if fresh else shown(before.form)
    changes = list(changes_in("", "", old, after.form))
    back = {} if fresh else differing(texts_of(before.form), texts_of(after.form))
    for kind, lines in after.lines.items():
        was = {} if fresh else saved_lines(before.lines[kind])
        for number, line in saved_lines(lines).items():
            found = list(changes_in(kind, number, shown(was[number]) if number in was else {}, line))
            changes += found
            if found and not fresh:
                back |= way_back(number, was.get(number), line)
    return changes, back


def saved_lines(lines: Any) -> dict[str, Any]:
    """The saved lines of a kind by their number."""
    return {str(line["line"].value()): line for line in lines.forms if line["line"].value()}


def shown(form: forms.Form) -> dict[str, str]:
    """Item → what stands in it as one text; "" where nothing does, whatever unit its field offers."""
    found = {}
    for name, field in form.fields.items():
        texts = [text for _name, text in texts_in(field.widget, name, form[name].value())]
        found[name] = " ".join(filter(None, texts)) if texts and texts[0] else ""
    return found


def changes_in(kind: str, number: str, old: Mapping[str, str], after: forms.Form) -> Iterator[Change]:
    for item, new in shown(after).items():
        if item != "line" and old.get(item, "") != new:
            yield Change(kind, number, item, str(after.fields[item].label or item), old.get(item, ""), new)


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    return {name: before.get(name, "") for name, text in after.items() if before.get(name, "") != text}


def way_back(number: str, before: Any, after: Any) -> dict[str, str]:
    """The fields of a changed line as they were; a line that was not there is emptied, which voids it."""
    after_texts = texts_of(after)
    if before is None:
        texts = dict.fromkeys(after_texts, "")
    else:
        was = {name.removeprefix(f"{before.prefix}-"): text for name, text in texts_of(before).items()}
        texts = differing({after.add_prefix(name): text for name, text in was.items()}, after_texts)
    return texts | {after.add_prefix("line"): number}


# The way back


def take_back(one: Touched, *, reason: str, by: User) -> None:
    """Void a form that an import entered, or type back what it changed. Raises ChangedSince, Refused."""
    record, slot = standing(one, by)
    if voided(one, record):
        return
    if one.new:
        change_state(record=record, action="void", by=by, reason=reason)
        return
    opened = lock_slot(slot=slot, by=by)
    try:
        enter_typed(opened=opened, sent=one.back, reason=reason, by=by)
    except NotTaken as refusal:
        raise Refused(
            next(iter(refusal.messages.values()), _("The form refuses its earlier values."))
        ) from refusal


def standing(one: Touched, by: User) -> tuple[Any, Slot]:
    """The record as the import left it, or voided, its subject locked; ChangedSince otherwise."""
    try:
        subject = locked_row(UUID(one.subject), by)
    except Subject.DoesNotExist as problem:
        raise ChangedSince from problem
    kind = form_type(one.form, subject)
    if kind is None:
        raise ChangedSince
    model: Any = kind.model
    record = model.objects.visible_to(by).select_related("visit").filter(pk=one.record).first()
    if record is None or (record.version != one.version and not voided(one, record)):
        raise ChangedSince
    return record, Slot.of_record(record)


def voided(one: Touched, record: Any) -> bool:
    """Whether a form that the import entered was voided since: there is nothing to take back."""
    return one.new and record.state == RecordState.VOIDED

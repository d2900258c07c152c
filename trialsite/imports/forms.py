"""Forms of a file, one to a line, under the names of the page's fields or of the raw export's columns: entered,
corrected, or refused by line."""

from pathlib import PurePath
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment.import_columns import PLACE, accepted_words, field_named
from trialsite.access.models import User
from trialsite.casebook.errors import Refused
from trialsite.casebook.form_types import form_type
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.pages import EntryPage
from trialsite.casebook.registries import forms as known_forms
from trialsite.casebook.services import lock_slot, next_repeat
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import RecordState
from trialsite.listing import listed

from .fields import Sent, sent_of
from .models import ImportBatch
from .outcomes import CHANGED, NEW, SAME, Row, Work
from .progress import alone, step_by_step, went_on
from .typing_in import Entered, NotTaken, enter_typed, place_words, reason_of, subjects_by_number

NUMBER = "subject_number"  # of the raw export, whose `subject` is the subject's id


def enter_forms(batch: ImportBatch, rows: list[Row], by: User) -> Work:
    """Submit or correct the form of every line that can be; the file's name says which form they are."""
    with timezone.override(ZoneInfo(batch.site.timezone)):
        return Run(batch, rows, by).done()


def form_named(file_name: str, subject: Subject) -> str:
    """The key of the form that a file is called after ("VS.csv"), as the subject's protocol has it. Raises Refused."""
    stem = PurePath(file_name.replace("\\", "/")).stem
    plans = subject.protocol_version.protocol.forms
    keys = {key.casefold(): key for key in (*known_forms, *(one.key for one in plans))}
    key = keys.get(stem.casefold(), "")
    if form_type(key, subject) is None:
        raise Refused(
            _("The file is named after its form, such as VS.csv: this protocol has no form %(form)s.")
            % {"form": stem}
        )
    return key


class Run:
    """One run over a file whose lines are forms."""

    def __init__(self, batch: ImportBatch, rows: list[Row], by: User) -> None:
        self.batch, self.by, self.work = batch, by, Work(rows)
        self.subjects = subjects_by_number(batch, by)
        self.taken: dict[Slot, int] = {}

    def done(self) -> Work:
        for those in self.by_subject().values():
            with alone():
                for row, subject in step_by_step(those):
                    self.try_to_enter(row, subject)
        return self.work

    def by_subject(self) -> dict[UUID, list[tuple[Row, Subject]]]:
        """The lines of each subject in the order of the file; the others are rejected."""
        found: dict[UUID, list[tuple[Row, Subject]]] = {}
        for row in self.work.rows:
            subject = None if row.rejected else self.subject_of(row)
            if subject is None:
                went_on()
            else:
                found.setdefault(subject.pk, []).append((row, subject))
        return found

    def try_to_enter(self, row: Row, subject: Subject) -> None:
        try:
            self.enter(row, subject)
        except Refused as refusal:
            row.reject("", refusal.sentence)
        except PermissionDenied as refusal:
            row.reject("", str(refusal))

    def enter(self, row: Row, subject: Subject) -> None:
        slot = self.slot_of(row, subject)
        if slot is None:
            return
        if slot in self.taken:
            raise Refused(_("Line %(n)d is about the same form.") % {"n": self.taken[slot]})
        sent = Sent()
        try:
            with transaction.atomic():
                opened = lock_slot(slot=slot, by=self.by)
                page = EntryPage(opened)
                sent = self.sent_of(row, page)
                if sent.wrong:
                    raise NotTaken(page, sent.wrong)
                reason = reason_of(self.batch, [row.line])
                done = enter_typed(opened=opened, sent=sent.texts, reason=reason, only_told=True, by=self.by)
        except NotTaken as refusal:
            for name, words in refusal.messages.items():
                accepted = accepted_words(field_named(refusal.page, name))
                row.reject(sent.columns.get(name, name), words, accepted)
            return
        self.taken[slot] = row.line
        self.tell(row, subject, slot, done)

    def subject_of(self, row: Row) -> Subject | None:
        """Whom a line is about; None once it is rejected."""
        number, named = row.cells.get(NUMBER, ""), row.cells.get("subject", "")
        subject = self.subjects.get(number or named)
        if subject is None:
            row.reject(NUMBER if number else "subject", _("No subject of this number is at this site."))
        elif number and named not in ("", str(subject.pk)):
            row.reject(
                "subject", _("Here the subject has another id: the file is of another system, or coded.")
            )
            return None
        return subject

    def sent_of(self, row: Row, page: EntryPage) -> Sent:
        """What a line types into the page of its form."""
        return sent_of(page, {name: cell for name, cell in row.cells.items() if name not in (*PLACE, NUMBER)})

    def tell(self, row: Row, subject: Subject, slot: Slot, done: Entered) -> None:
        row.subject, row.place = subject.number, place_words(subject, slot)
        row.status = NEW if done.new else CHANGED if done.changes else SAME
        row.changes = [[one.label, one.old, one.new] for one in done.changes]
        row.asks = [words for _name, words in done.asks]
        if done.wrote:
            self.work.touched.append(done.touched(subject.number, row.place))

    def slot_of(self, row: Row, subject: Subject) -> Slot | None:
        """Where the form of a line stands; one of the log in the next free place unless the line says which."""
        if row.cells.get("state") == RecordState.VOIDED:
            raise Refused(_("This form is voided where the file comes from: it is not entered."))
        form = form_named(self.batch.file_name, subject)
        kind = form_type(form, subject)
        assert kind is not None
        visit = row.cells.get("visit", LOG if kind.continuous else "")
        if not visit:
            keys = dict.fromkeys(one.key for one in subject.protocol_version.protocol.visits)
            row.reject("visit", _("Name the visit."), listed(keys))
            return None
        repeats = repeats_of(row)
        if repeats is None:
            return None
        if "form_repeat" not in row.cells and (kind.continuous or kind.repeats):
            repeats["form_repeat"] = next_repeat(
                subject=subject, form_key=form, visit_key=visit, visit_repeat=repeats["visit_repeat"]
            )
        return Slot(subject.pk, visit, form, **repeats)


def repeats_of(row: Row) -> dict[str, int] | None:
    """Which of several visits and forms a line is about; None once it is rejected."""
    repeats = {}
    for column in ("visit_repeat", "form_repeat"):
        text = row.cells.get(column, "1")
        if not text.isdecimal() or not 0 < int(text) < 1000:
            row.reject(column, _("A number from 1 on."))
            return None
        repeats[column] = int(text)
    return repeats

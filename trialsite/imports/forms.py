"""Forms of a file, one to a line, under the names of the API's fields: entered, corrected, or refused by line."""

from pathlib import PurePath
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
from trialsite.casebook.registries import forms as known_forms
from trialsite.casebook.services import lock_slot, next_repeat
from trialsite.casebook.slots import Slot
from trialsite.clinical.identifiers import identifiers_in
from trialsite.listing import listed

from .models import ImportBatch
from .outcomes import CHANGED, NEW, SAME, Row, Work
from .progress import step_by_step
from .typing_in import Entered, NotTaken, enter_typed, place_words, reason_of, subjects_by_number


def enter_forms(batch: ImportBatch, rows: list[Row], by: User) -> Work:
    """Submit or correct the form of every line that can be; the file's name says which form they are."""
    with timezone.override(ZoneInfo(batch.site.timezone)):
        return _Run(batch, rows, by).done()


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


class _Run:
    """One run over a file."""

    def __init__(self, batch: ImportBatch, rows: list[Row], by: User) -> None:
        self.batch, self.by, self.work = batch, by, Work(rows)
        self.subjects = subjects_by_number(batch, by)
        self.taken: dict[Slot, int] = {}

    def done(self) -> Work:
        for row in step_by_step(self.work.rows):
            if row.rejected:
                continue
            try:
                with transaction.atomic():
                    self.enter(row)
            except NotTaken as refusal:
                for name, words in refusal.messages.items():
                    row.reject(name, words, accepted_words(field_named(refusal.page, name)))
            except Refused as refusal:
                row.reject("", refusal.sentence)
            except PermissionDenied as refusal:
                row.reject("", str(refusal))
        return self.work

    def enter(self, row: Row) -> None:
        subject = self.subjects.get(row.cells.get("subject", ""))
        if identifiers_in(" ".join(row.cells.values())):
            row.cells = {}
            raise Refused(_("An identifier of a person stands in this line: it was not kept."))
        if subject is None:
            row.reject("subject", _("No subject of this number is at this site."))
            return
        slot = self.slot_of(row, subject, form_named(self.batch.file_name, subject))
        if slot is None:
            return
        if slot in self.taken:
            raise Refused(_("Line %(n)d is about the same form.") % {"n": self.taken[slot]})
        opened = lock_slot(slot=slot, by=self.by)
        sent = {name: cell for name, cell in row.cells.items() if name not in PLACE}
        done = enter_typed(opened=opened, sent=sent, reason=reason_of(self.batch, [row.line]), by=self.by)
        self.taken[slot] = row.line
        self.tell(row, subject, slot, done)

    def tell(self, row: Row, subject: Subject, slot: Slot, done: Entered) -> None:
        row.subject, row.place = subject.number, place_words(subject, slot)
        row.status = NEW if done.new else CHANGED if done.changes else SAME
        row.changes = [[one.label, one.old, one.new] for one in done.changes]
        row.asks = [words for _name, words in done.asks]
        if done.wrote:
            self.work.touched.append(done.touched(subject.number, row.place))

    def slot_of(self, row: Row, subject: Subject, form: str) -> Slot | None:
        """Where the form of a line stands; one of the log in the next free place unless the line says which."""
        kind = form_type(form, subject)
        assert kind is not None
        visit = row.cells.get("visit", LOG if kind.continuous else "")
        if not visit:
            keys = dict.fromkeys(one.key for one in subject.protocol_version.protocol.visits)
            row.reject("visit", _("Name the visit."), listed(keys))
            return None
        repeats = {}
        for column in ("visit_repeat", "form_repeat"):
            text = row.cells.get(column, "1")
            if not text.isdigit() or not 0 < int(text) < 1000:
                row.reject(column, _("A number from 1 on."))
                return None
            repeats[column] = int(text)
        if "form_repeat" not in row.cells and (kind.continuous or kind.repeats):
            repeats["form_repeat"] = next_repeat(
                subject=subject, form_key=form, visit_key=visit, visit_repeat=repeats["visit_repeat"]
            )
        return Slot(subject.pk, visit, form, **repeats)

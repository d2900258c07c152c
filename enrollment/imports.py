"""Importing subjects from paper: subjects.csv and one CSV for each form, tried out as a whole, then kept or not at all.

The same services as on the screens take every line, as the person who imports. Nothing of a trial run is kept: it is
the same run, rolled back.
"""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit.events import record_event
from trialsite.casebook import services
from trialsite.casebook.entry import problems_of, submit_typed, typed_over
from trialsite.casebook.errors import Asked, CheckFailed, Refused
from trialsite.casebook.form_types import form_type
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.pages import EntryPage
from trialsite.casebook.slots import Slot
from trialsite.keys import new_id
from trialsite.studies.models import Site, Study

from .import_columns import PLACE, SUBJECTS, accepted_words, field_named
from .paper import enter_from_paper
from .paper_forms import PaperForm

MOST_BYTES, MOST_LINES = 1_500_000, 5_000
ENCODINGS = ("utf-8-sig", "gb18030")  # as spreadsheets save them


@dataclass(frozen=True)
class LineRefused:
    """A cell, or a line as a whole (without a column), that is not taken: why, and what is accepted there."""

    file: str
    line: int
    column: str
    sentence: str
    accepted: str = ""


@dataclass
class Trial:
    """What an import did: lines taken by file, everything that was refused, and the id it is known by."""

    batch: UUID = field(default_factory=new_id)
    taken: dict[str, int] = field(default_factory=dict)
    refused: list[LineRefused] = field(default_factory=list)

    @property
    def lines(self) -> int:
        return sum(self.taken.values())


class Undone(Exception):
    """Nothing of a trial run is kept."""


Tables = dict[str, str]  # name of a file → its text


def read_files(files: Sequence[tuple[str, bytes]]) -> Tables:
    """The CSV files of an upload, those in zip files too, as text. CheckFailed at "files" says what is wrong."""
    found: Tables = {}
    for name, content in unpacked(files):
        found[name.rpartition("/")[2]] = decoded(name, content)
    if not found:
        raise CheckFailed({"files": _("Choose CSV files, or a zip file with them.")})
    if sum(map(len, found.values())) > MOST_BYTES:
        raise CheckFailed({"files": _("These files are too large for one import: split them by subjects.")})
    return found


def unpacked(files: Sequence[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    for name, content in files:
        if not name.lower().endswith(".zip"):
            yield name, content
            continue
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if sum(one.file_size for one in archive.infolist()) > MOST_BYTES:
                    raise CheckFailed(
                        {"files": _("These files are too large for one import: split them by subjects.")}
                    )
                yield from (
                    (one.filename, archive.read(one))
                    for one in archive.infolist()
                    if one.filename.endswith(".csv")
                )
        except zipfile.BadZipFile as error:
            raise CheckFailed({"files": _("%(name)s is no zip file.") % {"name": name}}) from error


def decoded(name: str, content: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CheckFailed(
        {"files": _("%(name)s cannot be read as text: save it as CSV in UTF-8.") % {"name": name}}
    )


def import_from_paper(*, study: Study, sites: Sequence[Site], tables: Tables, keep: bool, by: User) -> Trial:
    """Enter everything that stands in the files; kept only as a whole, and only with `keep` and without a refusal."""
    require(by, "subject.enter_from_paper", study_id=study.pk)
    trial = Trial()
    try:
        with transaction.atomic():
            Import(study, sites, by, trial).run(tables)
            if trial.refused or not keep:
                raise Undone
            record_event(
                kind="import.kept",
                user_id=by.pk,
                study=study.key,
                batch=str(trial.batch),
                lines=trial.taken,
                files={name: hashlib.sha256(text.encode()).hexdigest() for name, text in tables.items()},
            )
    except Undone:
        pass
    return trial


class Import:
    """One run over the files."""

    def __init__(self, study: Study, sites: Sequence[Site], by: User, trial: Trial) -> None:
        self.study, self.sites, self.by, self.trial = study, list(sites), by, trial
        self.known: dict[str, Subject] = {}

    def run(self, tables: Tables) -> None:
        for name in sorted(tables, key=lambda one: (one != SUBJECTS, one)):
            kind = name.removesuffix(".csv")
            if name != SUBJECTS and not self.is_form(kind):
                self.refuse(name, 0, "", _("This protocol has no form %(form)s.") % {"form": kind})
                continue
            self.trial.taken[name] = 0
            for number, line in self.lines_of(name, tables[name]):
                self.take(name, kind, number, line)

    def is_form(self, key: str) -> bool:
        return (
            form_type(key, Subject(study=self.study, protocol_version=self.study.current_version)) is not None
        )

    def lines_of(self, name: str, text: str) -> Iterator[tuple[int, dict[str, str]]]:
        """Number and cells of each line in which something stands, empty cells left out."""
        reader = csv.DictReader(io.StringIO(text, newline=""))
        for count, cells in enumerate(reader):
            if count >= MOST_LINES:
                self.refuse(name, reader.line_num, "", _("Too many lines for one import."))
                return
            if None in cells:
                self.refuse(
                    name, reader.line_num, "", _("This line has more cells than the file has columns.")
                )
                continue
            line = {str(key).strip(): (cell or "").strip() for key, cell in cells.items()}
            line = {key: cell for key, cell in line.items() if cell}
            if line:
                yield reader.line_num, line

    def refuse(self, file: str, line: int, column: str, sentence: str, accepted: str = "") -> None:
        self.trial.refused.append(LineRefused(file, line, column, sentence, accepted))

    def take(self, name: str, kind: str, number: int, line: dict[str, str]) -> None:
        """One line, by itself: what is refused of it does not stop the next."""
        before = len(self.trial.refused)
        try:
            with transaction.atomic():
                if name == SUBJECTS:
                    self.enter_subject(number, line)
                else:
                    self.enter_form(name, kind, number, line)
                if len(self.trial.refused) > before:
                    raise Undone
        except Undone:
            return
        except PermissionDenied as refusal:
            self.refuse(name, number, "", str(refusal))
            return
        except Refused as refusal:
            self.refuse(name, number, "", refusal.sentence)
            return
        self.trial.taken[name] += 1

    def enter_subject(self, number: int, line: dict[str, str]) -> None:
        form = PaperForm(line, study=self.study, sites=self.sites)
        for column in line.keys() - form.fields.keys():
            self.refuse(SUBJECTS, number, column, _("There is no column of this name."))
        if not form.is_valid():
            for column, errors in form.errors.items():
                self.refuse(SUBJECTS, number, column, str(errors[0]), accepted_words(form.fields.get(column)))
            return
        try:
            subject = enter_from_paper(
                study=self.study,
                site=form.site_chosen,
                told=form.told,
                batch=self.trial.batch,
                by=self.by,
            )
        except CheckFailed as refusal:
            for column, sentence in refusal.messages.items():
                self.refuse(SUBJECTS, number, column, sentence, accepted_words(form.fields.get(column)))
            return
        self.known |= {subject.screening_number: subject, subject.number: subject}

    def subject_named(self, number: str) -> Subject | None:
        """A subject of this import or one from paper that was entered before, by either number."""
        if number not in self.known:
            found = Subject.objects.visible_to(self.by).filter(
                study=self.study, from_paper_until__isnull=False
            )
            named = found.filter(screening_number=number) | found.filter(subject_number=number)
            subject = named.select_related("site", "protocol_version").first()
            if subject is None:
                return None
            self.known[number] = subject
        return self.known[number]

    def enter_form(self, name: str, key: str, number: int, line: dict[str, str]) -> None:
        subject = self.subject_named(line.get("subject", ""))
        if subject is None:
            words = _(
                "No subject from paper has this number: it stands in subjects.csv or was entered before."
            )
            self.refuse(name, number, "subject", words)
            return
        slot = self.slot_of(name, key, number, line, subject)
        if slot is None:
            return
        opened = services.lock_slot(slot=slot, by=self.by)
        if opened.record is not None:
            self.refuse(name, number, "visit", _("This form stands there already."))
            return
        cells = {column: cell for column, cell in line.items() if column not in PLACE}
        with timezone.override(ZoneInfo(subject.site.timezone)):
            self.submit(name, number, opened, cells)

    def slot_of(
        self, name: str, key: str, number: int, line: Mapping[str, str], subject: Subject
    ) -> Slot | None:
        """Where the form of a line stands; a form of the log in the next free place unless the line says which."""
        kind = form_type(key, subject)
        assert kind is not None
        visit = line.get("visit", LOG if kind.continuous else "")
        if not visit:
            keys = dict.fromkeys(one.key for one in subject.protocol_version.protocol.visits)
            self.refuse(name, number, "visit", _("Name the visit."), ", ".join(keys))
            return None
        repeats = {}
        for column in ("visit_repeat", "form_repeat"):
            text = line.get(column, "1")
            if not text.isdigit() or not 0 < int(text) < 1000:
                self.refuse(name, number, column, _("A number from 1 on."))
                return None
            repeats[column] = int(text)
        if "form_repeat" not in line and (kind.continuous or kind.repeats):
            repeats["form_repeat"] = services.next_repeat(
                subject=subject, form_key=key, visit_key=visit, visit_repeat=repeats["visit_repeat"]
            )
        return Slot(subject.pk, visit, key, **repeats)

    def submit(self, name: str, number: int, opened: Any, cells: Mapping[str, str]) -> None:
        """Type the cells into the page of the form and submit it; every problem stands at its column."""
        page = EntryPage(opened)
        try:
            typed = typed_over(page, cells)
            page = EntryPage(opened, {column: [text] for column, text in typed.items()})
            if page.valid():
                submit_typed(
                    opened=opened, page=page, base_version=0, comments={}, draft_version=0, by=self.by
                )
                return
            problems = problems_of(page)
        except CheckFailed as refusal:
            problems = problems_of(page) or {at: [said] for at, said in refusal.messages.items()}
        except Asked as refusal:
            problems = {page.name_of(one.item): [one.message] for one in refusal.fired}
        for column, sentences in problems.items():
            self.refuse(name, number, column, sentences[0], accepted_words(field_named(page, column)))

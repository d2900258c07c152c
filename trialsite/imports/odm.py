"""Casebooks of a CDISC ODM 1.3.2 snapshot: each form of it entered, corrected, or refused, by the identifiers that this
system's own export writes. What is not certain is refused; signatures are not imported."""

import io
import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from lxml import etree

from trialsite.access.models import Profile, User
from trialsite.casebook.entry import texts_of
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.form_types import form_type
from trialsite.casebook.forms import MISSING_PREFIX
from trialsite.casebook.models import Subject
from trialsite.casebook.pages import EntryPage
from trialsite.casebook.slots import Slot
from trialsite.exports.odm.document import SOURCE_SYSTEM, TRANSACTIONAL
from trialsite.exports.odm.elements import ODM, form_oid, site_oid, study_oid, unit_oid, visit_oid
from trialsite.exports.odm.reading import SNAPSHOT, NotReadable, each, first, subject_elements_in
from trialsite.listing import listed

from .fields import Fields, Sent, fields_of, fields_of_lines
from .forms import Run, repeats_of
from .models import ImportBatch
from .outcomes import Row, Work
from .sheets import MOST_LINES, Sheet, refuse_large
from .typing_in import saved_lines

PLACE = ("study", "site", "subject", "visit", "visit_repeat", "form", "form_repeat")
NO_ITEMS = ("line", "missing")  # fields of pages and columns of tables that no item is called
CELL = re.compile(r"(?P<oid>[^ ]+)(?: #(?P<line>[0-9]+))?(?: (?P<part>unit|missing))?")


# Reading


def read_casebooks(name: str, content: bytes) -> Sheet:
    """The forms of a file by their number in it, under the identifiers of the file. Raises CheckFailed at "files".

    Cells: place; "I.VS.weight" with "I.VS.weight unit" and "I.VS.weight missing"; of line 2
    "I.MRD.results.value #2"."""
    refuse_large(len(content))
    try:
        refuse_other_files(content)
        lines = list(enumerate(forms_in(content, name), start=1))
    except (NotReadable, etree.XMLSyntaxError) as problem:
        raise CheckFailed({"files": _("This file is no well-formed XML.")}) from problem
    if not lines:
        raise CheckFailed({"files": _("No form stands in this file.")})
    if len(lines) > MOST_LINES:
        raise CheckFailed({"files": _("This file has more than %(n)d forms: split it.") % {"n": MOST_LINES}})
    return Sheet([], lines)


def refuse_other_files(content: bytes) -> None:
    """Refuse what is no snapshot, and what this system wrote without what identifies or with other dates."""
    _event, root = next(etree.iterparse(io.BytesIO(content), events=("start",), resolve_entities=False))
    told, kind = root.get("Description", "").rpartition(", ")[2], root.get("FileType", "")
    coded = root.get("SourceSystem") == SOURCE_SYSTEM and told in set(Profile) - {Profile.IDENTIFIED}
    words = ""
    if root.getroottree().docinfo.doctype:
        words = _("This file declares a document type, which no ODM file needs: it is not read.")
    elif root.tag != f"{{{ODM}}}ODM" or kind not in (SNAPSHOT, TRANSACTIONAL):
        words = _("This file is no ODM 1.3 file of type Snapshot.")
    elif kind == TRANSACTIONAL:
        words = _(
            "This file holds every transaction (Transactional): export the casebooks as they stand (Snapshot)."
        )
    elif coded:
        words = _(
            "This file is coded (%(profile)s): parts are missing, and dates may be others. Nothing of it is read."
        )
        words %= {"profile": Profile(told).label}
    if words:
        raise CheckFailed({"files": words})


def forms_in(content: bytes, name: str) -> Iterator[dict[str, str]]:
    for subject in subject_elements_in(io.BytesIO(content), name):
        about = {
            "study": subject.getparent().get("StudyOID"),
            "site": attribute(first(subject, "SiteRef"), "LocationOID"),
            "subject": subject.get("SubjectKey"),
        }
        for visit in each(subject, "StudyEventData"):
            for form in each(visit, "FormData"):
                place = about | {
                    "visit": visit.get("StudyEventOID"),
                    "visit_repeat": visit.get("StudyEventRepeatKey"),
                    "form": form.get("FormOID"),
                    "form_repeat": form.get("FormRepeatKey"),
                }
                yield {key: text for key, text in place.items() if text} | cells_of(form)


def cells_of(form: Any) -> dict[str, str]:
    """The items of a form; a second value of one is kept under a name that nothing has."""
    cells: dict[str, str] = {}
    for group in each(form, "ItemGroupData"):
        line = group.get("ItemGroupRepeatKey")
        for item in group.iterchildren(f"{{{ODM}}}*"):
            if not item.tag.startswith(f"{{{ODM}}}ItemData"):
                continue
            key = item.get("ItemOID", "") + (f" #{line}" if line else "")
            while key in cells:
                key += " again"
            why = item.find(f".//{{{ODM}}}FlagValue")
            unit = first(item, "MeasurementUnitRef")
            parts = {
                key: item.get("Value") or item.text,  # typed items (ItemDataString) hold it as their text
                f"{key} unit": attribute(item if unit is None else unit, "MeasurementUnitOID"),
                f"{key} missing": None if why is None else why.text,
            }
            cells |= {name: text.strip() for name, text in parts.items() if text and text.strip()}
    return cells


def attribute(found: Any, name: str) -> str | None:
    return None if found is None else found.get(name)


# Entering


def enter_casebooks(batch: ImportBatch, rows: list[Row], by: User) -> Work:
    """Submit or correct every form that can be; the others are rejected in their rows."""
    with timezone.override(ZoneInfo(batch.site.timezone)):
        return _Run(batch, rows, by).done()


class _Run(Run):
    """One run over a file."""

    def __init__(self, batch: ImportBatch, rows: list[Row], by: User) -> None:
        super().__init__(batch, rows, by)
        self.by_usubjid: dict[str, list[Subject]] = {}
        for one in {subject.pk: subject for subject in self.subjects.values()}.values():
            self.by_usubjid.setdefault(one.usubjid, []).append(one)

    def subject_of(self, row: Row) -> Subject | None:
        key, oids = row.cells.get("subject", ""), {"study": study_oid(self.batch.study.key)}
        if "site" in row.cells:
            oids["site"] = site_oid(self.batch.site.key)
        for name, oid in oids.items():
            if row.cells.get(name) != oid:
                row.reject(name, _("This is of another place: %(oid)s is imported here.") % {"oid": oid})
        if row.rejected:
            return None
        found = self.by_usubjid.get(key) or [one for one in [self.subjects.get(key)] if one is not None]
        if len(found) == 1:
            return found[0]
        several = _("Several subjects of this site have this number: import their forms as CSV.")
        row.reject("subject", several if found else _("No subject of this number is at this site."))
        return None

    def slot_of(self, row: Row, subject: Subject) -> Slot | None:
        named = {}
        for name, prefix in (("visit", visit_oid("")), ("form", form_oid(""))):
            oid = row.cells.get(name, "")
            if not oid.startswith(prefix):
                row.reject(
                    name,
                    _("This is no identifier of this system: it would begin with %(start)s.")
                    % {"start": prefix},
                )
            named[name] = oid.removeprefix(prefix)
        if not row.rejected and form_type(named["form"], subject) is None:
            row.reject("form", _("This protocol has no form %(form)s.") % {"form": named["form"]})
        repeats = repeats_of(row)
        if row.rejected or repeats is None:
            return None
        return Slot(subject.pk, named["visit"], named["form"], **repeats)

    def sent_of(self, row: Row, page: EntryPage) -> Sent:
        items = {name: text for name, text in row.cells.items() if name not in PLACE}
        return _Typed(page, items).sent


class _Typed:
    """The items of a form typed into its page."""

    def __init__(self, page: EntryPage, cells: dict[str, str]) -> None:
        self.page, self.sent = page, Sent()
        self.columns: dict[tuple[str, int, str], str] = {}
        told: dict[tuple[str, int], dict[str, str]] = {}
        for column, text in cells.items():
            self.read(column, text, told)
        self.type("", fields_of(page), told.pop(("", 0), {}), "")
        for kind in {kind: None for kind, _number in told}:
            self.type_lines(kind, {number: cells for (one, number), cells in told.items() if one == kind})

    def read(self, column: str, text: str, told: dict[tuple[str, int], dict[str, str]]) -> None:
        """Put a cell under its kind of lines and number, as a column is called."""
        form = self.page.kind.key
        match = CELL.fullmatch(column)
        start = f"I.{form}."
        if match is None or not match["oid"].startswith(start):
            self.sent.wrong[column] = _("This is no item of the form %(form)s.") % {"form": form}
            return
        item, kind, part = match["oid"].removeprefix(start), "", match["part"]
        if match["line"]:
            kind, _dot, item = item.partition(".")
            if kind not in self.page.lines or not item:
                self.sent.wrong[column] = _("This is no item of a line of this form.")
                return
        if item in NO_ITEMS or item.startswith(MISSING_PREFIX):
            self.sent.wrong[column] = _("There is no item of this name on this form.")
            return
        if part == "unit" and not text.startswith(unit_oid("")):
            words = _("This is no identifier of this system: it would begin with %(start)s.")
            self.sent.wrong[column] = words % {"start": unit_oid("")}
            return
        text = text.removeprefix(unit_oid("")) if part == "unit" else text
        name = {None: item, "unit": f"{item}.unit", "missing": f"{MISSING_PREFIX}{item}"}[part]
        number = int(match["line"] or 0)
        told.setdefault((kind, number), {})[name] = text
        self.columns[kind, number, name] = column

    def type(self, kind: str, fields: Fields, cells: dict[str, str], start: str, number: int = 0) -> None:
        for name, text, column in fields.typed(cells):
            oid = self.columns[kind, number, column]
            if name not in fields.names:
                self.sent.wrong[oid] = _("There is no item of this name on this form.")
            self.sent.texts[f"{start}{name}"], self.sent.columns[f"{start}{name}"] = text, oid

    def type_lines(self, kind: str, told: dict[int, dict[str, str]]) -> None:
        """Type lines over those of their numbers. One that is not there is new, unless others stand that it may be."""
        formset, fields = self.page.lines[kind], fields_of_lines(self.page, kind)
        standing = {int(number): line for number, line in saved_lines(formset).items()}
        left = {number: texts_in_line(line) for number, line in standing.items() if number not in told}
        fresh = len(standing)
        for number, cells in sorted(told.items()):
            if number in standing:
                start = standing[number].add_prefix("")
                self.sent.texts[f"{start}line"] = str(number)
                self.type(kind, fields, cells, start, number)
                continue
            said = {name: text for name, text, _column in fields.typed(cells)}
            same = next((one for one, texts in left.items() if said.items() <= texts.items()), None)
            if same is not None:
                del left[same]
            elif left:
                column = self.columns[kind, number, next(iter(cells))]
                words = _(
                    "No line has this number; others stand that the file does not have (%(lines)s): type it by hand."
                )
                self.sent.wrong[column] = words % {"lines": listed(left)}
            else:
                start, fresh = f"{kind}-{fresh}-", fresh + 1
                self.sent.texts[f"{start}line"] = ""
                self.type(kind, fields, cells, start, number)


def texts_in_line(line: Any) -> dict[str, str]:
    start = line.add_prefix("")
    return {name.removeprefix(start): text for name, text in texts_of(line).items()}

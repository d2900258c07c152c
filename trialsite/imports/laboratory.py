"""Laboratory results of a file into the reports of their draws: entered, added to, corrected, or refused by line."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assessments.domain import lab_tokens as tokens
from assessments.domain.lab_match import Cell, Why, in_canonical, match
from assessments.domain.lab_names import analytes_of, folded, other_specimen
from assessments.domain.ranges import same_laboratory
from assessments.laboratory.draws import ENTERED
from assessments.laboratory.panels import PANELS
from assessments.laboratory.saving import PANEL_OF, DrawEntry, analyte_on
from assessments.laboratory.tray import learned_names
from assessments.laboratory.typed import Column, limit_text
from assessments.models import LabReport
from assessments.models.tray import TrayWhy, analyte_word
from trialsite.access.models import User
from trialsite.casebook.errors import Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.pages import EntryPage
from trialsite.casebook.selectors import current_records
from trialsite.casebook.services import lock_slot, locked_subject
from trialsite.casebook.slots import Slot
from trialsite.clinical.units import ANALYTES, unit_beside, unit_label
from trialsite.listing import listed, told

from .loinc import LOINC
from .models import ImportBatch, ImportKind
from .outcomes import CHANGED, NEW, SAME, Row, Work
from .progress import alone, went_on
from .typing_in import Change, Entered, NotTaken, enter_typed, place_words, reason_of, subjects_by_number

MOMENT = re.compile(rf"\s*{tokens.DATE.pattern}(?:[ T]*[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.0+)?)?)?\s*")
FINAL = ("final", "amended", "corrected")  # what FHIR calls them
COLUMN_OF = {Why.NUMBER: "result", Why.UNIT: "unit", Why.NO_UNIT: "unit"}


@dataclass(frozen=True)
class Draw:
    """When a sample was drawn, and at which visit ("" where its day decides)."""

    on: date
    at: time | None
    visit: str


@dataclass
class Draws:
    """What a file says of one subject: draw → analyte → its line and cell."""

    subject: Subject
    found: dict[Draw, dict[str, tuple[Row, Cell]]] = field(default_factory=dict)


def enter_results(batch: ImportBatch, rows: list[Row], by: User) -> Work:
    """Enter the results of every line that can be; the others are rejected in their rows."""
    with timezone.override(ZoneInfo(batch.site.timezone)):
        return _Run(batch, rows, by).done()


class _Run:
    """One run over a file."""

    def __init__(self, batch: ImportBatch, rows: list[Row], by: User) -> None:
        self.batch, self.by, self.work = batch, by, Work(rows)
        self.coded = batch.kind == ImportKind.FHIR
        codes = {folded(code): analyte for code, (analyte, _name) in LOINC.items()} if self.coded else {}
        self.learned = codes or learned_names(batch, batch.source)
        self.subjects = subjects_by_number(batch, by)

    def done(self) -> Work:
        for one in self.read().values():
            with alone():
                self.enter_subject(one)
        return self.work

    # Reading

    def read(self) -> dict[str, Draws]:
        """What stands in the lines, by subject; of one result that is told twice only equal ones are taken."""
        found: dict[str, Draws] = {}
        for row in self.work.rows:
            if row.rejected:
                continue
            subject = self.subjects.get(row.cells.get("subject", ""))
            said = self.result_of(row, subject)
            if said is None or subject is None:
                continue
            draw, analyte, cell = said
            row.subject, row.changes = subject.number, [[analyte_word(analyte), "", ""]]
            cells = found.setdefault(str(subject.pk), Draws(subject)).found.setdefault(draw, {})
            if analyte in cells:
                self.second(row, cell, *cells[analyte])
            else:
                cells[analyte] = row, cell
        for one in found.values():
            for draw, cells in one.found.items():
                one.found[draw] = {key: pair for key, pair in cells.items() if not pair[0].rejected}
        return found

    def second(self, row: Row, cell: Cell, first: Row, known: Cell) -> None:
        if cell == known:
            row.status = SAME
            return
        lines = {"first": first.line, "second": row.line}
        words = _("Lines %(first)d and %(second)d give two results of one analyte at one moment.") % lines
        for one in (row, first):
            one.reject("result", words)

    def result_of(self, row: Row, subject: Subject | None) -> tuple[Draw, str, Cell] | None:
        """What a line says; None once it is rejected."""
        if row.cells.get("status", FINAL[0]) not in FINAL:
            row.reject("status", _("Only final results are entered."), listed(FINAL))
        if subject is None:
            row.reject("subject", _("No subject of this number is at this site."))
        draw = self.draw_of(row)
        found = self.cell_of(row)
        return None if row.rejected or draw is None or found is None else (draw, *found)

    def draw_of(self, row: Row) -> Draw | None:
        day, clock = row.cells.get("date", ""), row.cells.get("time", "")
        plain = tokens.half_width(day)
        moment = tokens.moment_of(plain) if MOMENT.fullmatch(plain) else moment_here(plain)
        if moment is None:
            row.reject("date", _("No day of the draw can be read here."), "2026-03-05, 2026-03-05 08:30")
            return None
        on, at = moment
        if clock:
            typed = tokens.TIME.fullmatch(tokens.half_width(clock).strip())
            if typed is None:
                row.reject("time", _("Write the time as hours and minutes: 14:30."), "14:30")
                return None
            at = time(int(typed[1]), int(typed[2]))
        visit = row.cells.get("visit", "")
        return Draw(on, at, visit if "." in visit or not visit else f"{visit}.1")

    def cell_of(self, row: Row) -> tuple[str, Cell] | None:
        """The analyte of a line and its result with the limits; None once it is rejected."""
        said = {name: row.cells.get(name, "") for name in ("test", "result", "unit", "range")}
        if not said["test"] or not said["result"]:
            empty = "result" if said["test"] else "test"
            row.reject(empty, _("Nothing stands here."))
            return None
        if self.coded and said["test"] not in LOINC:
            row.reject("test", _("No analyte has this code in the table of LOINC codes."))
            return None
        found = match(said["test"], said["result"], said["unit"], said["range"], self.learned)
        if isinstance(found, Why):
            row.reject(COLUMN_OF.get(found, "test"), sentence(TrayWhy(found.value).label), self.units_at(row))
            return None
        analyte, cell = found
        if analyte not in ENTERED:
            row.reject("test", sentence(TrayWhy.NAME.label))
            return None
        if not cell.unit and len(ANALYTES[analyte].units) > 1:
            words = _("Without its unit this result may mean another amount.")
            row.reject("unit", words, units_of(analyte))
            return None
        return analyte, self.with_limits(row, analyte, cell)

    def units_at(self, row: Row) -> str:
        found = match(row.cells.get("test", ""), "1", "", "", self.learned)
        return "" if isinstance(found, Why) else units_of(found[0])

    def with_limits(self, row: Row, analyte: str, cell: Cell) -> Cell:
        """The cell with the limits of columns of their own, where there are any."""
        limits = {}
        for name in ("lower", "upper"):
            text = tokens.half_width(row.cells.get(name, "")).strip()
            if text and not re.fullmatch(tokens.NUMBER, text):
                row.reject(name, _("Enter a number such as 3.5."), _("a number"))
            elif text:
                limits[name] = in_canonical(analyte, tokens.number(text), cell.unit)
        if not limits:
            return cell
        return Cell(cell.text, cell.unit, limits.get("lower"), limits.get("upper"))

    # Entering

    def enter_subject(self, draws: Draws) -> None:
        try:
            subject = locked_subject(draws.subject.pk, self.by)
        except Refused as refusal:
            reject_all(draws.found.values(), refusal.sentence)
            return
        entry = DrawEntry(subject, {}, {}, self.by)
        for number, draw in enumerate(sorted(draws.found, key=lambda one: (one.on, one.at or time.min))):
            for panel in PANELS:
                cells = {key: pair for key, pair in draws.found[draw].items() if PANEL_OF[key] == panel}
                if cells:
                    self.enter_panel(entry, number, draw, panel, cells)
                    went_on(len(cells))

    def enter_panel(
        self, entry: DrawEntry, number: int, draw: Draw, panel: str, cells: dict[str, tuple[Row, Cell]]
    ) -> None:
        """One report: those of its lines that it refuses are left out, until it takes the others."""
        head = {
            "date": draw.on.isoformat(),
            "time": f"{draw.at:%H:%M}" if draw.at else "",
            "laboratory": self.batch.source,
            "visit": draw.visit,
        }
        try:
            slot = self.slot(entry, number, draw, panel, Column(head))
        except Refused as refusal:
            reject_all([cells], refusal.sentence)
            return
        while cells:
            column = Column(head)
            for analyte, (_row, cell) in cells.items():
                put(column, analyte, cell)
            lines = [row.line for row, _cell in cells.values()]
            try:
                with transaction.atomic():
                    opened = lock_slot(slot=slot, by=self.by)
                    sent = entry.fields(EntryPage(opened), column, column.cells)
                    done = enter_typed(
                        opened=opened, sent=sent, reason=reason_of(self.batch, lines), by=self.by
                    )
            except NotTaken as refusal:
                cells = left_after(refusal, entry, cells)
            except (Refused, PermissionDenied) as refusal:
                reject_all([cells], str(refusal.args[0]) if refusal.args else str(refusal))
                return
            else:
                drawn = " ".join(filter(None, (head["date"], head["time"])))
                self.tell(entry.subject, slot, drawn, cells, done)
                return

    def slot(self, entry: DrawEntry, number: int, draw: Draw, panel: str, column: Column) -> Slot:
        """The report of this draw that stands already, else a place for a new one. Raises Refused."""
        standing = current_records(LabReport, [entry.subject.pk]).filter(form_key=panel, performed_on=draw.on)
        reports = [
            one
            for one in standing.select_related("visit")
            if draw.visit in ("", f"{one.visit.key}.{one.visit.repeat}")
        ]
        same = [one for one in reports if self.is_of(one, draw)]
        if len(same) > 1:
            raise Refused(_("Two reports of this draw stand already: correct them on their pages."))
        if same:
            return Slot.of_record(same[0])
        if any(self.may_be_of(one, draw) for one in reports):
            words = _(
                "On this day a report stands already that may be the same draw: its time or laboratory is missing "
                "there or here. Complete it, then import again."
            )
            raise Refused(words)
        found = entry.slot(number, column, panel)
        if found is None:
            raise Refused(_("At this visit another report stands already: name another visit, or none."))
        return found

    def is_of(self, report: LabReport, draw: Draw) -> bool:
        laboratory = same_laboratory(report.laboratory) == same_laboratory(self.batch.source)
        return laboratory and report.sample_time == draw.at

    def may_be_of(self, report: LabReport, draw: Draw) -> bool:
        names = {same_laboratory(report.laboratory), same_laboratory(self.batch.source)}
        moments = {report.sample_time, draw.at}
        return (len(names) == 1 or "" in names) and (len(moments) == 1 or None in moments)

    def tell(
        self, subject: Subject, slot: Slot, drawn: str, cells: Mapping[str, tuple[Row, Cell]], done: Entered
    ) -> None:
        """Say in each row what became of it, and keep the way back."""
        place = place_words(subject, slot)
        now = {}
        for line in done.page.lines["results"].forms:
            if line["line"].value():
                now[str(line["analyte"].value())] = str(line["line"].value())
        asked = [(analyte_in(done.typed, name), words) for name, words in done.asks]
        for analyte, (row, _cell) in cells.items():
            own = [one for one in done.changes if one.kind == "results" and one.line == now.get(analyte)]
            fresh = any(one.item == "analyte" for one in own)
            row.status = NEW if fresh else CHANGED if own else SAME
            row.place = f"{place} · {drawn}"
            row.asks = [words for about, words in asked if about in ("", analyte)]
            row.changes = [[analyte_word(analyte), *words_of(own)]]
        if done.wrote:
            self.work.touched.append(done.touched(subject.number, place))


def put(column: Column, analyte: str, cell: Cell) -> None:
    """A result with its unit beside it, as it is typed into the laboratory table."""
    column.cells[analyte] = f"{cell.text} {unit_label(cell.unit)}" if cell.unit else cell.text
    if cell.lln is not None or cell.uln is not None:
        column.limits[analyte] = limit_text(cell.lln), limit_text(cell.uln)


def moment_here(text: str) -> tuple[date, time | None] | None:
    """An instant with its offset from UTC ("2026-01-06T08:15:00+08:00") as day and time at the site."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if instant.tzinfo is None:
        return None
    here = timezone.localtime(instant)
    return here.date(), here.time().replace(second=0, microsecond=0)


def unknown_names(rows: Iterable[Row]) -> list[str]:
    """The names of tests that wait for somebody to say what they mean, as the file prints them."""
    found = {row.cells.get("test", "") for row in rows if any(one[0] == "test" for one in row.refused)}
    return sorted(
        name for name in found - {""} if not other_specimen(name) and len(analytes_of(name, {})) != 1
    )


def left_after(
    refusal: NotTaken, entry: DrawEntry, cells: Mapping[str, tuple[Row, Cell]]
) -> dict[str, tuple[Row, Cell]]:
    """The cells without those that a page refuses; none where it refuses the draw."""
    at = entry.by_cell(refusal.page) or dict(refusal.messages)
    named = at.keys() & cells.keys()
    for analyte in named:
        cells[analyte][0].reject("result", at[analyte], units_of(analyte))
    if named:
        return {key: pair for key, pair in cells.items() if key not in named}
    for column, words in at.items():
        for row, _cell in cells.values():
            row.reject(column if column in ("date", "time") else "", words)
    return {}


def reject_all(several: Iterable[Mapping[str, tuple[Row, Cell]]], words: str) -> None:
    for cells in several:
        for row, _cell in cells.values():
            row.reject("", words)


def units_of(analyte: str) -> str:
    return listed(unit_label(one.code) for one in ANALYTES[analyte].units)


def sentence(words: Any) -> str:
    text = str(words)
    return f"{text[:1].upper()}{text[1:]}" + ("。" if (get_language() or "").startswith("zh") else ".")


def analyte_in(page: EntryPage, name: str) -> str:
    """The analyte of a field of a line ("results-3-result"); "" of a field of the report."""
    kind, _dash, rest = name.partition("-")
    number = rest.partition("-")[0]
    return analyte_on(page, int(number)) if kind == "results" and number.isdigit() else ""


def words_of(changes: Sequence[Change]) -> list[str]:
    """Old and new text of a line: the result with its unit, and its limits where they change."""
    by_item = {one.item: one for one in changes if one.item in ("result", "lln", "uln")}
    return [
        told_of({item: getattr(one, when) for item, one in by_item.items()}, by_item)
        for when in ("old", "new")
    ]


def told_of(texts: Mapping[str, str], by_item: Mapping[str, Change]) -> str:
    result, _space, unit = texts.get("result", "").partition(" ")
    parts = [f"{result} {unit_beside(unit)}".strip()]
    if texts.get("lln") and texts.get("uln"):
        parts.append(f"{texts['lln']}–{texts['uln']}")
    else:
        parts += [told(by_item[item].label, texts[item]) for item in ("lln", "uln") if texts.get(item)]
    return " · ".join(filter(None, parts))

"""Saving the open columns of the laboratory table: a report for each draw and panel, all of them or none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.casebook.entry import of_comments, problems_of, submit_typed, texts_on, typed_over
from trialsite.casebook.errors import Asked, CheckFailed, Refused
from trialsite.casebook.formfields import DateFormField
from trialsite.casebook.models import LOG, CasebookRecord, Subject
from trialsite.casebook.pages import EntryPage
from trialsite.casebook.registries import PlannedRow
from trialsite.casebook.selectors import missed_visits, planned_visits, records_of
from trialsite.casebook.services import COMMENT, lock_slot, locked_subject, next_repeat
from trialsite.casebook.slots import Slot, parsed

from ..domain.lab_cells import planned_home, result_and_unit
from ..domain.ranges import LimitsFrom
from .draws import unit_of
from .limits import limits_of_analytes
from .panels import PANELS
from .tray import assign_row
from .typed import Column, code_of, limit_text

PANEL_OF = {key: panel for panel, keys in PANELS.items() for key in keys}
HEADS = {"performed_on": "date", "sample_time": "time", "laboratory": "laboratory"}
Place = tuple[str, int]  # key and repeat of a visit


@dataclass(frozen=True)
class Question:
    """A soft finding: how it is named, at which cell of which column, what it says."""

    name: str
    column: int
    analyte: str
    message: str


class DrawsAsked(Refused):
    """Soft edit checks found something that the author has not been shown: nothing was saved yet."""

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__(
            _("Some values are unusual. Say why below, or submit again: a query is opened then.")
        )
        self.questions = questions


@transaction.atomic
def save_draws(
    *,
    subject: Subject,
    columns: Sequence[Column],
    units: Mapping[str, str],
    placed: Mapping[UUID, str] | None = None,
    comments: Mapping[str, str] | None = None,
    by: User,
) -> list[CasebookRecord]:
    """Enter every column in which a result stands, each panel of it as a form of its own, as the form's page would.

    `units`: the unit of a cell that names none, by analyte; `placed`: rows of the tray that stand in the columns now,
    with their analyte; `comments` answer soft findings by their names. All or nothing: raises CheckFailed with the
    sentences by address ("0.wbc", "1.date", "" for the whole), DrawsAsked, or Refused."""
    subject = locked_subject(subject.pk, by)
    entry = DrawEntry(subject, units, comments or {}, by)
    if not any(column.filled for column in columns):
        raise CheckFailed({"": _("Type at least one result.")})
    for number, column in enumerate(columns):
        if column.filled:
            entry.enter(number, column)
    if entry.problems:
        raise CheckFailed(entry.problems)
    if entry.questions:
        raise DrawsAsked(entry.questions)
    for row, analyte in (placed or {}).items():
        assign_row(row_id=row, analyte=analyte, by=by)
    return entry.saved


class DrawEntry:
    """One save: what was entered so far, what is wrong, what is asked; `slot` and `fields` serve imports too."""

    def __init__(
        self, subject: Subject, units: Mapping[str, str], comments: Mapping[str, str], by: User
    ) -> None:
        self.subject, self.units, self.comments, self.by = subject, units, comments, by
        self.saved: list[CasebookRecord] = []
        self.problems: dict[str, str] = {}
        self.questions: list[Question] = []
        self.plan = [
            row for row in planned_visits(subject) if (row.key, row.repeat) not in missed_visits(subject)
        ]
        self.taken = {(one.visit_key, one.visit_repeat, one.form_key) for one in records_of(subject)}
        self.in_log: dict[str, int] = {}

    def enter(self, number: int, column: Column) -> None:
        for panel in PANELS:
            cells = {key: text for key, text in column.filled.items() if PANEL_OF.get(key) == panel}
            if not cells:
                continue
            try:
                slot = self.slot(number, column, panel)
                if slot is not None:
                    self.submit(number, column, slot, cells)
            except CheckFailed as refusal:
                self.tell(number, dict(refusal.messages))
            except Refused as refusal:
                self.problems.setdefault(f"{number}", refusal.sentence)

    def slot(self, number: int, column: Column, panel: str) -> Slot | None:
        """Where a panel goes: the visit that was chosen, the planned one whose window holds the day, or the log."""
        chosen = column.head.get("visit", "").strip()
        if chosen == LOG:
            return self.log_slot(panel)
        if place := parsed(chosen):
            if (*place, panel) in self.taken:
                self.problems[f"{number}.visit"] = _(
                    "At this visit such a report stands already: correct that one, or choose the log."
                )
                return None
            return self.visit_slot(place, panel)
        home = planned_home(day_of(column.head.get("date", "")), windows(self.plan, panel), self.free(panel))
        return self.visit_slot(home, panel) if home else self.log_slot(panel)

    def free(self, panel: str) -> set[Place]:
        return {(row.key, row.repeat) for row in self.plan if (row.key, row.repeat, panel) not in self.taken}

    def visit_slot(self, place: Place, panel: str) -> Slot:
        self.taken.add((*place, panel))
        return Slot(self.subject.pk, place[0], panel, place[1])

    def log_slot(self, panel: str) -> Slot:
        """The next free place in the log: two reports of one moment are two forms."""
        if panel not in self.in_log:
            self.in_log[panel] = next_repeat(subject=self.subject, form_key=panel)
        repeat = self.in_log[panel]
        self.in_log[panel] += 1
        return Slot(self.subject.pk, LOG, panel, 1, repeat)

    def submit(self, number: int, column: Column, slot: Slot, cells: Mapping[str, str]) -> None:
        opened = lock_slot(slot=slot, by=self.by)
        blank = EntryPage(opened)
        texts = typed_over(blank, self.fields(blank, column, cells))
        page = EntryPage(opened, {name: [text] for name, text in texts.items()})
        if not page.valid():
            self.tell(number, self.by_cell(page))
            return
        named = {self.name(number, slot, page, one): one for one in self.names_at(number, slot, page)}
        try:
            saved = submit_typed(
                opened=opened,
                page=page,
                base_version=0,
                comments={fired: self.comments[name] for name, fired in named.items()},
                draft_version=0,
                by=self.by,
            )
        except Asked as refusal:
            for fired in refusal.fired:
                name = self.name(number, slot, page, fired.name)
                analyte = analyte_at(page, fired.item)
                self.questions.append(Question(name, number, analyte, fired.message))
        except CheckFailed as refusal:
            self.tell(number, self.by_cell(page))
            for at, sentence in of_comments(refusal).items():
                name = self.name(number, slot, page, at.removeprefix(COMMENT))
                self.problems[f"{COMMENT}{name}"] = sentence
        else:
            self.saved.append(saved)

    def fields(self, page: EntryPage, column: Column, cells: Mapping[str, str]) -> dict[str, str]:
        """The cells as fields of the form's page: on the line that it prints for the analyte, else on a new one.

        On a saved form its head, and limits that nobody typed, stay as they are."""
        stands = texts_on(page)
        printed = {
            stands.get(f"results-{n}-analyte"): n for n, _form in enumerate(page.lines["results"].forms)
        }
        free = (n for n in count() if not stands.get(f"results-{n}-analyte"))
        ranges = self.ranges(column, cells)
        heads = {name: column.head.get(head, "").strip() for name, head in HEADS.items() if name in stands}
        sent = heads if page.record is None else {}
        for analyte, text in cells.items():
            prefix = f"results-{printed[analyte] if analyte in printed else next(free)}-"
            result, unit = result_and_unit(text, unit_of(analyte, self.units))
            line = {"analyte": analyte, "result": result, "result_unit": code_of(analyte, unit)}
            low, high = column.limits.get(analyte, ("", ""))
            if low or high:
                line |= {"limits_from": LimitsFrom.REPORT.value, "lln": low, "uln": high}
            elif analyte in ranges and not stands.get(f"{prefix}line"):
                line |= ranges[analyte]
            if finding := column.findings.get(analyte, ""):
                line["finding"] = finding
            sent |= {f"{prefix}line": ""}
            sent |= {name: value for name, value in stands.items() if name.startswith(prefix)}
            sent |= {prefix + name: value for name, value in line.items()}
        return sent

    def ranges(self, column: Column, cells: Mapping[str, str]) -> dict[str, dict[str, str]]:
        """The limits of the site's ranges on the day of the draw at its laboratory, as fields of a line."""
        day = day_of(column.head.get("date", ""))
        if day is None:
            return {}
        found = limits_of_analytes(self.subject, list(cells), day, column.head.get("laboratory", "").strip())
        return {
            key: {
                "limits_from": LimitsFrom.SITE_RANGE.value,
                "lln": limit_text(limits.lln),
                "uln": limit_text(limits.uln),
            }
            for key, limits in found.items()
            if limits.range_id
        }

    def by_cell(self, page: EntryPage) -> dict[str, str]:
        """The sentences of a page by the place in the table: head, analyte, or the whole column."""
        found: dict[str, str] = {}
        for name, sentences in problems_of(page).items():
            head = HEADS.get(name, "")
            parts = name.split("-")
            place = head
            if len(parts) == 3 and parts[0] == "results":
                place = analyte_on(page, int(parts[1]))
            found[place] = " ".join(filter(None, [found.get(place), *sentences]))
        return found

    def tell(self, number: int, sentences: Mapping[str, str]) -> None:
        for place, sentence in sentences.items():
            at = f"{number}.{place}" if place else f"{number}"
            if sentence not in self.problems.get(at, ""):
                self.problems[at] = " ".join(filter(None, [self.problems.get(at), sentence]))

    def name(self, number: int, slot: Slot, page: EntryPage, fired: str) -> str:
        """A finding by its column and analyte: it stays the same when other cells are filled."""
        check, _bar, item = fired.partition("|")
        analyte = analyte_at(page, item)
        where = f"{analyte}.{item.rpartition('.')[2]}" if analyte else item
        return f"{number}|{slot.form_key}|{check}|{where}"

    def names_at(self, number: int, slot: Slot, page: EntryPage) -> Iterable[str]:
        """The findings of this page that were answered, as its form names them."""
        places = {line.cleaned_data.get("analyte"): n for n, line in enumerate(page.filled_lines("results"))}
        for name in self.comments:
            column, _bar, rest = name.partition("|")
            form, _bar, rest = rest.partition("|")
            check, _bar, where = rest.partition("|")
            if (column, form) != (str(number), slot.form_key):
                continue
            analyte, _dot, item = where.partition(".")
            yield f"{check}|results.{places[analyte]}.{item}" if analyte in places else f"{check}|{where}"


def analyte_at(page: EntryPage, item: str) -> str:
    """The analyte of an item of a filled line ("results.2.result"); "" of an item of the form itself."""
    parts = item.split(".")
    if len(parts) < 2 or parts[0] != "results" or not parts[1].isdigit():
        return ""
    return str(page.filled_lines("results")[int(parts[1])].cleaned_data.get("analyte") or "")


def analyte_on(page: EntryPage, line: int) -> str:
    """The analyte on a line of the page, whatever stands there."""
    form = page.lines["results"].forms[line]
    return str(form["analyte"].value() or "")


def day_of(text: str) -> date | None:
    """The day in the head of a column; None while it is none."""
    try:
        return DateFormField(required=False).clean(text)
    except ValidationError:
        return None


def windows(plan: Sequence[PlannedRow], panel: str) -> list[tuple[Place, date, date, date]]:
    """The planned visits that ask for a panel and have their date: place, first and last day, target."""
    return [
        ((row.key, row.repeat), row.earliest, row.latest, row.target)
        for row in plan
        if row.target and row.earliest and row.latest and any(slot.form_key == panel for slot in row.forms)
    ]

"""The saved draws of a subject as columns: each result as printed, with its arrow and its CTCAE grade."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any
from uuid import UUID

from django.utils.translation import get_language

from trialsite.casebook.form_types import form_type
from trialsite.casebook.models import Subject
from trialsite.casebook.names import visit_name
from trialsite.casebook.registries import day_words
from trialsite.casebook.selectors import current_records
from trialsite.casebook.slots import Slot
from trialsite.clinical.units import ANALYTES, unit_beside

from ..domain.lab_cells import Report, arrow, draws
from ..models import LabReport, LabResult
from ..ranges.links import lacks_range
from .grades import GradedValue, grade_words, graded_values, severe
from .panels import PANELS
from .results import LabValue, lab_values

SHOWN = 5
ENTERED = tuple(key for keys in PANELS.values() for key in keys)


@dataclass(frozen=True)
class Graded:
    """The grade of one result in words, whether it is 3 or worse, and how it came about."""

    words: str
    severe: bool
    working: str


@dataclass(frozen=True)
class Marks:
    """What stands beside results, by the id of their line: grades, limits that count, why a grade waits for one."""

    grades: Mapping[str, Graded]
    values: Mapping[str, LabValue]
    lacking: Mapping[str, str]


@dataclass(frozen=True)
class Value:
    """One result of a draw: as printed, its unit where that is not the row's, arrow, grade, the way to correct it."""

    text: str
    unit: str
    arrow: str
    grade: Graded | None
    url: str
    lacking: str = ""


@dataclass
class Draw:
    """One column: the moment, the laboratory, the treatment day, the forms behind it, the values by analyte."""

    on: date
    at: time | None
    laboratory: str
    day_words: str
    visits: list[str] = field(default_factory=list)
    forms: list[tuple[str, str]] = field(default_factory=list)
    values: dict[str, list[Value]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class Laboratory:
    """Everything that is recorded of a subject's laboratory, as far as the table shows it."""

    draws: Sequence[Draw]
    total: int
    units: Mapping[str, str]  # analyte → the unit in which it was reported last
    last_laboratory: str
    analytes: frozenset[str]

    @property
    def lacks_limits(self) -> bool:
        """Whether a grade of what is shown waits for a range of the site."""
        return any(one.lacking for draw in self.draws for values in draw.values.values() for one in values)


def laboratory_of(subject: Subject, earlier: int = 0) -> Laboratory:
    """The last draws of a subject, newest first; `earlier` leaves out so many of the newest."""
    records = current_records(LabReport, [subject.pk]).filter(form_key__in=PANELS).exclude(performed_on=None)
    reports = [
        Report(one.performed_on, one.sample_time, one.laboratory.strip(), one.form_key, one)
        for one in records.select_related("visit").order_by("performed_on", "pk")
    ]
    columns = draws(reports)
    end = max(len(columns) - earlier, 0)
    shown = columns[max(end - SHOWN, 0) : end]
    lines = lines_of([report.record.pk for column in columns for report in column])
    graded = graded_values([subject.pk]).get(subject.pk, [])
    marks = Marks(grades_in(graded), values_of(subject.pk), lacking_in(graded))
    results = [line for report in reports for line in lines[report.record.pk]]
    units = {line.analyte: line.result.unit for line in results if line.result is not None}
    return Laboratory(
        [draw_of(subject, column, lines, marks, units) for column in reversed(shown)],
        len(columns),
        units,
        reports[-1].laboratory if reports else "",
        frozenset(line.analyte for column in shown for one in column for line in lines[one.record.pk]),
    )


def values_of(subject_id: UUID) -> dict[str, LabValue]:
    """Every standing result by the id of its line."""
    found = lab_values([subject_id], ENTERED).get(subject_id, [])
    return {value.source.row_id: value for value in found}


def lines_of(records: Sequence[UUID]) -> dict[UUID, list[LabResult]]:
    """The standing results of each report in its order."""
    found: dict[UUID, list[LabResult]] = defaultdict(list)
    rows = LabResult.objects.filter(record__in=records, voided=False, result_value__isnull=False)
    for line in rows.order_by("line"):
        found[line.record_id].append(line)
    return found


def draw_of(
    subject: Subject,
    column: Sequence[Report[Any]],
    lines: Mapping[UUID, Sequence[LabResult]],
    marks: Marks,
    units: Mapping[str, str],
) -> Draw:
    first = column[0]
    words = (name(subject, first.on) for name in day_words.values())
    draw = Draw(first.on, first.at, first.laboratory, " · ".join(filter(None, words)))
    for report in column:
        slot = Slot.of_record(report.record)
        kind = form_type(slot.form_key, subject)
        draw.forms.append((str(kind.title) if kind else slot.form_key, slot.url()))
        if not slot.continuous:
            visit = visit_name(subject.protocol_version.protocol, slot.visit_key, slot.visit_repeat)
            draw.visits += [visit] if visit not in draw.visits else []
        for line in lines[report.record.pk]:
            draw.values[line.analyte].append(value_of(line, marks, units, slot.url() + "?edit=1"))
    return draw


def value_of(line: LabResult, marks: Marks, units: Mapping[str, str], url: str) -> Value:
    quantity = line.result
    assert quantity is not None
    known = marks.values.get(str(line.pk))  # with the limits of the site's range, where those count
    other = quantity.unit if quantity.unit != units.get(line.analyte) else ""
    return Value(
        quantity.text,
        unit_beside(other) if other else "",
        arrow(quantity, known.lln, known.uln) if known else "",
        marks.grades.get(str(line.pk)),
        url,
        marks.lacking.get(str(line.pk), ""),
    )


def grades_of(subject_id: UUID) -> dict[str, Graded]:
    """The CTCAE grades of one subject's results."""
    return grades_in(graded_values([subject_id]).get(subject_id, []))


def lacking_in(graded: Iterable[GradedValue]) -> dict[str, str]:
    """Why a result has no grade, by the id of its line, where it waits for a range of the site."""
    language = get_language() or "en"
    return {
        value.source.row_id: grade.sentence.in_language(language)
        for value, _term, grade in graded
        if lacks_range(value, grade)
    }


def grades_in(graded: Iterable[GradedValue]) -> dict[str, Graded]:
    """The CTCAE grade of every result that reaches one, by the id of its line; of two terms the worse."""
    language = get_language() or "en"
    found: dict[str, Graded] = {}
    worst: dict[str, int] = {}
    for value, _term, grade in graded:
        words, line = grade_words(grade), value.source.row_id
        if words not in ("", "0") and min(grade.possible) > worst.get(line, 0):
            worst[line] = min(grade.possible)
            found[line] = Graded(words, severe(grade), grade.sentence.in_language(language))
    return found


def unit_of(analyte: str, units: Mapping[str, str]) -> str:
    """The unit of a row of the table: as reported last, else the canonical one."""
    return units.get(analyte) or ANALYTES[analyte].canonical


def unit_words(code: str) -> str:
    return unit_beside(code) if code else ""

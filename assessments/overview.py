"""What the assessments page of a subject shows: responses, MRD, laboratory trends with grades, adverse events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import get_language

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import facts_of
from trialsite.casebook.selectors import current_records
from trialsite.casebook.slots import Slot
from trialsite.clinical.facts import Fact
from trialsite.clinical.kleene import Truth
from trialsite.clinical.units import analyte, unit_label

from .domain.grading import TERMS, LabGrade, Reference, Term, grade_lab
from .domain.mrd import MrdVerdict, percent
from .domain.response import Response, Step
from .lab_results import LabValue, lab_values
from .models import AdverseEvent
from .mrd_chart import WIDTHS, MrdChart, mrd_chart
from .mrd_results import MrdLine, course_of, mrd_lines, study_method, threshold_for
from .responses import Judged, first_doses, judged_responses
from .summaries import result_words

TREND_DAYS = 8
SUMMARY_FACTS = ("crcl", "hctci", "cns_status", "cns_leukemia")


@dataclass(frozen=True)
class ResponseLine:
    """One marrow in the table of responses."""

    judged: Judged
    url: str
    computed: str
    working: Sequence[str]
    warnings: Sequence[str]


@dataclass(frozen=True)
class MrdShown:
    """One MRD result in the table, with its verdict in words."""

    line: MrdLine
    url: str
    reported: str
    verdict: MrdVerdict | None
    threshold: str
    reason: str


@dataclass(frozen=True)
class TrendCell:
    """One result of one day with its grade."""

    text: str
    grade: LabGrade | None
    shown_grade: str
    high: bool


@dataclass(frozen=True)
class TrendLine:
    """One analyte over the last days."""

    label: str
    unit: str
    cells: Sequence[TrendCell | None]


@dataclass(frozen=True)
class FigureLine:
    """A derived figure with its working."""

    name: str
    value: str
    working: str


def overview(subject: Subject) -> dict[str, Any]:
    """Everything that the page shows, from what is recorded now."""
    with one_reading():
        responses = judged_responses([subject.pk]).get(subject.pk, [])
        lines = mrd_lines([subject.pk]).get(subject.pk, [])
        protocol = subject.protocol_version.protocol
        method = study_method(protocol)
        threshold = threshold_for(protocol, method)
        facts = facts_of(subject.pk, ("relapsed", "mrd_state", *SUMMARY_FACTS))
        course = course_of(lines, method, facts["relapsed"])
        days, trend = trends(subject.pk, first_doses([subject.pk]).get(subject.pk))
    language = get_language() or "en"
    return {
        "responses": [response_line(each, language) for each in reversed(responses)],
        "mrd": [mrd_shown(line, language) for line in reversed(lines)],
        "mrd_charts": charts_of(lines, method, threshold.threshold if threshold else None),
        "mrd_method": method,
        "mrd_events": [(event.on, event.sentence.in_language(language)) for event in course.events],
        "mrd_state": facts["mrd_state"],
        "figures": [figure_line(name, facts[name]) for name in SUMMARY_FACTS],
        "days": days,
        "trend": trend,
        "events": adverse_events(subject),
    }


def response_line(judged: Judged, language: str) -> ResponseLine:
    return ResponseLine(
        judged,
        slot_url(judged.record),
        judged.response.category.value,
        [step.sentence.in_language(language) for step in deciding(judged.response)],
        [warning.value for warning in judged.response.warnings],
    )


def deciding(response: Response) -> Sequence[Step]:
    """The rules that matter for the category: those still open, and the first that holds."""
    shown = []
    for step in response.steps:
        if step.truth is not Truth.FALSE:
            shown.append(step)
        if step.truth is Truth.TRUE:
            break
    return shown[:3]


def mrd_shown(line: MrdLine, language: str) -> MrdShown:
    verdict = line.verdict
    return MrdShown(
        line,
        slot_url(line.sample),
        result_words(line.line),
        verdict,
        percent(verdict.threshold) if verdict else "",
        verdict.reason.in_language(language) if verdict else "",
    )


def charts_of(lines: Sequence[MrdLine], method: str, threshold: Decimal | None) -> list[MrdChart]:
    """The chart of the study's method for a screen and for a telephone; none with fewer than two points."""
    own = [line for line in lines if line.line.method == method and line.verdict]
    return [mrd_chart(own, threshold, place) for place in WIDTHS] if threshold and len(own) > 1 else []


def slot_url(record: Any) -> str:
    visit = record.visit
    return Slot(record.subject_id, visit.key, record.form_key, visit.repeat, record.form_repeat).url()


def trends(subject_id: UUID, first_dose: date | None) -> tuple[list[date], list[TrendLine]]:
    """The graded analytes over the last days on which one was measured, each with its CTCAE grade."""
    analytes = list(dict.fromkeys(term.analyte for term in TERMS.values()))
    values = lab_values([subject_id], analytes).get(subject_id, [])
    days = sorted({value.on for value in values})[-TREND_DAYS:]
    language = get_language() or "en"
    lines = []
    for term in TERMS.values():
        own = [value for value in values if value.analyte == term.analyte]
        if not own:
            continue
        base = baseline(own, first_dose)
        by_day = {value.on: value for value in own}
        cells = [trend_cell(term, by_day.get(day), base) for day in days]
        label = analyte(term.analyte).label.in_language(language)
        lines.append(TrendLine(label, unit_label(term.unit), cells))
    return days, lines


def baseline(values: Sequence[LabValue], first_dose: date | None) -> LabValue | None:
    """The last value up to the first dose; before treatment there is none."""
    if first_dose is None:
        return None
    before = [value for value in values if value.on <= first_dose]
    return before[-1] if before else None


def trend_cell(term: Term, value: LabValue | None, base: LabValue | None) -> TrendCell | None:
    if value is None:
        return None
    reference = Reference(
        lln=value.lln,
        uln=value.uln,
        baseline=base.quantity.canonical if base and not base.quantity.comparator else None,
        uln_at_baseline=base.uln if base else None,
    )
    grade = grade_lab(term, value.quantity, reference)
    shown = str(grade.grade) if grade.grade is not None else f"≥ {min(grade.possible)}"
    return TrendCell(canonical_text(value), grade, shown, high=(grade.grade or 0) >= 3)


def canonical_text(value: LabValue) -> str:
    """A result in the standard unit, as short as it is exact to four decimals."""
    canonical = value.quantity.canonical
    if canonical is None:
        return value.quantity.text
    rounded = round(canonical, 4).normalize()
    return f"{value.quantity.comparator}{rounded:f}"


def figure_line(name: str, fact: Fact) -> FigureLine:
    value = fact.value
    if isinstance(value, Decimal):
        value = round(value, 1)
    text = "" if value is None else f"{fact.comparator}{value} {unit_label(fact.unit)}".strip()
    return FigureLine(name, text, fact.working)


def adverse_events(subject: Subject) -> list[tuple[AdverseEvent, str]]:
    """The events, latest onset first, each with the way to its form."""
    records = current_records(AdverseEvent, [subject.pk]).select_related("visit")
    return [(record, slot_url(record)) for record in records.order_by("-onset_earliest", "-pk")]

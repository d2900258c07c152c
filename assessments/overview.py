"""What the assessments page of a subject shows: responses, MRD, laboratory trends with grades, adverse events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from enrollment.item_facts import latest_records
from trialsite.casebook.models import Subject
from trialsite.casebook.names import visit_name
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import Derived, anchor_dates, anchors, facts, facts_of
from trialsite.casebook.selectors import current_records
from trialsite.casebook.slots import Slot
from trialsite.clinical.units import analyte, canonical_unit, unit_beside
from trialsite.studies.domain.protocol import Protocol

from .derived.disease import cns
from .derived.examinations import comorbidity
from .derived.laboratory import clearance_line
from .disease.later_counts import later_words, open_words
from .disease.mrd_chart import WIDTHS, Event, MrdChart, mrd_chart
from .disease.mrd_results import (
    CLASS_WORDS,
    VERDICT_WORDS,
    MrdLine,
    course_of,
    mrd_lines,
    source_words,
    study_method,
    threshold_for,
)
from .disease.responses import WARNING_WORDS, Judged, category_words, deciding, judged_responses
from .domain.grading import LabGrade
from .domain.mrd import Verdict
from .laboratory.draws import grades_of
from .laboratory.grades import (
    GradingRules,
    baseline,
    baseline_days,
    gradable_values,
    grade_of,
    grade_words,
    rules_of,
    severe,
)
from .laboratory.results import LabValue, latest_values
from .laboratory.sparks import sparks
from .models import AdverseEvent, CerebrospinalFluid, Hctci
from .models.disease import MrdMethod
from .summaries import result_words

TREND_DAYS = 6


@dataclass(frozen=True)
class ResponseLine:
    """One marrow in the table of responses."""

    judged: Judged
    url: str
    visit: str
    computed: str
    computed_words: str
    investigator: str
    working: Sequence[str]
    warnings: Sequence[str]
    awaiting: str = ""
    later: str = ""
    undecided: str = ""


@dataclass(frozen=True)
class MrdShown:
    """One MRD result in the table, with its verdict in words."""

    line: MrdLine
    url: str
    reported: str
    verdict: str
    verdict_words: str
    reason: str
    limit_source: str
    reporting_class: str
    disagrees: bool


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
    chart: Mapping[str, Any] | None = None


def overview(subject: Subject) -> dict[str, Any]:
    """Everything that the page shows, from what is recorded now."""
    with one_reading():
        responses = judged_responses([subject.pk]).get(subject.pk, [])
        lines = mrd_lines([subject.pk]).get(subject.pk, [])
        protocol = subject.protocol_version.protocol
        method = study_method(protocol)
        threshold = threshold_for(protocol, method)
        course = course_of(lines, method, facts_of(subject.pk, ["relapsed"])["relapsed"])
        derived = figures(subject.pk)
        days, trend = trends(subject, baseline_days([subject.pk]).get(subject.pk))
    language = get_language() or "en"
    return {
        "responses": response_lines(responses, protocol, language),
        "mrd": [mrd_shown(line, lines, language) for line in reversed(lines)],
        "mrd_charts": charts_of(
            lines, method, threshold.threshold if threshold else None, marked_days(subject.pk)
        ),
        "mrd_method": dict(MrdMethod.choices).get(method, ""),
        "mrd_events": [(event.on, event.sentence.in_language(language)) for event in course.events],
        "figures": derived,
        "days": days,
        "trend": trend,
        "events": adverse_events(subject),
    }


def response_lines(responses: Sequence[Judged], plan: Protocol, language: str) -> list[ResponseLine]:
    """The responses, the latest first; what later counts made of a marrow stands above it."""
    standing = {each.record.pk: each for each in responses}
    return [
        response_line(each, plan, language, standing[each.record.pk] is each) for each in reversed(responses)
    ]


def response_line(judged: Judged, plan: Protocol, language: str, standing: bool) -> ResponseLine:
    """standing: nothing later made the response of this marrow better."""
    computed, record = judged.response.category.value, judged.record
    return ResponseLine(
        judged,
        slot_url(record),
        visit_name(plan, record.visit.key, record.visit.repeat),
        computed,
        category_words(computed),
        category_words(judged.said),
        [step.sentence.in_language(language) for step in deciding(judged.response)],
        [str(WARNING_WORDS[warning]) for warning in judged.response.warnings],
        awaiting_words(judged) if standing else "",
        later_words(judged.later) if judged.later else "",
        open_words(judged.undecided) if judged.undecided else "",
    )


def awaiting_words(judged: Judged) -> str:
    """What is repeated until when while the counts have not recovered."""
    found = judged.awaited
    if found is None:
        return ""
    return _(
        "Awaiting recovery: counts again by %(counts)s, marrow by %(marrow)s; no failure before %(day)s."
    ) % {
        "counts": found.counts_by.isoformat(),
        "marrow": found.marrow_by.isoformat(),
        "day": found.failure_from.isoformat(),
    }


def mrd_shown(line: MrdLine, lines: Sequence[MrdLine], language: str) -> MrdShown:
    verdict, kind = line.verdict, line.reporting_class
    return MrdShown(
        line,
        slot_url(line.sample),
        result_words(line.line),
        verdict.verdict.value if verdict else "",
        str(VERDICT_WORDS[verdict.verdict]) if verdict else "",
        verdict.reason.in_language(language) if verdict else "",
        source_words(verdict, line.line.qualifier) if verdict else "",
        str(CLASS_WORDS[kind]) if kind else "",
        disagrees(line, lines),
    )


def disagrees(line: MrdLine, lines: Sequence[MrdLine]) -> bool:
    """Whether another method of the same sample decided otherwise; each is shown, none of them wins."""
    decided = {Verdict.POSITIVE, Verdict.NEGATIVE}
    if line.verdict is None or line.verdict.verdict not in decided:
        return False
    return any(
        one.verdict is not None
        and one.sample.pk == line.sample.pk
        and one.verdict.verdict in decided - {line.verdict.verdict}
        for one in lines
    )


def charts_of(
    lines: Sequence[MrdLine], method: str, threshold: Decimal | None, events: Sequence[Event]
) -> list[MrdChart]:
    """The chart of the study's method for a screen and for a telephone; none with fewer than two points."""
    own = [line for line in lines if line.line.method == method and line.verdict]
    return (
        [mrd_chart(own, threshold, place, events) for place in WIDTHS] if threshold and len(own) > 1 else []
    )


def marked_days(subject_id: UUID) -> list[Event]:
    """The days of treatment that the chart marks."""
    named = (("c1d1", _("Day 1")), ("hsct_d0", _("HSCT")))
    found = [
        (anchor_dates([subject_id], name).get(subject_id), label) for name, label in named if name in anchors
    ]
    return [Event(day, label) for day, label in found if day is not None]


def slot_url(record: Any) -> str:
    return Slot.of_record(record).url()


def trends(subject: Subject, first_dose: date | None) -> tuple[list[date], list[TrendLine]]:
    """The graded analytes over the last days on which one was measured, each with its CTCAE grade and its chart.

    An analyte that is graded as too low and as too high has one line, with the worse of its two grades.
    """
    values = gradable_values(subject.pk)
    charts = sparks(subject, values, grades_of(subject.pk))
    days = sorted({value.on for value in values})[-TREND_DAYS:]
    language = get_language() or "en"
    rules = rules_of([subject.pk])[subject.pk]
    lines = []
    for key in dict.fromkeys(term.analyte for term in rules.terms.values()):
        by_day = {value.on: value for value in values if value.analyte == key}
        if not by_day:
            continue
        base = baseline(values, key, first_dose)
        cells = [trend_cell(by_day.get(day), base, rules) for day in days]
        label = analyte(key).label.in_language(language)
        lines.append(TrendLine(label, unit_beside(canonical_unit(key)), cells, charts.get(key)))
    return days, lines


def trend_cell(value: LabValue | None, base: LabValue | None, rules: GradingRules) -> TrendCell | None:
    if value is None:
        return None
    grades = (grade_of(term, value, base, rules) for term in rules.of_analyte(value.analyte))
    grade = max(grades, key=lambda one: (min(one.possible), max(one.possible)))
    return TrendCell(canonical_text(value), grade, grade_words(grade), high=severe(grade))


def canonical_text(value: LabValue) -> str:
    """A result in the standard unit, as short as it is exact to four decimals."""
    canonical = value.quantity.canonical
    if canonical is None:
        return value.quantity.text
    rounded = round(canonical, 4).normalize()
    return f"{value.quantity.comparator}{rounded:f}"


def figures(subject_id: UUID) -> list[Derived]:
    """Creatinine clearance, HCT-CI and CNS status from the latest forms; a dash while no form is there."""
    scores = latest_records(Hctci, "HCI", [subject_id])
    punctures = latest_records(CerebrospinalFluid, "CSF", [subject_id])
    clearance = [clearance_line(subject_id)] if latest_values([subject_id], "creatinine") else []
    found = (
        clearance,
        [line for record in scores.values() for line in comorbidity(record)],
        [line for record in punctures.values() for line in cns(record)],
    )
    names = (("crcl",), ("hctci",), ("cns_status", "cns_leukemia"))
    return [
        line
        for lines, missing in zip(found, names, strict=True)
        for line in lines or [Derived(facts[name].label, "—", "") for name in missing]
    ]


def adverse_events(subject: Subject) -> list[tuple[AdverseEvent, str]]:
    """The events, latest onset first, each with the way to its form."""
    records = current_records(AdverseEvent, [subject.pk]).select_related("visit")
    return [(record, slot_url(record)) for record in records.order_by("-onset_earliest", "-pk")]

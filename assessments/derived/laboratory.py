"""From a laboratory report: the grade of each result, and the creatinine clearance."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import Derived, facts
from trialsite.clinical.body import round_half_up
from trialsite.clinical.facts import Fact
from trialsite.clinical.interval import Interval
from trialsite.clinical.units import unit_label

from ..domain.grading import GradeFlag, LabGrade
from ..facts import clearances
from ..laboratory.grades import GradedValue, grade_words, graded_values, severe
from ..laboratory.results import LabValue, latest_values
from ..models import LabReport
from ..ranges.links import lacks_range, way_to_ranges
from ..subjects import known_facts, protocols
from .wording import unknown

CLEARANCE_NEEDS = ("birth_date", "sex", "weight_kg", "height_cm")


@one_reading()
def lab_report(record: LabReport) -> list[Derived]:
    """A CTCAE grade beside each result that has a term; the clearance where this creatinine is the latest."""
    version = protocols([record.subject_id])[record.subject_id].ctcae_version
    graded = [
        graded_line(one.value, one.grade, version, record.subject)
        for one in shown_grades(graded_values([record.subject_id]).get(record.subject_id, []))
        if one.value.record_id == record.pk
    ]
    creatinine = latest_values([record.subject_id], "creatinine").get(record.subject_id)
    newest = creatinine is not None and creatinine.record_id == record.pk
    return [*graded, *([clearance_line(record.subject_id)] if newest else [])]


def shown_grades(graded: Sequence[GradedValue]) -> list[GradedValue]:
    """What stands beside a result: each direction that reaches a grade or is open, otherwise one of them."""
    found: dict[tuple[str, str], list[GradedValue]] = {}
    for one in graded:
        found.setdefault((one.value.source.row_id, one.value.analyte), []).append(one)
    return [
        one
        for several in found.values()
        for one in [each for each in several if each.grade.grade != 0] or several[:1]
    ]


def graded_line(value: LabValue, grade: LabGrade, version: str, subject: Subject) -> Derived:
    """The grade of one result, or that it cannot be graded and why."""
    shown = grade_words(grade)
    tone = "bad" if severe(grade) else "" if shown else "unknown"
    label = _("CTCAE %(version)s grade") % {"version": version}
    way = way_to_ranges(subject, value.analyte) if lacks_range(value, grade) else None
    words = shown or _("not gradable")
    return Derived(label, words, working(value, grade), tone, line=value.source.row_id, way=way)


def working(value: LabValue, grade: LabGrade) -> str:
    """The sentence of a grade with what to know beside it."""
    language = get_language() or "en"
    parts = [grade.sentence.in_language(language)]
    if value.working is not None and value.working.en:
        parts.append(_("(%(working)s)") % {"working": value.working.in_language(language)})
    if grade.grade and GradeFlag.BASELINE_MISSING in grade.flags:
        parts.append(_("No value before treatment: taken as normal."))
    if GradeFlag.CLINICAL_GRADES_ABOVE in grade.flags:
        parts.append(_("A worse grade needs a clinical finding."))
    return " ".join(parts)


def clearance_line(subject_id: UUID) -> Derived:
    """The creatinine clearance from the latest creatinine, or what it waits for."""
    label = facts["crcl"].label
    fact = clearances([subject_id])[subject_id]
    if fact.known:
        return Derived(label, clearance_words(fact), fact.working)
    lacking = [name for name in CLEARANCE_NEEDS if not is_known(subject_id, name)]
    return unknown(label, [facts[name].label for name in lacking])


def is_known(subject_id: UUID, name: str) -> bool:
    fact = known_facts([subject_id], name).get(subject_id)
    return fact is not None and fact.known


def clearance_words(fact: Fact) -> str:
    """The clearance to one decimal with its unit; both bounds where the age is not exact."""
    value: Any = fact.value
    ends = (value.low, value.high) if isinstance(value, Interval) else (value,)
    shown = "–".join(str(round_half_up(end, 1)) for end in ends if end is not None)
    return f"{fact.comparator}{shown} {unit_label(fact.unit)}"

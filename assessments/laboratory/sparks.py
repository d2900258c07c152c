"""The small charts of a subject: one for each analyte that was measured twice, over the same days."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language

from trialsite.casebook.models import Subject
from trialsite.clinical.units import analyte as analyte_named

from .draws import ENTERED, Graded, grades_of
from .results import LabValue, lab_values
from .trends import given, spans, spark


def charts_of(subject: Subject, keys: set[str]) -> dict[str, Any]:
    """The chart of every analyte that has two results at least."""
    values = [
        value for value in lab_values([subject.pk], ENTERED).get(subject.pk, []) if value.analyte in keys
    ]
    return sparks(subject, values, grades_of(subject.pk))


def sparks(subject: Subject, values: Sequence[LabValue], grades: Mapping[str, Graded]) -> dict[str, Any]:
    """One chart for each analyte, all over the same days with the same treatment below."""
    span = spans(values)
    if span is None:
        return {}
    treatment = given(subject)
    severe = {line: grade.words for line, grade in grades.items() if grade.severe}
    by_analyte: dict[str, list[LabValue]] = {}
    for value in values:
        by_analyte.setdefault(value.analyte, []).append(value)
    language = get_language() or "en"
    return {
        key: spark(analyte_named(key).label.in_language(language), one, severe, span, treatment)
        for key, one in by_analyte.items()
    }

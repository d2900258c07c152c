"""CTCAE grades of laboratory results: against the limits of their report and the last value before treatment."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from .domain.grading import TERMS, LabGrade, Reference, Term, grade_lab, terms_of
from .lab_results import LabValue, lab_values
from .responses import first_doses

SEVERE = 3


class GradedValue(NamedTuple):
    """One result under one term, with its grade."""

    value: LabValue
    term: Term
    grade: LabGrade


def graded_values(subject_ids: Sequence[UUID]) -> dict[UUID, list[GradedValue]]:
    """Every standing result of many subjects under each term that grades it, oldest first; few queries."""
    found = lab_values(subject_ids, {term.analyte for term in TERMS.values()})
    started = first_doses(list(found)) if found else {}
    return {subject_id: graded_of(values, started.get(subject_id)) for subject_id, values in found.items()}


def graded_of(values: Sequence[LabValue], first_dose: date | None) -> list[GradedValue]:
    """The results of one subject, each under its terms."""
    bases = {analyte: baseline(values, analyte, first_dose) for analyte in {each.analyte for each in values}}
    return [
        GradedValue(value, term, grade_of(term, value, bases[value.analyte]))
        for value in values
        for term in terms_of(value.analyte)
    ]


def gradable_values(subject_id: UUID) -> list[LabValue]:
    """Every standing result of an analyte that the CTCAE grades, oldest first."""
    return lab_values([subject_id], {term.analyte for term in TERMS.values()}).get(subject_id, [])


def baseline(values: Sequence[LabValue], analyte: str, first_dose: date | None) -> LabValue | None:
    """The last value of an analyte up to the first dose; before treatment there is none."""
    before = [each for each in values if first_dose and each.analyte == analyte and each.on <= first_dose]
    return before[-1] if before else None


def grade_of(term: Term, value: LabValue, base: LabValue | None) -> LabGrade:
    """The grade of one result."""
    reference = Reference(
        lln=value.lln,
        uln=value.uln,
        baseline=base.quantity.canonical if base and not base.quantity.comparator else None,
        uln_at_baseline=base.uln if base else None,
    )
    return grade_lab(term, value.quantity, reference)


def grade_words(grade: LabGrade) -> str:
    """The grade, or the lowest that is certain; "" while none is."""
    if grade.grade is not None:
        return str(grade.grade)
    return f"≥ {min(grade.possible)}" if min(grade.possible) else ""


def severe(grade: LabGrade) -> bool:
    """Grade 3 or worse for certain."""
    return min(grade.possible) >= SEVERE

"""CTCAE grades of laboratory results: against the limits of their report and the last value before treatment."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from .domain.grading import TERMS, LabGrade, Reference, Term, grade_lab
from .lab_results import LabValue, lab_values

SEVERE = 3


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

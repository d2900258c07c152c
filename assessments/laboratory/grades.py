"""CTCAE grades of results, by the version that the protocol pins, their limits and the last value before treatment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import read_once
from trialsite.casebook.registries import anchor_dates, anchors
from trialsite.studies.domain.protocol import Protocol

from ..domain.baseline import baseline_anchor
from ..domain.grading import TERMS, VERSIONS, LabGrade, Reference, Term, grade_lab
from ..domain.terms import said_findings
from ..subjects import protocols
from .computed_results import with_computed
from .results import LabValue, lab_values

SEVERE = 3
MEASURED = {term.analyte for terms in VERSIONS.values() for term in terms.values()} | {
    "calcium",
    "albumin",
    "neutrophils_pct",
    "bands_pct",
}


@dataclass(frozen=True)
class GradingRules:
    """How the results of one subject are graded: the terms of the protocol's version, and its choices."""

    terms: Mapping[str, Term]
    creat_baseline_requires_gt_uln: bool = False

    @classmethod
    def of(cls, protocol: Protocol) -> "GradingRules":
        return cls(VERSIONS.get(protocol.ctcae_version, {}), protocol.creat_baseline_requires_gt_uln)

    def of_analyte(self, analyte: str) -> tuple[Term, ...]:
        return tuple(term for term in self.terms.values() if term.analyte == analyte)


V5 = GradingRules(TERMS)


class GradedValue(NamedTuple):
    """One result under one term, with its grade."""

    value: LabValue
    term: Term
    grade: LabGrade


class ToxicityGrades(NamedTuple):
    """The grades of one result in both directions; None where no term looks that way."""

    toxgr_low: LabGrade | None
    toxgr_high: LabGrade | None


def toxicity_grades(graded: Iterable[GradedValue]) -> dict[tuple[str, str], ToxicityGrades]:
    """(row, analyte) → its grade as too low and as too high; an analyte has one term in each direction at most."""
    found: dict[tuple[str, str], dict[str, LabGrade]] = {}
    for value, term, grade in graded:
        found.setdefault((value.source.row_id, value.analyte), {})[term.direction] = grade
    return {at: ToxicityGrades(both.get("LOW"), both.get("HIGH")) for at, both in found.items()}


def graded_values(subject_ids: Sequence[UUID], analytes: Sequence[str] = ()) -> dict[UUID, list[GradedValue]]:
    """Every standing result of many subjects under each term that grades it, oldest first; few queries.

    analytes: only what is graded from these (calcium stands for corrected calcium too); () is everything."""
    found = values_to_grade(subject_ids, analytes)
    ids = list(found)
    rules, first = rules_of(ids), baseline_days(ids)
    return {
        subject_id: graded_of(found[subject_id], first.get(subject_id), rules[subject_id])
        for subject_id in ids
    }


def values_to_grade(subject_ids: Sequence[UUID], analytes: Sequence[str] = ()) -> dict[UUID, list[LabValue]]:
    """Every result of each subject that a term may grade, measured or computed, oldest first."""
    return with_computed(subject_ids, lab_values(subject_ids, analytes or MEASURED), everything=not analytes)


def graded_of(
    values: Sequence[LabValue], first_dose: date | None, rules: GradingRules = V5
) -> list[GradedValue]:
    """The results of one subject, each under its terms."""
    bases = {analyte: baseline(values, analyte, first_dose) for analyte in {each.analyte for each in values}}
    return [
        GradedValue(value, term, grade_of(term, value, bases[value.analyte], rules))
        for value in values
        for term in rules.of_analyte(value.analyte)
    ]


def rules_of(subject_ids: Sequence[UUID]) -> dict[UUID, GradingRules]:
    """How the results of each subject are graded."""
    if not subject_ids:
        return {}
    return {subject_id: GradingRules.of(one) for subject_id, one in protocols(subject_ids).items()}


def baseline_days(subject_ids: Sequence[UUID]) -> dict[UUID, date]:
    """The day up to which a value is a baseline: of the first study dose, without a study drug of randomisation."""

    def read() -> dict[UUID, date]:
        arms = dict(Subject.objects.filter(pk__in=subject_ids).values_list("pk", "arm"))
        by_anchor: dict[str, list[UUID]] = {}
        for subject_id, protocol in protocols(subject_ids).items():
            by_anchor.setdefault(baseline_anchor(protocol, arms.get(subject_id, "")), []).append(subject_id)
        found: dict[UUID, date] = {}
        for name, ids in by_anchor.items():
            found |= anchor_dates(ids, name) if name in anchors else {}
        return found

    return read_once(("baseline days", frozenset(subject_ids)), read) if subject_ids else {}


def gradable_values(subject_id: UUID) -> list[LabValue]:
    """Every standing result of one subject that the CTCAE grades, oldest first."""
    return values_to_grade([subject_id]).get(subject_id, [])


def baseline(values: Sequence[LabValue], analyte: str, first_dose: date | None) -> LabValue | None:
    """The last value of an analyte up to the first dose; before treatment there is none."""
    before = [each for each in values if first_dose and each.analyte == analyte and each.on <= first_dose]
    return before[-1] if before else None


def grade_of(term: Term, value: LabValue, base: LabValue | None, rules: GradingRules = V5) -> LabGrade:
    """The grade of one result with what the clinician found. A baseline that is only known as "<5" is none."""
    exact = base if base is not None and not base.quantity.comparator else None
    reference = Reference(
        lln=value.lln,
        uln=value.uln,
        baseline=exact.quantity.canonical if exact else None,
        uln_at_baseline=exact.uln if exact else None,
        lln_at_baseline=exact.lln if exact else None,
        not_printed=value.not_printed,
        baseline_not_printed=bool(exact and exact.not_printed),
        why=value.why,
    )
    return grade_lab(
        term,
        value.quantity,
        reference,
        said_findings(value.finding, (term,)),
        creat_baseline_requires_gt_uln=rules.creat_baseline_requires_gt_uln,
    )


def grade_words(grade: LabGrade) -> str:
    """The grade, or the lowest that is certain; "" while none is."""
    if grade.grade is not None:
        return str(grade.grade)
    return f"≥ {min(grade.possible)}" if min(grade.possible) else ""


def severe(grade: LabGrade) -> bool:
    """Grade 3 or worse for certain."""
    return min(grade.possible) >= SEVERE

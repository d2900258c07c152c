"""What a laboratory term of the CTCAE is made of: grades as limits on the number, with findings of the clinician.

Terms are data; `grading` reads them, `ctcae_v5` holds those of version 5.0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.kleene import Truth
from trialsite.clinical.text import Text
from trialsite.clinical.units import canonical_unit


class Of(StrEnum):
    """What a limit is a multiple of."""

    UNIT = "unit"  # an absolute value in the analyte's canonical unit
    LLN = "LLN"
    ULN = "ULN"
    BASELINE = "baseline"


class Finding(StrEnum):
    """What the clinician knows and the number does not say."""

    SYMPTOMS = "SYMPTOMS"
    SYMPTOMS_OR_TREATMENT = "SYMPTOMS_OR_TREATMENT"
    TRANSFUSION = "TRANSFUSION"
    TREATMENT = "TREATMENT"
    INSULIN_OR_HOSPITAL = "INSULIN_OR_HOSPITAL"
    SEVERE = "SEVERE"
    SEIZURE = "SEIZURE"
    BLEEDING = "BLEEDING"
    ANTICOAGULANT = "ANTICOAGULANT"
    CONSEQUENCE = "CONSEQUENCE"
    ARRHYTHMIA = "ARRHYTHMIA"
    LEUCOSTASIS = "LEUCOSTASIS"
    LIFE_THREATENING = "LIFE_THREATENING"


FINDING_NAMES = {
    Finding.SYMPTOMS: Text("symptoms", "症状"),
    Finding.SYMPTOMS_OR_TREATMENT: Text("symptoms or treatment of it", "症状或需要治疗"),
    Finding.TRANSFUSION: Text("transfusion indicated", "需要输血"),
    Finding.TREATMENT: Text("treatment started or changed for it", "为此开始或调整治疗"),
    Finding.INSULIN_OR_HOSPITAL: Text("insulin started or admission for it", "为此开始胰岛素治疗或住院"),
    Finding.SEVERE: Text("severe, or admission for it", "严重或为此住院"),
    Finding.SEIZURE: Text("seizure", "癫痫发作"),
    Finding.BLEEDING: Text("bleeding", "出血"),
    Finding.ANTICOAGULANT: Text("on an anticoagulant", "正在使用抗凝药"),
    Finding.CONSEQUENCE: Text("physiologic consequence", "生理学后果"),
    Finding.ARRHYTHMIA: Text(
        "torsade de pointes, polymorphic ventricular tachycardia or signs of a serious arrhythmia",
        "尖端扭转型室速、多形性室速或严重心律失常的体征",
    ),
    Finding.LEUCOSTASIS: Text("leucostasis", "白细胞淤滞"),
    Finding.LIFE_THREATENING: Text("life-threatening", "危及生命"),
}


NO_FINDING = "NONE"  # the clinician looked, and none of them is there


@dataclass(frozen=True)
class Limit:
    """`value op factor × of + plus`, in the analyte's canonical unit."""

    op: str
    factor: Decimal
    of: Of = Of.UNIT
    plus: Decimal = Decimal(0)


@dataclass(frozen=True)
class Condition:
    """Limits that all hold, and a finding that is there (or with `present` False is not).

    stated: the finding raises the grade once somebody says it; unsaid, the number's own grade stands, because the
    term's number is graded without it ("< 80 g/L, or transfusion indicated"). Otherwise an unsaid finding leaves the
    grade open between the two.
    """

    limits: tuple[Limit, ...] = ()
    finding: Finding | None = None
    present: bool = True
    stated: bool = False


@dataclass(frozen=True)
class GradeRow:
    """A grade is reached when any of its conditions holds."""

    grade: int
    conditions: tuple[Condition, ...]

    @property
    def by_number(self) -> bool:
        """Whether a number can give this grade (with a finding that is asked for)."""
        return any(not each.stated for each in self.conditions)


@dataclass(frozen=True)
class Term:
    """One CTCAE term for an analyte: rows for a normal and, where the version has them, for an abnormal baseline.

    direction: LOW or HIGH. needs_baseline: grades that compare with the baseline stay open without one; otherwise they
    are left out and the grade says so. decided_by: what gives the grade where the version has no cut-off for the
    number.
    """

    key: str
    name: Text
    analyte: str
    direction: str
    rows: tuple[GradeRow, ...]
    abnormal_baseline_rows: tuple[GradeRow, ...] | None = None
    needs_baseline: bool = False
    decided_by: Text | None = None

    @property
    def unit(self) -> str:
        """The canonical unit of its analyte."""
        return canonical_unit(self.analyte)


def uses(rows: Iterable[GradeRow], of: Of) -> bool:
    """Whether any limit is a multiple of that."""
    return any(limit.of is of for row in rows for each in row.conditions for limit in each.limits)


def findings_in(rows: Iterable[GradeRow]) -> tuple[Finding, ...]:
    """The findings that leave a grade open while nobody has said them."""
    asked = {each.finding for row in rows for each in row.conditions if not each.stated}
    return tuple(finding for finding in Finding if finding in asked)


def findings_of(terms: Iterable[Term]) -> tuple[Finding, ...]:
    """Every finding that changes a grade of these terms, the worse ones later."""
    known = {each.finding for term in terms for row in term.rows for each in row.conditions}
    return tuple(finding for finding in Finding if finding in known)


def asks_finding(terms: Iterable[Term]) -> bool:
    """Whether a grade of these terms may stay open until somebody says about a finding."""
    return any(findings_in(term.rows) for term in terms)


def said_findings(code: str, terms: Iterable[Term]) -> dict[Finding, Truth]:
    """What one recorded answer says about each finding of the terms.

    code: the worst finding that is there, or NO_FINDING; the others are not there. "" (not recorded) says nothing."""
    return {finding: Truth.of(finding == code) for finding in findings_of(terms)} if code else {}


def without_baseline(rows: Iterable[GradeRow]) -> tuple[GradeRow, ...]:
    """The rows without what compares with the baseline; a condition of nothing else goes as a whole."""
    kept = []
    for row in rows:
        conditions = []
        for each in row.conditions:
            limits = tuple(limit for limit in each.limits if limit.of is not Of.BASELINE)
            if limits or not each.limits:
                conditions.append(Condition(limits, each.finding, each.present, each.stated))
        if conditions:
            kept.append(GradeRow(row.grade, tuple(conditions)))
    return tuple(kept)

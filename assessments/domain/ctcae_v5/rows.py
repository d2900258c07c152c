"""How the rows of a term are written down: limits, findings, and the shapes that many terms share."""

from __future__ import annotations

from decimal import Decimal

from trialsite.clinical.text import Text

from ..terms import Condition, Finding, GradeRow, Limit, Of, Term

LLN, ULN, BASELINE = Of.LLN, Of.ULN, Of.BASELINE
BELOW, ABOVE = Limit("<", Decimal(1), LLN), Limit(">", Decimal(1), ULN)


def below(number: str, of: Of = Of.UNIT) -> Limit:
    return Limit("<", Decimal(number), of)


def above(number: str, of: Of = Of.UNIT) -> Limit:
    return Limit(">", Decimal(number), of)


def at_most(number: str, of: Of = Of.UNIT) -> Limit:
    return Limit("<=", Decimal(number), of)


def at_least(number: str, of: Of = Of.UNIT) -> Limit:
    return Limit(">=", Decimal(number), of)


def beyond(op: str, of: Of, plus: str) -> Limit:
    """So many units away from a limit of normal or from the baseline."""
    return Limit(op, Decimal(1), of, Decimal(plus))


def when(finding: Finding, *limits: Limit, present: bool = True) -> Condition:
    """Limits with a finding: unsaid, the grade is open."""
    return Condition(limits, finding, present)


def or_stated(finding: Finding, *limits: Limit) -> Condition:
    """A finding that gives the grade by itself once it is stated."""
    return Condition(limits, finding, stated=True)


def row(grade: int, *either: Limit | Condition) -> GradeRow:
    """A grade with the conditions of which one is enough."""
    return GradeRow(
        grade, tuple(each if isinstance(each, Condition) else Condition((each,)) for each in either)
    )


def rows(*limits: Limit) -> tuple[GradeRow, ...]:
    """Grades 1, 2, 3, … with one limit each."""
    return tuple(row(grade, limit) for grade, limit in enumerate(limits, start=1))


def low(key: str, en: str, zh: str, analyte: str, *limits: str) -> Term:
    """Grade 1 below the lower limit of normal, then below each absolute limit."""
    return Term(key, Text(en, zh), analyte, "LOW", rows(BELOW, *map(below, limits)))


def high(key: str, en: str, zh: str, analyte: str, *limits: str) -> Term:
    """Grade 1 above the upper limit of normal, then above each absolute limit."""
    return Term(key, Text(en, zh), analyte, "HIGH", rows(ABOVE, *map(above, limits)))


def multiples(key: str, en: str, zh: str, analyte: str, *limits: str) -> Term:
    """Multiples of the upper limit of normal."""
    return Term(key, Text(en, zh), analyte, "HIGH", rows(*(above(limit, ULN) for limit in limits)))


def enzyme(key: str, en: str, zh: str, analyte: str, limits: tuple[str, ...], lower: str) -> Term:
    """A liver enzyme: multiples of the upper limit of normal, or of an abnormal baseline (`lower` times on)."""
    of_baseline = rows(at_least(lower, BASELINE), *(above(limit, BASELINE) for limit in limits[1:]))
    normal = rows(*(above(limit, ULN) for limit in limits))
    return Term(key, Text(en, zh), analyte, "HIGH", normal, of_baseline)


def pancreatic(key: str, en: str, zh: str, analyte: str) -> Term:
    """Amylase or lipase: from 2 × ULN on symptoms raise the grade by one."""
    symptoms = Finding.SYMPTOMS
    graded = (
        row(1, above("1", ULN)),
        row(2, above("1.5", ULN)),
        row(3, above("5", ULN), when(symptoms, above("2", ULN))),
        row(4, when(symptoms, above("5", ULN))),
    )
    return Term(key, Text(en, zh), analyte, "HIGH", graded)

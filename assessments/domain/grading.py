"""Laboratory grades by CTCAE: the terms of a version, read from the worst grade down.

A grade that lacks its limit of normal, its baseline or a clinical finding is open, while what is decided without it
stands. Nothing is assumed: whatever an unsaid finding may be is worked through, and the grade is what all agree on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import product

from trialsite.clinical.kleene import Truth, all_of, any_of, negate
from trialsite.clinical.quantity import Quantity, compare
from trialsite.clinical.text import Text

from . import ctcae_v5
from .grade_words import sentence
from .ranges import WhyNoLimits
from .terms import Condition, Finding, GradeRow, Limit, Of, Term, findings_in, uses, without_baseline

VERSION = "5.0"
VERSIONS: Mapping[str, Mapping[str, Term]] = {VERSION: ctcae_v5.TERMS}
TERMS = VERSIONS[VERSION]

Findings = Mapping[Finding, Truth]
Rows = tuple[GradeRow, ...]


class GradeFlag(StrEnum):
    """What to know beside the grade."""

    BASELINE_MISSING = "BASELINE_MISSING"
    ABNORMAL_BASELINE = "ABNORMAL_BASELINE"
    CLINICAL_GRADES_ABOVE = "CLINICAL_GRADES_ABOVE"
    LIMIT_MISSING = "LIMIT_MISSING"
    FINDING_MISSING = "FINDING_MISSING"
    NO_NUMERIC_CUT = "NO_NUMERIC_CUT"


@dataclass(frozen=True)
class LabGrade:
    """The grade (None while open), the grades still possible (worst first), and one sentence of working."""

    term: str
    grade: int | None
    possible: tuple[int, ...]
    flags: tuple[GradeFlag, ...]
    sentence: Text


@dataclass(frozen=True)
class Reference:
    """Limits of normal of the result, and the last value before the first study dose with its own limits.

    All in the analyte's canonical unit; None is unknown. uln_at_baseline, lln_at_baseline: None where they did not
    change. not_printed: an outside laboratory printed no range with the result; baseline_not_printed: with the
    baseline, so that nobody knows whether it was normal. No other range is put in their place. why: why the range of
    the site gives no limits.
    """

    lln: Decimal | None = None
    uln: Decimal | None = None
    baseline: Decimal | None = None
    uln_at_baseline: Decimal | None = None
    lln_at_baseline: Decimal | None = None
    not_printed: bool = False
    baseline_not_printed: bool = False
    why: WhyNoLimits | None = None

    def base(self, of: Of) -> Decimal | None:
        """What a limit is a multiple of, as a number; None when it is not known."""
        return {
            Of.UNIT: Decimal(1),
            Of.LLN: self.lln,
            Of.ULN: self.uln,
            Of.BASELINE: self.baseline,
        }[of]


@dataclass(frozen=True)
class Case:
    """One way in which what is unsaid may be: the rows that are read, and the findings."""

    rows: Rows
    findings: Findings


@dataclass(frozen=True)
class Judged:
    """A value under a term with everything that a sentence about it needs."""

    term: Term
    value: Quantity | Decimal | None
    reference: Reference
    cases: Sequence[Case]
    possible: tuple[int, ...]
    lacking: tuple[Of, ...] = ()
    unsaid: tuple[Finding, ...] = ()
    reached: Sequence[Condition] = field(default=())

    @property
    def grade(self) -> int | None:
        return self.possible[0] if len(self.possible) == 1 else None


def terms_of(analyte: str, version: str = VERSION) -> tuple[Term, ...]:
    """The terms that grade an analyte: none, one, or one for each direction. KeyError for an unknown version."""
    return tuple(term for term in VERSIONS[version].values() if term.analyte == analyte)


def grade_lab(
    term: Term,
    value: Quantity | Decimal | None,
    reference: Reference,
    findings: Findings | None = None,
    *,
    creat_baseline_requires_gt_uln: bool = False,
) -> LabGrade:
    """The grade of a result under a term; 0 is "no grade reached".

    Bounds are exclusive on the worse side: ANC of exactly 0.5 is grade 3. The baseline decides which rows
    are read and they are never mixed: ALT 134 with a baseline of 90 is grade 0, although above 3 × ULN.
    Without a baseline the rows of a normal one are read, with a flag. findings: what the clinician said; a
    finding that is not there is unknown. creat_baseline_requires_gt_uln: creatinine grades by baseline count
    only above ULN (v5.0 counts them below it too)."""
    judged = judge(term, value, reference, findings or {}, creat_baseline_requires_gt_uln)
    return LabGrade(
        term.key, judged.grade, judged.possible, tuple(flags(judged, findings or {})), sentence(judged)
    )


def judge(
    term: Term, value: Quantity | Decimal | None, reference: Reference, findings: Findings, above_only: bool
) -> Judged:
    branches = branches_of(term, reference)
    if term.key == "creatinine_increased" and above_only:
        above = compare(value, ">", reference.uln)
        branches = [rows if above is Truth.TRUE else without_baseline(rows) for rows in branches]
    cases = [Case(rows, said) for rows in branches for said in ways(rows, findings)]
    each = [possible_in(case, value, reference) for case in cases]
    possible = tuple(sorted(set().union(*each), reverse=True))
    if len(possible) == 1:
        return Judged(
            term, value, reference, cases, possible, reached=reasons(cases, value, reference, possible[0])
        )
    in_play = [[row for row in rows if row.grade in possible] for rows in branches]
    lacking = tuple(of for of in Of if reference.base(of) is None and any(uses(rows, of) for rows in in_play))
    unsaid: tuple[Finding, ...] = ()
    if any(one != each[0] for one in each):  # a finding that changes nothing is no reason
        asked = {one for rows in branches for one in findings_in(rows)}
        unsaid = tuple(one for one in Finding if one in asked and not findings.get(one, Truth.UNKNOWN).known)
    return Judged(term, value, reference, cases, possible, lacking, unsaid)


def branches_of(term: Term, reference: Reference) -> list[Rows]:
    """The rows that are read: of a normal or of an abnormal baseline, both while nobody knows which it was."""
    if reference.baseline is None:
        return [term.rows if term.needs_baseline else without_baseline(term.rows)]
    if term.abnormal_baseline_rows is None:
        return [term.rows]
    if reference.baseline_not_printed:
        return [term.rows, term.abnormal_baseline_rows]
    return [term.abnormal_baseline_rows if abnormal(term, reference) is Truth.TRUE else term.rows]


def abnormal(term: Term, reference: Reference) -> Truth:
    """Whether the baseline was beyond the limit of normal of its own day, on the side of the term."""
    if term.direction == "LOW":
        limit = reference.lln if reference.lln_at_baseline is None else reference.lln_at_baseline
        return compare(reference.baseline, "<", limit)
    limit = reference.uln if reference.uln_at_baseline is None else reference.uln_at_baseline
    return compare(reference.baseline, ">", limit)


def ways(rows: Rows, findings: Findings) -> Iterator[Findings]:
    """Every way in which the findings that rows ask for may be, with what was said."""
    unsaid = [one for one in findings_in(rows) if not findings.get(one, Truth.UNKNOWN).known]
    for truths in product((Truth.TRUE, Truth.FALSE), repeat=len(unsaid)):
        yield {**findings, **dict(zip(unsaid, truths, strict=True))}


def possible_in(case: Case, value: Quantity | Decimal | None, reference: Reference) -> set[int]:
    """The grades that a value may have in one case: down to the worst that is certain."""
    found = set()
    for row in sorted(case.rows, key=lambda one: -one.grade):
        truth = any_of(holds(each, case, value, reference) for each in row.conditions)
        if truth is not Truth.FALSE:
            found.add(row.grade)
        if truth is Truth.TRUE:
            return found
    return found | {0}


def holds(condition: Condition, case: Case, value: Quantity | Decimal | None, reference: Reference) -> Truth:
    parts = [compare(value, limit.op, bound(limit, reference)) for limit in condition.limits]
    if condition.finding is not None:
        said = case.findings.get(condition.finding, Truth.UNKNOWN)
        if condition.stated and not said.known:
            return Truth.FALSE
        parts.append(said if condition.present else negate(said))
    return all_of(parts)


def bound(limit: Limit, reference: Reference) -> Decimal | None:
    base = reference.base(limit.of)
    if base is None:
        return None
    return limit.factor * base + limit.plus if limit.of is not Of.UNIT else limit.factor


def reasons(
    cases: Sequence[Case], value: Quantity | Decimal | None, reference: Reference, grade: int
) -> list[Condition]:
    """The conditions that give a grade: one for every case, without repeats; [] for grade 0."""
    found: list[Condition] = []
    for case in cases:
        row = next((row for row in case.rows if row.grade == grade), None)
        held = (
            []
            if row is None
            else [each for each in row.conditions if holds(each, case, value, reference) is Truth.TRUE]
        )
        found += [each for each in held[:1] if each not in found]
    return found


def flags(judged: Judged, findings: Findings) -> Iterator[GradeFlag]:
    term, reference = judged.term, judged.reference
    if reference.baseline is None and (
        term.abnormal_baseline_rows is not None or uses(term.rows, Of.BASELINE)
    ):
        yield GradeFlag.BASELINE_MISSING
    if term.abnormal_baseline_rows is not None and all(
        case.rows is term.abnormal_baseline_rows for case in judged.cases
    ):
        yield GradeFlag.ABNORMAL_BASELINE
    if judged.grade is None and judged.value is not None:
        if judged.lacking:
            yield GradeFlag.LIMIT_MISSING
        if judged.unsaid:
            yield GradeFlag.FINDING_MISSING
        if term.decided_by is not None:
            yield GradeFlag.NO_NUMERIC_CUT
    if judged.grade is not None and worse_unsaid(judged, findings):
        yield GradeFlag.CLINICAL_GRADES_ABOVE


def worse_unsaid(judged: Judged, findings: Findings) -> bool:
    """Whether the grade is the worst that the number can give, and nobody has said about a finding beyond it."""
    rows = judged.cases[0].rows
    if judged.grade != max(row.grade for row in rows if row.by_number):
        return False
    beyond = [each.finding for row in rows if row.grade > judged.grade for each in row.conditions]
    return any(one is not None and findings.get(one) is not Truth.FALSE for one in beyond)

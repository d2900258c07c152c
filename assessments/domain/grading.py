"""Laboratory grades by CTCAE v5.0: thresholds as data, read from the worst grade down.

A grade that lacks its limit of normal or its baseline is open, while worse grades with absolute limits are
decided all the same. Grades that need a clinical finding are only proposed: `clinical_above` says from
which one on. Source: CTCAE v5.0 (National Cancer Institute, 2017)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.kleene import Truth, any_of
from trialsite.clinical.quantity import Quantity, compare
from trialsite.clinical.rules.describe import SYMBOLS
from trialsite.clinical.text import Text
from trialsite.clinical.units import unit_label

VERSION = "5.0"


class Of(StrEnum):
    """What a limit is a multiple of."""

    UNIT = "unit"  # an absolute value in the analyte's canonical unit
    LLN = "LLN"
    ULN = "ULN"
    BASELINE = "baseline"


@dataclass(frozen=True)
class Limit:
    """`value op factor × of`."""

    op: str
    factor: Decimal
    of: Of


@dataclass(frozen=True)
class GradeRow:
    """A grade is reached when any of its limits is."""

    grade: int
    limits: tuple[Limit, ...]


@dataclass(frozen=True)
class Term:
    """One CTCAE term for an analyte: rows for a normal and, where v5.0 has them, for an abnormal baseline.

    direction: LOW or HIGH. unit: canonical unit. clinical_above: the highest grade numbers alone can give.
    """

    key: str
    name: Text
    analyte: str
    direction: str
    unit: str
    rows: tuple[GradeRow, ...]
    abnormal_baseline_rows: tuple[GradeRow, ...] | None = None
    clinical_above: int = 4


class GradeFlag(StrEnum):
    """What to know beside the grade."""

    BASELINE_MISSING = "BASELINE_MISSING"
    ABNORMAL_BASELINE = "ABNORMAL_BASELINE"
    CLINICAL_GRADES_ABOVE = "CLINICAL_GRADES_ABOVE"
    LIMIT_MISSING = "LIMIT_MISSING"


@dataclass(frozen=True)
class LabGrade:
    """The grade (None while open), the grades still possible, and one sentence of working."""

    term: str
    grade: int | None
    possible: tuple[int, ...]
    flags: tuple[GradeFlag, ...]
    sentence: Text


@dataclass(frozen=True)
class Reference:
    """Limits of normal that came with the result, and the last value before the first study dose.

    All in the analyte's canonical unit; None is unknown. uln_at_baseline: None where it did not change.
    """

    lln: Decimal | None = None
    uln: Decimal | None = None
    baseline: Decimal | None = None
    uln_at_baseline: Decimal | None = None


def _rows(op: str, of: Of, *factors: str, first: Limit | None = None) -> tuple[GradeRow, ...]:
    """Rows of grades 1, 2, 3, … with one limit each; `first` replaces that of grade 1."""
    limits = [Limit(op, Decimal(factor), of) for factor in factors]
    if first is not None:
        limits.insert(0, first)
    return tuple(GradeRow(grade, (limit,)) for grade, limit in enumerate(limits, start=1))


def _low(*limits: str) -> tuple[GradeRow, ...]:
    """Grade 1 below the lower limit of normal, then below each absolute limit."""
    return _rows("<", Of.UNIT, *limits, first=Limit("<", Decimal(1), Of.LLN))


def _at_least(factor: str) -> Limit:
    return Limit(">=", Decimal(factor), Of.BASELINE)


_CREATININE = (
    GradeRow(1, (Limit(">", Decimal(1), Of.ULN),)),
    GradeRow(2, (Limit(">", Decimal("1.5"), Of.ULN), Limit(">", Decimal("1.5"), Of.BASELINE))),
    GradeRow(3, (Limit(">", Decimal(3), Of.ULN), Limit(">", Decimal(3), Of.BASELINE))),
    GradeRow(4, (Limit(">", Decimal(6), Of.ULN),)),
)


def _enzyme(key: str, name: Text, analyte: str, limits: tuple[str, ...], lower: str) -> Term:
    """A liver enzyme: multiples of the upper limit of normal, or of an abnormal baseline (`lower` times
    on)."""
    baseline = _rows(">", Of.BASELINE, limits[1], *limits[2:], first=_at_least(lower))
    return Term(key, name, analyte, "HIGH", "U/L", _rows(">", Of.ULN, *limits), baseline)


_BILIRUBIN = ("1", "1.5", "3", "10")
_TERMS = (
    Term("anemia", Text("Anemia", "贫血"), "haemoglobin", "LOW", "g/L", _low("100", "80"), clinical_above=3),
    Term(
        "wbc_decreased",
        Text("White blood cell decreased", "白细胞数降低"),
        "wbc",
        "LOW",
        "10*9/L",
        _low("3.0", "2.0", "1.0"),
    ),
    Term(
        "anc_decreased",
        Text("Neutrophil count decreased", "中性粒细胞计数降低"),
        "anc",
        "LOW",
        "10*9/L",
        _low("1.5", "1.0", "0.5"),
    ),
    Term(
        "lymphocytes_decreased",
        Text("Lymphocyte count decreased", "淋巴细胞计数降低"),
        "lymphocytes",
        "LOW",
        "10*9/L",
        _low("0.8", "0.5", "0.2"),
    ),
    Term(
        "plt_decreased",
        Text("Platelet count decreased", "血小板计数降低"),
        "platelets",
        "LOW",
        "10*9/L",
        _low("75", "50", "25"),
    ),
    _enzyme(
        "alt_increased",
        Text("Alanine aminotransferase increased", "丙氨酸氨基转移酶升高"),
        "alt",
        ("1", "3", "5", "20"),
        "1.5",
    ),
    _enzyme(
        "ast_increased",
        Text("Aspartate aminotransferase increased", "天冬氨酸氨基转移酶升高"),
        "ast",
        ("1", "3", "5", "20"),
        "1.5",
    ),
    _enzyme(
        "alp_increased",
        Text("Alkaline phosphatase increased", "碱性磷酸酶升高"),
        "alp",
        ("1", "2.5", "5", "20"),
        "2.0",
    ),
    _enzyme(
        "ggt_increased", Text("GGT increased", "γ-谷氨酰转移酶升高"), "ggt", ("1", "2.5", "5", "20"), "2.0"
    ),
    Term(
        "bilirubin_increased",
        Text("Blood bilirubin increased", "血胆红素升高"),
        "bilirubin",
        "HIGH",
        "umol/L",
        _rows(">", Of.ULN, *_BILIRUBIN),
        _rows(">", Of.BASELINE, *_BILIRUBIN),
    ),
    Term(
        "creatinine_increased",
        Text("Creatinine increased", "肌酐升高"),
        "creatinine",
        "HIGH",
        "umol/L",
        _CREATININE,
    ),
)
TERMS: dict[str, Term] = {term.key: term for term in _TERMS}


def terms_of(analyte: str) -> tuple[Term, ...]:
    """The terms that grade an analyte: none, one, or one for each direction."""
    return tuple(term for term in _TERMS if term.analyte == analyte)


def grade_lab(
    term: Term,
    value: Quantity | Decimal | None,
    reference: Reference,
    *,
    creat_baseline_requires_gt_uln: bool = False,
) -> LabGrade:
    """The grade of a result under a term; 0 is "no grade reached".

    Bounds are exclusive on the worse side: ANC of exactly 0.5 is grade 3. The baseline decides which rows
    are read and they are never mixed: ALT 134 with a baseline of 90 is grade 0, although above 3 × ULN.
    Without a baseline the rows of a normal one are read, with a flag. creat_baseline_requires_gt_uln:
    creatinine grades by baseline count only above ULN (v5.0 counts them below it too)."""
    rows, flags = _branch(term, reference)
    if term.key == "creatinine_increased" and creat_baseline_requires_gt_uln:
        above = compare(value, ">", reference.uln)
        rows = rows if above is Truth.TRUE else _without_baseline(rows)
    possible: list[int] = []
    for row in sorted(rows, key=lambda one: -one.grade):
        reached = any_of(_limits(row, value, reference))
        if reached is not Truth.FALSE:
            possible.append(row.grade)
        if reached is Truth.TRUE:
            break
    else:
        possible.append(0)
    grade = possible[0] if len(possible) == 1 else None
    if grade is None and value is not None and _lacks_limit(rows, reference):
        flags.append(GradeFlag.LIMIT_MISSING)
    if grade == term.clinical_above and term.clinical_above < 4:
        flags.append(GradeFlag.CLINICAL_GRADES_ABOVE)
    return LabGrade(
        term.key, grade, tuple(possible), tuple(flags), _sentence(term, value, reference, rows, possible)
    )


def _branch(term: Term, reference: Reference) -> tuple[tuple[GradeRow, ...], list[GradeFlag]]:
    needs_baseline = term.abnormal_baseline_rows is not None or _uses(term.rows, Of.BASELINE)
    if not needs_baseline:
        return term.rows, []
    if reference.baseline is None:
        return _without_baseline(term.rows), [GradeFlag.BASELINE_MISSING]
    uln = reference.uln if reference.uln_at_baseline is None else reference.uln_at_baseline
    abnormal = compare(reference.baseline, ">", uln)
    if term.abnormal_baseline_rows is not None and abnormal is Truth.TRUE:
        return term.abnormal_baseline_rows, [GradeFlag.ABNORMAL_BASELINE]
    return term.rows, []


def _uses(rows: Iterable[GradeRow], of: Of) -> bool:
    return any(limit.of is of for row in rows for limit in row.limits)


def _without_baseline(rows: Iterable[GradeRow]) -> tuple[GradeRow, ...]:
    kept = (
        GradeRow(row.grade, tuple(limit for limit in row.limits if limit.of is not Of.BASELINE))
        for row in rows
    )
    return tuple(row for row in kept if row.limits)


def _limits(row: GradeRow, value: Quantity | Decimal | None, reference: Reference) -> list[Truth]:
    return [compare(value, limit.op, _bound(limit, reference)) for limit in row.limits]


def _bound(limit: Limit, reference: Reference) -> Decimal | None:
    base = _base(limit.of, reference)
    return None if base is None else limit.factor * base


def _base(of: Of, reference: Reference) -> Decimal | None:
    """What a limit is a multiple of, as a number; None when it is not known."""
    return {
        Of.UNIT: Decimal(1),
        Of.LLN: reference.lln,
        Of.ULN: reference.uln,
        Of.BASELINE: reference.baseline,
    }[of]


def _lacks_limit(rows: Iterable[GradeRow], reference: Reference) -> bool:
    return any(_bound(limit, reference) is None for row in rows for limit in row.limits)


def _sentence(
    term: Term,
    value: Quantity | Decimal | None,
    reference: Reference,
    rows: Sequence[GradeRow],
    possible: Sequence[int],
) -> Text:
    if value is None:
        return Text(f"{term.name.en}: no result.", f"{term.name.zh}：无结果。")
    shown = f"{_in_canonical_unit(value)} {unit_label(term.unit)}"
    why = (
        _reached(value, reference, rows, possible[0])
        if len(possible) == 1
        else _open(reference, rows, possible)
    )
    return Text(f"{term.name.en}: {shown}; {why.en}.", f"{term.name.zh}：{shown}；{why.zh}。")


def _in_canonical_unit(value: Quantity | Decimal) -> str:
    if isinstance(value, Decimal):
        return f"{value}"
    if value.canonical is None:
        return value.text
    return f"{value.comparator}{round(value.canonical, 4).normalize():f}"


def _reached(value: Quantity | Decimal, reference: Reference, rows: Sequence[GradeRow], grade: int) -> Text:
    """The limit that gives the grade: `grade 3 is > 5 × ULN 40`."""
    if grade == 0:
        return Text("no grade is reached", "未达到分级标准")
    row = next(row for row in rows if row.grade == grade)
    answers = zip(_limits(row, value, reference), row.limits, strict=True)
    limit = next(limit for answer, limit in answers if answer is Truth.TRUE)
    base = _base(limit.of, reference)
    times = "" if limit.of is Of.UNIT or limit.factor == 1 else f"{limit.factor} × "
    number = limit.factor if limit.of is Of.UNIT else base
    name = _NAMES_OF_LIMITS[limit.of]
    en, zh = (f"{SYMBOLS[limit.op]} {times}{each} {number}".replace("  ", " ") for each in (name.en, name.zh))
    return Text(f"grade {grade} is {en}", f"{grade}级为{zh}")


def _open(reference: Reference, rows: Sequence[GradeRow], possible: Sequence[int]) -> Text:
    """Why a grade is open: the limit that is not recorded, else a result that is not exact enough."""
    grades = ", ".join(str(one) for one in sorted(possible))
    lacking = {limit.of for row in rows for limit in row.limits if _base(limit.of, reference) is None}
    if not lacking:
        return Text(
            f"may be grade {grades}: the result is not exact enough", f"可能为{grades}级：结果不够精确"
        )
    names = [_NAMES_OF_LIMITS[of] for of in Of if of in lacking]
    en, zh = ", ".join(name.en for name in names), "、".join(name.zh for name in names)
    return Text(f"may be grade {grades}: {en} not recorded", f"可能为{grades}级：{zh}未记录")


_NAMES_OF_LIMITS = {
    Of.UNIT: Text("", ""),
    Of.LLN: Text("LLN", "LLN"),
    Of.ULN: Text("ULN", "ULN"),
    Of.BASELINE: Text("baseline", "基线"),
}

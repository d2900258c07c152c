"""Laboratory grades by CTCAE v5.0, as a table with limits of normal, baseline, findings and grade.

Both sides of every boundary of every term stand here with the grade written out; `test_every_boundary_stands_on_both_
sides` refuses a term or a limit that the table forgets."""

from decimal import Decimal as D

import pytest

from assessments.domain.computed import calcium_for_albumin
from assessments.domain.grading import (
    TERMS,
    VERSIONS,
    GradeFlag,
    Reference,
    bound,
    branches_of,
    grade_lab,
    terms_of,
)
from assessments.domain.terms import Finding
from trialsite.clinical.body import qtcf
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.units import ANALYTES
from trialsite.studies.domain.schema import CTCAE_VERSIONS


def ref(**numbers: str) -> Reference:
    return Reference(**{name: D(number) for name, number in numbers.items()})


def said(words: str) -> dict[Finding, Truth]:
    """`symptoms` is there, `no symptoms` is not."""
    found = {}
    for one in filter(None, words.split(", ")):
        name = one.removeprefix("no ").replace(" ", "_").upper()
        found[Finding[name]] = Truth.of(not one.startswith("no "))
    return found


MILD = "no life threatening"
UNTREATED = f"no treatment, no insulin or hospital, {MILD}"
ANC, PLT = ref(lln="1.8"), ref(lln="125")
ALT, ALT_HIGH = ref(uln="40", baseline="30"), ref(uln="40", baseline="90")
BILI, BILI_HIGH = ref(uln="21", baseline="10"), ref(uln="21", baseline="30")
CREAT_50, CREAT_100 = ref(uln="104", baseline="50"), ref(uln="104", baseline="100")
ALP, ALP_HIGH = ref(uln="100", baseline="80"), ref(uln="100", baseline="150")
FIB, FIB_LOW = ref(lln="2.0", baseline="3.0"), ref(lln="2.0", baseline="1.5")
HB, K, NA, CA = (
    ref(lln="130", uln="175"),
    ref(lln="3.5", uln="5.3"),
    ref(lln="137", uln="147"),
    ref(lln="2.11", uln="2.52"),
)
ICA, LIPASE, QTC, LVEF = ref(lln="1.15", uln="1.33"), ref(uln="60"), ref(baseline="440"), ref(baseline="65")
INR, PHOS, GLUC = ref(baseline="1.1"), ref(lln="0.85", uln="1.51"), ref(lln="3.9", uln="6.1", baseline="5.0")

TABLE = [
    # id, term, reference, what the clinician said, values and grades
    # Worked examples
    ("T-01", "anc_decreased", ANC, "", "0.50:3 0.49:4 1.00:2 1.5:1"),
    ("T-02", "plt_decreased", PLT, "", "25:3 24.9:4 50:2 75:1"),
    ("T-04 lymphocytes", "lymphocytes_decreased", ref(lln="1.1"), "", "0.20:3 0.19:4"),
    ("T-04", "wbc_decreased", ref(lln="3.5"), "", "1.00:3 0.99:4"),
    ("T-05", "alt_increased", ALT, "", "120:1 121:2 200:2 201:3 800:3 801:4"),
    ("T-07", "alp_increased", ALP, "", "250:1 251:2"),
    ("T-07, abnormal baseline", "alp_increased", ALP_HIGH, "", "299:0 300:1"),
    ("T-08", "bilirubin_increased", BILI, "", "31.5:1 31.6:2 63:2 63.1:3 210:3 211:4"),
    ("T-10", "creatinine_increased", CREAT_50, "", "75:0 80:2 151:3"),
    ("T-11", "creatinine_increased", CREAT_100, "", "105:1 157:2 625:4"),
    ("T-13 no symptoms", "hypokalemia", K, "no symptoms or treatment", "3.0:1 3.2:1"),
    ("T-13 symptoms", "hypokalemia", K, "symptoms or treatment", "3.2:2 2.9:3 2.5:3 2.4:4"),
    ("T-14 no symptoms", "hyponatremia", NA, "no symptoms", "130:1 129:2 124:3 120:3 119:4"),
    ("T-14 symptoms", "hyponatremia", NA, "symptoms", "130:1 129:3 124:3 120:3 119:4"),
    ("T-16", "fibrinogen_decreased", FIB, "", "1.4:2 1.0:2 0.9:3 0.5:3 0.49:4"),
    ("T-17", "fibrinogen_decreased", FIB_LOW, "", "1.2:1 1.12:2 0.75:3"),
    ("T-19", "inr_increased", INR, "no anticoagulant", "1.2:0 1.3:1 1.6:2 2.5:2 2.6:3"),
    ("T-20 no symptoms", "lipase_increased", LIPASE, "no symptoms", "100:2 130:2 301:3"),
    ("T-20 symptoms", "lipase_increased", LIPASE, "symptoms", "100:2 130:3 301:4"),
    ("T-22", "hypoalbuminemia", ref(lln="40"), "", "30:1 29.9:2 20:2 19.9:3"),
    ("T-23", "qtc_prolonged", QTC, "", "449:0 450:1 480:1 481:2 500:2 501:3"),
    ("T-26 from 65", "ejection_fraction_decreased", LVEF, "", "54:2 45:3 39:3 19:4"),
    ("T-26 from 60", "ejection_fraction_decreased", ref(baseline="60"), "", "51:0 39:3 19:4"),
    ("T-28, corrected", "hypercalcemia", CA, "", "2.99:2 2.75:1"),
    ("T-29", "hypocalcemia", CA, "", "1.75:2 1.74:3"),
    ("T-31", "anc_decreased", ANC, "", "<0.1:4 <0.5:4"),
    ("T-32 no consequence", "hyperuricemia", ref(uln="420"), "no consequence", "480:1"),
    ("T-32 consequence", "hyperuricemia", ref(uln="420"), "consequence", "480:3"),
    # Both sides of every boundary
    ("L1", "anemia", HB, "", "130:0 129:1 100:1 99:2 80:2 79:3 20:3"),
    ("L1 transfusion", "anemia", HB, "transfusion", "130:0 129:3 79:3"),
    ("L1 threat", "anemia", HB, "life threatening", "130:0 129:4 79:4"),
    ("L2", "wbc_decreased", ref(lln="3.5"), "", "3.5:0 3.49:1 3.0:1 2.99:2 2.0:2 1.99:3 1.0:3 0.99:4"),
    ("L3", "anc_decreased", ANC, "", "1.8:0 1.79:1 1.5:1 1.49:2 1.0:2 0.99:3 0.5:3 0.49:4 0:4"),
    ("L4", "lymphocytes_decreased", ref(lln="1.1"), "", "1.1:0 1.09:1 0.8:1 0.79:2 0.5:2 0.49:3 0.2:3 0.19:4"),
    ("L5", "plt_decreased", PLT, "", "125:0 124:1 75:1 74.9:2 50:2 49.9:3 25:3 24.9:4 >1000:0"),
    ("L6", "cd4_decreased", ref(lln="0.6"), "", "0.6:0 0.59:1 0.5:1 0.49:2 0.2:2 0.19:3 0.05:3 0.049:4"),
    ("L7", "fibrinogen_decreased", FIB, "", "2.0:0 1.99:1 1.5:1 1.49:2 1.0:2 0.99:3 0.5:3 0.499:4"),
    ("L7, LLN 4", "fibrinogen_decreased", ref(lln="4.0", baseline="4.5"), "", "1.0:3 0.99:4"),
    ("L7b", "fibrinogen_decreased", FIB_LOW, "", "1.6:0 1.5:0 1.49:1 1.126:1 1.125:2 0.76:2 0.75:3 0.5:3 0.499:4"),
    ("L7b, three quarters lost", "fibrinogen_decreased", ref(lln="2.4", baseline="2.2"), "", "0.56:3 0.55:4"),
    ("L8", "hypoalbuminemia", ref(lln="40"), "", "40:0 39.9:1 30:1 29.9:2 20:2 19.9:3"),
    ("L8 threat", "hypoalbuminemia", ref(lln="40"), "life threatening", "40:0 39.9:4 19.9:4"),
    ("L9", "hypocalcemia", CA, "", "2.11:0 2.10:1 2.0:1 1.99:2 1.75:2 1.74:3 1.5:3 1.49:4"),
    ("L9b", "hypocalcemia_ionised", ICA, "", "1.15:0 1.14:1 1.0:1 0.99:2 0.9:2 0.89:3 0.8:3 0.79:4"),
    ("L10", "hypoglycemia", GLUC, "", "3.9:0 3.8:1 3.0:1 2.9:2 2.2:2 2.1:3 1.7:3 1.6:4"),
    ("L10 seizure", "hypoglycemia", GLUC, "seizure", "3.9:0 3.8:4 1.6:4"),
    ("L11 no symptoms", "hypokalemia", K, "no symptoms or treatment", "3.5:0 3.49:1 3.0:1 2.99:3 2.5:3 2.49:4"),
    ("L11 symptoms", "hypokalemia", K, "symptoms or treatment", "3.5:0 3.49:2 3.0:2 2.99:3 2.5:3 2.49:4"),
    ("L12", "hypomagnesemia", ref(lln="0.75"), "", "0.75:0 0.74:1 0.5:1 0.49:2 0.4:2 0.39:3 0.3:3 0.29:4"),
    ("L13 no symptoms", "hyponatremia", NA, "no symptoms", "137:0 136:1 130:1 129.9:2 125:2 124.9:3 120:3 119.9:4"),
    ("L13 symptoms", "hyponatremia", NA, "symptoms", "137:0 136:1 130:1 129.9:3 125:3 124.9:3 120:3 119.9:4"),
    ("L14 nothing done", "hypophosphatemia", PHOS, "no treatment, no severe, " + MILD, "0.85:0 0.84:1 0.1:1"),
    ("L14 replaced", "hypophosphatemia", PHOS, "treatment, no severe, " + MILD, "0.85:0 0.84:2"),
    ("L14 severe", "hypophosphatemia", PHOS, "treatment, severe, " + MILD, "0.85:0 0.84:3"),
    ("L14 threat", "hypophosphatemia", PHOS, "life threatening", "0.85:0 0.84:4"),
    ("L15", "ejection_fraction_decreased", ref(baseline="55"), "", "51:0 50:2 40:2 39:3 20:3 19:4"),
    ("L15 fall", "ejection_fraction_decreased", ref(baseline="75"), "", "66:0 65:2 56:2 55:3"),
    ("H1", "alt_increased", ALT, "", "40:0 41:1 120:1 121:2 200:2 201:3 800:3 801:4"),
    ("H1 AST", "ast_increased", ALT, "", "40:0 41:1 120:1 121:2 200:2 201:3 800:3 801:4"),
    ("H1b", "alt_increased", ALT_HIGH, "", "134:0 135:1 270:1 271:2 450:2 451:3 1800:3 1801:4"),
    ("H1b AST", "ast_increased", ALT_HIGH, "", "134:0 135:1 270:1 271:2 450:2 451:3 1800:3 1801:4"),
    ("H2", "alp_increased", ALP, "", "100:0 101:1 250:1 251:2 500:2 501:3 2000:3 2001:4"),
    ("H2 GGT", "ggt_increased", ALP, "", "100:0 101:1 250:1 251:2 500:2 501:3 2000:3 2001:4"),
    ("H2b", "alp_increased", ALP_HIGH, "", "299:0 300:1 375:1 376:2 750:2 751:3 3000:3 3001:4"),
    ("H2b GGT", "ggt_increased", ALP_HIGH, "", "299:0 300:1 375:1 376:2 750:2 751:3 3000:3 3001:4"),
    ("H3", "bilirubin_increased", BILI, "", "21:0 21.1:1 31.5:1 31.6:2 63:2 63.1:3 210:3 210.1:4"),
    ("H3b", "bilirubin_increased", BILI_HIGH, "", "30:0 30.1:1 45:1 45.1:2 90:2 90.1:3 300:3 300.1:4"),
    ("H4 by ULN", "creatinine_increased", ref(uln="104", baseline="104"), "",
     "104:0 105:1 156:1 157:2 312:2 313:3 624:3 625:4"),
    ("H4 by baseline", "creatinine_increased", CREAT_50, "", "75:0 76:2 150:2 151:3"),
    ("H5", "aptt_prolonged", ref(uln="40"), "", "40:0 40.1:1 60:1 60.1:2 100:2 100.1:3"),
    ("H5 bleeding", "aptt_prolonged", ref(uln="40"), "bleeding", "40:0 40.1:3"),
    ("H6", "inr_increased", INR, "no anticoagulant", "1.20:0 1.21:1 1.5:1 1.51:2 2.5:2 2.51:3"),
    ("H6 anticoagulant", "inr_increased", ref(baseline="2.0"), "anticoagulant",
     "2.0:0 2.01:1 3.0:1 3.01:2 5.0:2 5.01:3"),
    ("H7 no symptoms", "amylase_increased", LIPASE, "no symptoms", "60:0 61:1 90:1 91:2 120:2 121:2 300:2 301:3"),
    ("H7 symptoms", "amylase_increased", LIPASE, "symptoms", "60:0 61:1 90:1 91:2 120:2 121:3 300:3 301:4"),
    ("H7 lipase, no symptoms", "lipase_increased", LIPASE, "no symptoms",
     "60:0 61:1 90:1 91:2 120:2 121:2 300:2 301:3"),
    ("H7 lipase, symptoms", "lipase_increased", LIPASE, "symptoms", "60:0 61:1 90:1 91:2 120:2 121:3 300:3 301:4"),
    ("H8", "cpk_increased", ref(uln="200"), "", "200:0 201:1 500:1 501:2 1000:2 1001:3 2000:3 2001:4"),
    ("H9", "hypertriglyceridemia", ref(), "", "1.70:0 1.71:1 3.42:1 3.43:2 5.7:2 5.71:3 11.4:3 11.41:4"),
    ("H10", "cholesterol_high", ref(uln="5.2"), "", "5.2:0 5.21:1 7.75:1 7.76:2 10.34:2 10.35:3 12.92:3 12.93:4"),
    ("H11 none", "hyperuricemia", ref(uln="420"), "no consequence", "420:0 421:1"),
    ("H11 consequence", "hyperuricemia", ref(uln="420"), "consequence", "420:0 421:3"),
    ("H11 threat", "hyperuricemia", ref(uln="420"), "consequence, life threatening", "420:0 421:4"),
    ("H12", "hyperkalemia", K, "", "5.3:0 5.31:1 5.5:1 5.51:2 6.0:2 6.01:3 7.0:3 7.01:4"),
    ("H13", "hypernatremia", NA, "", "147:0 148:1 150:1 151:2 155:2 156:3 160:3 161:4"),
    ("H14", "hypermagnesemia", ref(uln="1.02"), "", "1.02:0 1.03:1 1.23:1 1.24:3 3.30:3 3.31:4"),
    ("H15", "hypercalcemia", CA, "", "2.52:0 2.53:1 2.9:1 2.91:2 3.1:2 3.11:3 3.4:3 3.41:4"),
    ("H15b", "hypercalcemia_ionised", ICA, "", "1.33:0 1.34:1 1.5:1 1.51:2 1.6:2 1.61:3 1.8:3 1.81:4"),
    ("H16 nothing done", "hyperglycemia", GLUC, UNTREATED, "6.1:0 6.2:1 30:1"),
    ("H16 high before", "hyperglycemia", ref(uln="6.1", baseline="9.0"), UNTREATED,
     "9.0:0 9.1:1"),
    ("H16 treated", "hyperglycemia", GLUC, "treatment, no insulin or hospital, " + MILD, "6.1:0 6.2:2"),
    ("H16 insulin", "hyperglycemia", GLUC, "insulin or hospital, " + MILD, "6.1:0 6.2:3"),
    ("H16 threat", "hyperglycemia", GLUC, "life threatening", "6.1:0 6.2:4"),
    ("H17 nothing done", "hyperphosphatemia", PHOS, "no treatment, no severe, " + MILD, "1.51:0 1.52:1"),
    ("H17 treated", "hyperphosphatemia", PHOS, "treatment, no severe, " + MILD, "1.51:0 1.52:2"),
    ("H17 severe", "hyperphosphatemia", PHOS, "severe, " + MILD, "1.51:0 1.52:3"),
    ("H17 threat", "hyperphosphatemia", PHOS, "life threatening", "1.51:0 1.52:4"),
    ("H18", "qtc_prolonged", ref(baseline="450"), "", "449:0 450:1 480:1 480.5:2 481:2 500:2 500.9:2 501:3"),
    ("H18 change", "qtc_prolonged", ref(baseline="400"), "", "460:1 461:3"),
    ("H18 arrhythmia", "qtc_prolonged", QTC, "arrhythmia", "449:0 450:4"),
    ("H19", "leukocytosis", ref(uln="9.5"), "", "9.5:0 100:0 100.1:3"),
    ("H19 leucostasis", "leukocytosis", ref(uln="9.5"), "leucostasis", "9.5:0 9.6:4 100.1:4"),
    ("H20", "lymphocytes_increased", ref(), "", "4:0 4.1:2 20:2 20.1:3"),
    ("H21", "ldh_increased", ref(uln="250"), "", "250:0 251:1 5000:1"),
    ("H22", "hemoglobin_increased", HB, "", "175:0 176:1 195:1 196:2 215:2 216:3"),
]  # fmt: skip
CASES = [
    pytest.param(term, reference, words, *pair.split(":"), id=f"{name} {pair}")
    for name, term, reference, words, pairs in TABLE
    for pair in pairs.split()
]


@pytest.mark.parametrize(("term", "reference", "words", "value", "grade"), CASES)
def test_grade(term: str, reference: Reference, words: str, value: str, grade: str) -> None:
    assert grade_lab(TERMS[term], Quantity.parse(value), reference, said(words)).grade == int(grade)


NEAR = D("0.02")  # of a boundary: so near the table stands on both sides of it


@pytest.mark.parametrize("key", TERMS)
def test_every_boundary_stands_on_both_sides(key: str) -> None:
    """Of each limit of each row there is a value at it and one just beyond (or just before), in the same line."""
    lines = [
        (ref_, {D(pair.split(":")[0].lstrip("<>")) for pair in pairs.split()})
        for _name, term, ref_, _words, pairs in TABLE
        if term == key
    ]
    term = TERMS[key]
    for rows in filter(None, (term.rows, term.abnormal_baseline_rows)):
        for row in rows:
            for limit in (limit for each in row.conditions for limit in each.limits):
                assert any(
                    at is not None and both_sides(at, limit.op, values)
                    for reference, values in lines
                    if rows in branches_of(term, reference) or not term.abnormal_baseline_rows
                    for at in [bound(limit, reference)]
                ), (key, row.grade, limit)


def both_sides(at: D, op: str, values: set[D]) -> bool:
    near = [value for value in values if abs(value - at) <= max(NEAR * abs(at), D(1))]
    if at not in near:
        return False
    outside = op in ("<", ">=")  # the bound itself lies on the upper side of these
    return any(value < at for value in near) if outside else any(value > at for value in near)


def test_t_25_the_qtc_is_that_of_fridericia() -> None:
    value = qtcf(D(420), D(90)).value
    assert round(value, 1) == D("480.8")
    assert grade_lab(TERMS["qtc_prolonged"], value, QTC).grade == 2


def test_t_28_the_raw_calcium_would_be_a_milder_grade() -> None:
    albumin = Quantity.parse("28", "g/L", "albumin")
    found = calcium_for_albumin(Quantity.parse("2.75", "mmol/L", "calcium"), albumin)
    assert found is not None
    corrected = found.quantity
    assert corrected.canonical == D("2.99")
    assert grade_lab(TERMS["hypercalcemia"], corrected, CA).grade == 2
    assert grade_lab(TERMS["hypercalcemia"], D("2.75"), CA).grade == 1


def test_the_versions_that_a_protocol_may_name_are_those_with_a_table() -> None:
    assert set(CTCAE_VERSIONS) == set(VERSIONS)


UNSAID = [
    # term, value, reference, grades possible, the reason
    ("hypokalemia", "3.2", K, (2, 1), "symptoms or treatment of it"),
    ("hypokalemia", "2.9", K, (3,), ""),
    ("hyponatremia", "129", NA, (3, 2), "symptoms"),
    ("hyponatremia", "130", NA, (1,), ""),
    ("hyponatremia", "124", NA, (3,), ""),
    ("lipase_increased", "120", LIPASE, (2,), ""),
    ("lipase_increased", "121", LIPASE, (3, 2), "symptoms"),
    ("lipase_increased", "301", LIPASE, (4, 3), "symptoms"),
    ("hyperuricemia", "421", ref(uln="420"), (3, 1), "physiologic consequence"),
    ("inr_increased", "2.0", ref(baseline="1.0"), (2,), ""),
    ("inr_increased", "2.0", ref(baseline="1.4"), (2, 1), "on an anticoagulant"),
    ("inr_increased", "2.0", ref(), (3, 2, 1, 0), "there is no value before treatment"),
    ("hypophosphatemia", "0.84", PHOS, (4, 3, 2, 1), "oral replacement"),
    ("hypophosphatemia", "0.85", PHOS, (0,), ""),
    ("hyperglycemia", "6.2", GLUC, (4, 3, 2, 1), "insulin started"),
    ("hyperphosphatemia", "1.52", PHOS, (4, 3, 2, 1), "non-invasive treatment"),
]


@pytest.mark.parametrize(("term", "value", "reference", "possible", "reason"), UNSAID)
def test_what_the_clinician_has_not_said_is_never_assumed(
    term: str, value: str, reference: Reference, possible: tuple[int, ...], reason: str
) -> None:
    graded = grade_lab(TERMS[term], Quantity.parse(value), reference)
    assert graded.possible == possible
    assert graded.grade == (possible[0] if len(possible) == 1 else None)
    assert reason in graded.sentence.en
    assert ("because" in graded.sentence.en) == bool(reason)


MISSING = [
    # what is missing, term, value, reference, grades possible
    ("no result", "anc_decreased", None, ANC, (4, 3, 2, 1, 0)),
    ("censored across a limit", "anc_decreased", "<0.6", ANC, (4, 3)),
    ("LLN missing, worse grade certain", "anc_decreased", "0.4", ref(), (4,)),
    ("LLN missing", "anc_decreased", "1.6", ref(), (1, 0)),
    ("ULN missing", "alt_increased", "500", ref(), (4, 3, 2, 1, 0)),
    ("LLN missing, sodium below every limit of normal", "hypernatremia", "161", ref(), (4,)),
    ("ULN missing, creatinine by baseline", "creatinine_increased", "160", ref(baseline="50"), (4, 3)),
]


@pytest.mark.parametrize(
    ("term", "value", "reference", "possible"), [r[1:] for r in MISSING], ids=[r[0] for r in MISSING]
)
def test_what_is_missing_leaves_grades_open(
    term: str, value: str | None, reference: Reference, possible: tuple[int, ...]
) -> None:
    graded = grade_lab(TERMS[term], None if value is None else Quantity.parse(value), reference)
    assert graded.possible == possible
    assert graded.grade == (possible[0] if len(possible) == 1 else None)


def test_a_missing_baseline_reads_the_rows_of_a_normal_one_and_says_so() -> None:
    graded = grade_lab(TERMS["alt_increased"], D(134), ref(uln="40"))
    assert (graded.grade, graded.flags) == (2, (GradeFlag.BASELINE_MISSING,))
    assert grade_lab(TERMS["creatinine_increased"], D(80), ref(uln="104")).grade == 0
    assert GradeFlag.BASELINE_MISSING not in grade_lab(TERMS["anc_decreased"], D(1), ANC).flags


def test_the_baseline_is_judged_by_the_limit_of_its_own_day() -> None:
    then_higher = ref(uln="40", baseline="45", uln_at_baseline="50")
    assert grade_lab(TERMS["alt_increased"], D(121), then_higher).grade == 2
    assert grade_lab(TERMS["alt_increased"], D(121), ref(uln="40", baseline="45")).grade == 1


def test_creatinine_by_baseline_below_the_limit_of_normal_can_be_switched_off() -> None:
    term = TERMS["creatinine_increased"]
    assert grade_lab(term, D(80), CREAT_50, creat_baseline_requires_gt_uln=True).grade == 0
    assert grade_lab(term, D(105), CREAT_50, creat_baseline_requires_gt_uln=True).grade == 2


def test_grade_three_anemia_says_that_worse_needs_the_clinician() -> None:
    assert GradeFlag.CLINICAL_GRADES_ABOVE in grade_lab(TERMS["anemia"], D(60), ref(lln="130")).flags
    assert GradeFlag.CLINICAL_GRADES_ABOVE not in grade_lab(TERMS["anemia"], D(90), ref(lln="130")).flags


def test_every_term_grades_an_analyte_in_its_canonical_unit() -> None:
    for term in TERMS.values():
        assert term.analyte in ANALYTES, term.key
    assert [term.key for term in terms_of("alt")] == ["alt_increased"]
    assert terms_of("igg") == ()


SENTENCES = [
    ("anc_decreased", "<100", "/uL", ANC, "Neutrophil count decreased: <0.1 10⁹/L; grade 4 is < 0.5."),
    ("anc_decreased", "1.6", "10*9/L", ANC, "Neutrophil count decreased: 1.6 10⁹/L; grade 1 is < LLN 1.8."),
    (
        "alt_increased",
        "134",
        "U/L",
        ref(uln="40"),
        "Alanine aminotransferase increased: 134 U/L; grade 2 is > 3 × ULN 40.",
    ),
    ("anemia", "13.5", "g/dL", ref(lln="130"), "Anemia: 135 g/L; no grade is reached."),
    (
        "anemia",
        "13.5",
        "g/dL",
        ref(),
        "Anemia: 135 g/L; not gradable, because LLN is not recorded (may be grade 0 or 1).",
    ),
    (
        "anc_decreased",
        "<0.6",
        "10*9/L",
        ANC,
        "Neutrophil count decreased: <0.6 10⁹/L; grade 3 or 4: open, because the result is not exact enough.",
    ),
]


@pytest.mark.parametrize(("term", "text", "unit", "reference", "sentence"), SENTENCES)
def test_the_sentence_names_the_result_in_the_standard_unit_and_the_limit(
    term: str, text: str, unit: str, reference: Reference, sentence: str
) -> None:
    value = Quantity.parse(text, unit, TERMS[term].analyte)
    assert grade_lab(TERMS[term], value, reference).sentence.en == sentence


def test_the_sentence_stands_in_chinese_as_well() -> None:
    graded = grade_lab(TERMS["alt_increased"], D(134), ref(uln="40", baseline="30"))
    assert graded.sentence.zh == "丙氨酸氨基转移酶升高：134 U/L；2级为> 3 × ULN 40。"


NOT_PRINTED = Reference(not_printed=True)


@pytest.mark.parametrize(
    ("term", "value", "possible"),
    [
        ("alt_increased", "500", (4, 3, 2, 1, 0)),
        ("anc_decreased", "1.6", (1, 0)),
        ("anc_decreased", "0.4", (4,)),
        ("hypertriglyceridemia", "6.0", (3,)),
    ],
)
def test_a_range_that_was_not_printed_is_not_replaced_by_another(
    term: str, value: str, possible: tuple[int, ...]
) -> None:
    graded = grade_lab(TERMS[term], D(value), NOT_PRINTED)
    assert graded.possible == possible
    assert ("because the report printed no range" in graded.sentence.en) == (len(possible) > 1)
    assert ("因为报告单未打印参考范围" in graded.sentence.zh) == (len(possible) > 1)


def test_a_baseline_without_a_printed_range_may_have_been_normal_or_not() -> None:
    graded = grade_lab(
        TERMS["alt_increased"], D(134), Reference(uln=D(40), baseline=D(90), baseline_not_printed=True)
    )
    assert graded.possible == (2, 0)
    assert "the report of the baseline printed no range" in graded.sentence.en


def test_both_directions_of_an_analyte_are_graded() -> None:
    both = {term.direction: grade_lab(term, D("2.9"), K).grade for term in terms_of("potassium")}
    assert both == {"LOW": 3, "HIGH": 0}
    assert len(TERMS) == 42
    for analyte in ANALYTES:
        directions = [term.direction for term in terms_of(analyte)]
        assert len(directions) == len(set(directions)), analyte


def test_a_version_without_a_table_is_refused() -> None:
    with pytest.raises(KeyError):
        terms_of("alt", "6.0")

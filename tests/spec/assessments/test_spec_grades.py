"""Laboratory grades by CTCAE v5.0, as a table with limits of normal, baseline and grade."""

from decimal import Decimal as D

import pytest

from assessments.domain.grading import TERMS, GradeFlag, Reference, grade_lab, terms_of
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.units import ANALYTES


def ref(**numbers: str) -> Reference:
    return Reference(**{name: D(number) for name, number in numbers.items()})


ANC, PLT = ref(lln="1.8"), ref(lln="125")
ALT, ALT_HIGH = ref(uln="40", baseline="30"), ref(uln="40", baseline="90")
BILI, BILI_HIGH = ref(uln="21", baseline="10"), ref(uln="21", baseline="30")
CREAT_50, CREAT_100 = ref(uln="104", baseline="50"), ref(uln="104", baseline="100")
ALP, ALP_HIGH = ref(uln="100", baseline="80"), ref(uln="100", baseline="150")

TABLE = [
    # id, term, reference, values and grades
    ("T-01", "anc_decreased", ANC, "0.50:3 0.49:4 1.00:2 0.99:3 1.5:1 1.49:2 1.8:0 1.79:1"),
    ("T-02", "plt_decreased", PLT, "25:3 24.9:4 50:2 49.9:3 75:1 74.9:2 125:0 124:1"),
    ("T-04 lymphocytes", "lymphocytes_decreased", ref(lln="1.1"), "0.20:3 0.19:4 0.5:2 0.8:1 1.1:0"),
    ("T-04", "wbc_decreased", ref(lln="3.5"), "1.00:3 0.99:4 2.0:2 1.99:3 3.0:1 2.99:2 3.5:0"),
    ("haemoglobin", "anemia", ref(lln="130"), "130:0 129:1 100:1 99:2 80:2 79:3 20:3"),
    ("T-05", "alt_increased", ALT, "40:0 41:1 120:1 121:2 200:2 201:3 800:3 801:4"),
    ("T-05 AST", "ast_increased", ALT, "40:0 120:1 121:2 200:2 201:3 800:3 801:4"),
    (
        "ALT, abnormal baseline",
        "alt_increased",
        ALT_HIGH,
        "134:0 135:1 270:1 271:2 450:2 451:3 1800:3 1801:4",
    ),
    ("T-07", "alp_increased", ALP, "100:0 101:1 250:1 251:2 500:2 501:3 2000:3 2001:4"),
    ("T-07, abnormal baseline", "alp_increased", ALP_HIGH, "299:0 300:1 375:1 376:2 751:3 3001:4"),
    ("T-08", "bilirubin_increased", BILI, "21:0 21.1:1 31.5:1 31.6:2 63:2 63.1:3 210:3 211:4"),
    (
        "bilirubin, abnormal baseline",
        "bilirubin_increased",
        BILI_HIGH,
        "30:0 31:1 45:1 46:2 90:2 91:3 300:3 301:4",
    ),
    ("T-10", "creatinine_increased", CREAT_50, "75:0 80:2 150:2 151:3 625:4"),
    ("T-11", "creatinine_increased", CREAT_100, "104:0 105:1 150:1 151:2 157:2 300:2 301:3 624:3 625:4"),
    ("T-31", "anc_decreased", ANC, "<0.1:4 <0.5:4"),
    ("high platelets", "plt_decreased", PLT, ">1000:0"),
]
CASES = [
    pytest.param(term, reference, *pair.split(":"), id=f"{name} {pair}")
    for name, term, reference, pairs in TABLE
    for pair in pairs.split()
]


@pytest.mark.parametrize(("term", "reference", "value", "grade"), CASES)
def test_grade(term: str, reference: Reference, value: str, grade: str) -> None:
    assert grade_lab(TERMS[term], Quantity.parse(value), reference).grade == int(grade)


MISSING = [
    # what is missing, term, value, reference, grades possible
    ("no result", "anc_decreased", None, ANC, (4, 3, 2, 1, 0)),
    ("censored across a limit", "anc_decreased", "<0.6", ANC, (4, 3)),
    ("LLN missing, worse grade certain", "anc_decreased", "0.4", ref(), (4,)),
    ("LLN missing", "anc_decreased", "1.6", ref(), (1, 0)),
    ("ULN missing", "alt_increased", "500", ref(), (4, 3, 2, 1, 0)),
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
        assert ANALYTES[term.analyte].canonical == term.unit, term.key
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
    ("anemia", "13.5", "g/dL", ref(), "Anemia: 135 g/L; may be grade 0, 1: LLN not recorded."),
    (
        "anc_decreased",
        "<0.6",
        "10*9/L",
        ANC,
        "Neutrophil count decreased: <0.6 10⁹/L; may be grade 3, 4: the result is not exact enough.",
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

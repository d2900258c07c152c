"""CTCAE v5.0: what a value that is too low means."""

from trialsite.clinical.text import Text

from ..terms import Finding, Term
from .rows import BASELINE, BELOW, LLN, at_most, below, beyond, low, or_stated, row, rows, when

LOW_TERMS: tuple[Term, ...] = (
    Term(
        "anemia",
        Text("Anemia", "贫血"),
        "haemoglobin",
        "LOW",
        (
            row(1, BELOW),
            row(2, below("100")),
            row(3, below("80"), or_stated(Finding.TRANSFUSION, BELOW)),
            row(4, or_stated(Finding.LIFE_THREATENING, BELOW)),
        ),
    ),
    low("wbc_decreased", "White blood cell decreased", "白细胞数降低", "wbc", "3.0", "2.0", "1.0"),
    low("anc_decreased", "Neutrophil count decreased", "中性粒细胞计数降低", "anc", "1.5", "1.0", "0.5"),
    low(
        "lymphocytes_decreased",
        "Lymphocyte count decreased",
        "淋巴细胞计数降低",
        "lymphocytes",
        "0.8",
        "0.5",
        "0.2",
    ),
    low("plt_decreased", "Platelet count decreased", "血小板计数降低", "platelets", "75", "50", "25"),
    low("cd4_decreased", "CD4 lymphocytes decreased", "CD4淋巴细胞降低", "cd4", "0.5", "0.2", "0.05"),
    Term(
        "fibrinogen_decreased",
        Text("Fibrinogen decreased", "纤维蛋白原降低"),
        "fibrinogen",
        "LOW",
        (
            row(1, BELOW),
            row(2, below("0.75", LLN)),
            row(3, below("0.5", LLN)),
            row(4, below("0.25", LLN), below("0.5")),
        ),
        # Below normal before treatment: the fall from the baseline counts, 25 %, 50 % and 75 % of it.
        (
            row(1, below("1", BASELINE)),
            row(2, at_most("0.75", BASELINE)),
            row(3, at_most("0.5", BASELINE)),
            row(4, at_most("0.25", BASELINE), below("0.5")),
        ),
    ),
    Term(
        "hypoalbuminemia",
        Text("Hypoalbuminemia", "低白蛋白血症"),
        "albumin",
        "LOW",
        (*rows(BELOW, below("30"), below("20")), row(4, or_stated(Finding.LIFE_THREATENING, BELOW))),
    ),
    low(
        "hypocalcemia",
        "Hypocalcemia (corrected)",
        "低钙血症（校正钙）",
        "calcium_corrected",
        "2.0",
        "1.75",
        "1.5",
    ),
    low(
        "hypocalcemia_ionised",
        "Hypocalcemia (ionised)",
        "低钙血症（离子钙）",
        "calcium_ionised",
        "1.0",
        "0.9",
        "0.8",
    ),
    Term(
        "hypoglycemia",
        Text("Hypoglycemia", "低血糖症"),
        "glucose",
        "LOW",
        (
            *rows(BELOW, below("3.0"), below("2.2")),
            row(4, below("1.7"), or_stated(Finding.SEIZURE, BELOW)),
        ),
    ),
    Term(
        "hypokalemia",
        Text("Hypokalemia", "低钾血症"),
        "potassium",
        "LOW",
        (
            row(1, BELOW),
            row(2, when(Finding.SYMPTOMS_OR_TREATMENT, BELOW)),
            row(3, below("3.0")),
            row(4, below("2.5")),
        ),
    ),
    low("hypomagnesemia", "Hypomagnesemia", "低镁血症", "magnesium", "0.5", "0.4", "0.3"),
    Term(
        "hyponatremia",
        Text("Hyponatremia", "低钠血症"),
        "sodium",
        "LOW",
        (
            row(1, BELOW),
            row(2, below("130")),
            row(3, below("125"), when(Finding.SYMPTOMS, below("130"))),
            row(4, below("120")),
        ),
    ),
    Term(
        "hypophosphatemia",
        Text("Hypophosphatemia", "低磷血症"),
        "phosphate",
        "LOW",
        (
            row(1, BELOW),
            row(2, when(Finding.TREATMENT, BELOW)),
            row(3, when(Finding.SEVERE, BELOW)),
            row(4, when(Finding.LIFE_THREATENING, BELOW)),
        ),
        decided_by=Text(
            "1 a laboratory finding only, 2 oral replacement, 3 severe or admission, 4 life-threatening",
            "1级仅实验室异常，2级需口服补充，3级严重或需住院，4级危及生命",
        ),
    ),
    Term(
        "ejection_fraction_decreased",
        Text("Ejection fraction decreased", "射血分数降低"),
        "lvef",
        "LOW",
        (
            row(2, at_most("50"), beyond("<=", BASELINE, "-10")),
            row(3, below("40"), beyond("<=", BASELINE, "-20")),
            row(4, below("20")),
        ),
    ),
)

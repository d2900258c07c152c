"""CTCAE v5.0: what a value that is too high means."""

from trialsite.clinical.text import Text

from ..terms import Condition, Finding, Term
from .rows import (
    ABOVE,
    BASELINE,
    ULN,
    above,
    at_least,
    beyond,
    enzyme,
    high,
    multiples,
    or_stated,
    pancreatic,
    row,
    rows,
    when,
)

ENZYMES, PHOSPHATASES, BILIRUBIN = ("1", "3", "5", "20"), ("1", "2.5", "5", "20"), ("1", "1.5", "3", "10")
ANTICOAGULATED = Finding.ANTICOAGULANT

HIGH_TERMS: tuple[Term, ...] = (
    enzyme(
        "alt_increased", "Alanine aminotransferase increased", "丙氨酸氨基转移酶升高", "alt", ENZYMES, "1.5"
    ),
    enzyme(
        "ast_increased",
        "Aspartate aminotransferase increased",
        "天冬氨酸氨基转移酶升高",
        "ast",
        ENZYMES,
        "1.5",
    ),
    enzyme("alp_increased", "Alkaline phosphatase increased", "碱性磷酸酶升高", "alp", PHOSPHATASES, "2.0"),
    enzyme("ggt_increased", "GGT increased", "γ-谷氨酰转移酶升高", "ggt", PHOSPHATASES, "2.0"),
    Term(
        "bilirubin_increased",
        Text("Blood bilirubin increased", "血胆红素升高"),
        "bilirubin",
        "HIGH",
        rows(*(above(limit, ULN) for limit in BILIRUBIN)),
        rows(*(above(limit, BASELINE) for limit in BILIRUBIN)),
    ),
    Term(
        "creatinine_increased",
        Text("Creatinine increased", "肌酐升高"),
        "creatinine",
        "HIGH",
        (
            row(1, above("1", ULN)),
            row(2, above("1.5", ULN), above("1.5", BASELINE)),
            row(3, above("3", ULN), above("3", BASELINE)),
            row(4, above("6", ULN)),
        ),
    ),
    Term(
        "aptt_prolonged",
        Text("Activated partial thromboplastin time prolonged", "活化部分凝血活酶时间延长"),
        "aptt",
        "HIGH",
        (
            row(1, above("1", ULN)),
            row(2, above("1.5", ULN)),
            row(3, above("2.5", ULN), or_stated(Finding.BLEEDING, ABOVE)),
        ),
    ),
    Term(
        "inr_increased",
        Text("INR increased", "INR升高"),
        "inr",
        "HIGH",
        tuple(
            row(
                grade,
                when(ANTICOAGULATED, above(number), present=False),
                when(ANTICOAGULATED, above(multiple, BASELINE)),
            )
            for grade, number, multiple in ((1, "1.2", "1"), (2, "1.5", "1.5"), (3, "2.5", "2.5"))
        ),
        needs_baseline=True,
    ),
    pancreatic("amylase_increased", "Serum amylase increased", "血清淀粉酶升高", "amylase"),
    pancreatic("lipase_increased", "Lipase increased", "脂肪酶升高", "lipase"),
    multiples("cpk_increased", "CPK increased", "肌酸激酶升高", "ck", "1", "2.5", "5", "10"),
    Term(
        "hypertriglyceridemia",
        Text("Hypertriglyceridemia", "高甘油三酯血症"),
        "triglycerides",
        "HIGH",
        rows(at_least("1.71"), above("3.42"), above("5.7"), above("11.4")),
    ),
    high("cholesterol_high", "Cholesterol high", "胆固醇升高", "cholesterol", "7.75", "10.34", "12.92"),
    Term(
        "hyperuricemia",
        Text("Hyperuricemia", "高尿酸血症"),
        "uric_acid",
        "HIGH",
        (
            row(1, ABOVE),
            row(3, when(Finding.CONSEQUENCE, ABOVE)),
            row(4, or_stated(Finding.LIFE_THREATENING, ABOVE)),
        ),
    ),
    high("hyperkalemia", "Hyperkalemia", "高钾血症", "potassium", "5.5", "6.0", "7.0"),
    high("hypernatremia", "Hypernatremia", "高钠血症", "sodium", "150", "155", "160"),
    Term(
        "hypermagnesemia",
        Text("Hypermagnesemia", "高镁血症"),
        "magnesium",
        "HIGH",
        (row(1, ABOVE), row(3, above("1.23")), row(4, above("3.30"))),
    ),
    high(
        "hypercalcemia",
        "Hypercalcemia (corrected)",
        "高钙血症（校正钙）",
        "calcium_corrected",
        "2.9",
        "3.1",
        "3.4",
    ),
    high(
        "hypercalcemia_ionised",
        "Hypercalcemia (ionised)",
        "高钙血症（离子钙）",
        "calcium_ionised",
        "1.5",
        "1.6",
        "1.8",
    ),
    Term(
        "hyperglycemia",
        Text("Hyperglycemia", "高血糖症"),
        "glucose",
        "HIGH",
        tuple(
            row(grade, Condition((ABOVE, above("1", BASELINE)), finding))
            for grade, finding in enumerate(
                (None, Finding.TREATMENT, Finding.INSULIN_OR_HOSPITAL, Finding.LIFE_THREATENING), start=1
            )
        ),
        decided_by=Text(
            "1 above the baseline without treatment, 2 change of the daily management or an oral agent, "
            "3 insulin started or admission, 4 life-threatening",
            "1级高于基线但未治疗，2级需调整日常管理或口服降糖药，3级开始胰岛素治疗或住院，4级危及生命",
        ),
    ),
    Term(
        "hyperphosphatemia",
        Text("Hyperphosphatemia", "高磷血症"),
        "phosphate",
        "HIGH",
        (
            row(1, ABOVE),
            row(2, when(Finding.TREATMENT, ABOVE)),
            row(3, when(Finding.SEVERE, ABOVE)),
            row(4, when(Finding.LIFE_THREATENING, ABOVE)),
        ),
        decided_by=Text(
            "1 a laboratory finding only, 2 non-invasive treatment, 3 severe or admission, 4 life-threatening",
            "1级仅实验室异常，2级需非侵入性治疗，3级严重或需住院，4级危及生命",
        ),
    ),
    Term(
        "qtc_prolonged",
        Text("Electrocardiogram QT corrected interval prolonged", "心电图QT校正间期延长"),
        "qtcf",
        "HIGH",
        (
            row(1, at_least("450")),
            row(2, above("480")),
            row(3, at_least("501"), beyond(">", BASELINE, "60")),
            row(4, or_stated(Finding.ARRHYTHMIA, at_least("450"))),
        ),
    ),
    Term(
        "leukocytosis",
        Text("Leukocytosis", "白细胞增多"),
        "wbc",
        "HIGH",
        (row(3, above("100")), row(4, or_stated(Finding.LEUCOSTASIS, ABOVE))),
    ),
    Term(
        "lymphocytes_increased",
        Text("Lymphocyte count increased", "淋巴细胞计数升高"),
        "lymphocytes",
        "HIGH",
        (row(2, above("4")), row(3, above("20"))),
    ),
    multiples("ldh_increased", "Blood lactate dehydrogenase increased", "血乳酸脱氢酶升高", "ldh", "1"),
    Term(
        "hemoglobin_increased",
        Text("Hemoglobin increased", "血红蛋白升高"),
        "haemoglobin",
        "HIGH",
        (row(1, ABOVE), row(2, beyond(">", ULN, "20")), row(3, beyond(">", ULN, "40"))),
    ),
)

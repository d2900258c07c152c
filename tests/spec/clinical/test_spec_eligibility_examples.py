"""Specification: worked eligibility examples (E) and HCT-CI examples (G) that need no protocol file."""

from datetime import date
from decimal import Decimal

import pytest

from trialsite.clinical.body import Sex, creatinine_clearance
from trialsite.clinical.dates import days_inclusive
from trialsite.clinical.facts import Fact, age_fact
from trialsite.clinical.hctci import BY_KEY, HctciMeasures, HctciRisk, hctci_score
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import evaluate, parse_rule
from trialsite.clinical.verdicts import CriterionKind, CriterionVerdict, criterion_verdict, subject_verdict

D = Decimal


def verdict(kind, rule, facts):
    return criterion_verdict(CriterionKind(kind), evaluate(parse_rule(rule), facts).truth)


def between(fact, low, high):
    return {
        "all": [{"fact": fact, "op": ">=", "value": low}, {"fact": fact, "op": "<=", "value": high}],
    }


AGES = [  # example, limits, birth, consent, age, verdict
    ("E-01", (15, 65), date(2011, 5, 2), date(2026, 5, 1), 14, "NOT_MET"),
    ("E-01", (15, 65), date(2011, 5, 2), date(2026, 5, 2), 15, "MET"),
    ("E-02", (15, 65), date(1960, 5, 1), date(2026, 4, 30), 65, "MET"),
    ("E-02", (15, 65), date(1960, 5, 1), date(2026, 5, 1), 66, "NOT_MET"),
    ("E-04", (18, 60), date(2008, 2, 29), date(2026, 2, 28), 17, "NOT_MET"),
    ("E-04", (18, 60), date(2008, 2, 29), date(2026, 3, 1), 18, "MET"),
    ("no birth date", (15, 65), None, date(2026, 3, 1), None, "UNKNOWN"),
]


@pytest.mark.parametrize(("example", "limits", "birth", "consent", "age", "expected"), AGES)
def test_age_counts_completed_years_at_consent(example, limits, birth, consent, age, expected):
    fact = age_fact(birth, consent)
    assert fact.value == age, example
    assert verdict("INCLUSION", between("age", *limits), {"age": fact}) == expected, example


CLEARANCES = [  # example, sex, age, kg, µmol/L, verdict
    ("E-05", Sex.MALE, 45, "70", "80", "MET"),
    ("E-07", Sex.FEMALE, 60, "50", "139", "MET"),
    ("E-07, one µmol/L more", Sex.FEMALE, 60, "50", "140", "NOT_MET"),
    ("E-08", Sex.FEMALE, 58, "95", "150", "MET"),
]


@pytest.mark.parametrize(("example", "sex", "age", "weight", "creatinine", "expected"), CLEARANCES)
def test_clearance_is_compared_with_30_unrounded(example, sex, age, weight, creatinine, expected):
    clearance = creatinine_clearance(
        age_years=age, weight_kg=D(weight), creatinine_umol_l=D(creatinine), sex=sex
    )
    facts = {"crcl": Fact(clearance.value, clearance.unit)}
    assert verdict("INCLUSION", {"fact": "crcl", "op": ">=", "value": "30"}, facts) == expected, example


def liver(analyte, times="3"):
    return {
        "any": [
            {"fact": analyte, "op": "<=", "times": times, "of": f"{analyte}_uln"},
            {"fact": "leuk_infiltration_liver", "op": "=", "value": True},
        ]
    }


LIVER = [  # example, value, ULN, infiltration, verdict
    ("E-10 infiltration yes", "63.1", "21", True, "MET"),
    ("E-10 unanswered", "63.1", "21", None, "UNKNOWN"),
    ("E-10 infiltration no", "63.1", "21", False, "NOT_MET"),
    ("exactly 3 × ULN", "63.0", "21", None, "MET"),
    ("value missing, infiltration yes", None, "21", True, "MET"),
    ("value missing, infiltration no", None, "21", False, "UNKNOWN"),
    ("ULN missing", "20", None, False, "UNKNOWN"),
]


@pytest.mark.parametrize(("example", "value", "uln", "infiltration", "expected"), LIVER)
def test_a_liver_limit_is_waived_by_leukaemic_infiltration(example, value, uln, infiltration, expected):
    facts = {
        "tbil": Fact(value and D(value), "umol/L"),
        "tbil_uln": Fact(uln and D(uln), "umol/L"),
        "leuk_infiltration_liver": Fact(infiltration),
    }
    assert verdict("INCLUSION", liver("tbil"), facts) == expected, example


def test_e_11_a_failed_ast_makes_ineligible_although_alt_is_missing():
    facts = {
        "alt_uln": Fact(D(40), "U/L"),
        "ast": Fact(D(160), "U/L"),
        "ast_uln": Fact(D(40), "U/L"),
        "leuk_infiltration_liver": Fact(False),
    }
    verdicts = {key: verdict("INCLUSION", liver(key), facts) for key in ("alt", "ast")}
    assert verdicts == {"alt": CriterionVerdict.UNKNOWN, "ast": CriterionVerdict.NOT_MET}
    decision = subject_verdict(verdicts)
    assert (decision.verdict, decision.because) == ("INELIGIBLE", ("ast",))


@pytest.mark.parametrize(("stop", "days", "expected"), [(5, 5, "MET"), (6, 6, "NOT_MET")])
def test_e_13_five_days_of_steroid_are_allowed_and_six_are_not(stop, days, expected):
    given = days_inclusive(date(2026, 3, 1), date(2026, 3, stop))
    assert given == days
    rule = {"fact": "steroid_days", "op": "<=", "value": 5}
    assert verdict("INCLUSION", rule, {"steroid_days": Fact(given)}) == expected


HBV_000 = {
    "any": [
        {"fact": "hbv_dna", "op": "=", "value": "DETECTED"},
        {"fact": "hcv_rna", "op": "=", "value": "DETECTED"},
    ]
}
HBV_004 = {
    "all": [
        {
            "any": [
                {"fact": "hbsag", "op": "=", "value": "POS"},
                {"fact": "hbcab", "op": "=", "value": "POS"},
            ]
        },
        {"fact": "hbv_dna", "op": "=", "value": "DETECTED"},
    ]
}
HBV_004_ALTERNATIVE = {
    "any": [
        {"fact": "hbsag", "op": "=", "value": "POS"},
        {
            "all": [
                {"fact": "hbcab", "op": "=", "value": "POS"},
                {"fact": "hbv_dna", "op": "=", "value": "DETECTED"},
            ]
        },
    ]
}
HEPATITIS = [  # example, rule, HBV DNA, verdict; HBsAg positive, HBcAb not done
    ("E-14 registration 000", HBV_000, "NOT_DETECTED", "ABSENT"),
    ("E-14 registration 004", HBV_004, "NOT_DETECTED", "ABSENT"),
    ("E-14 registration 004, alternative reading", HBV_004_ALTERNATIVE, "NOT_DETECTED", "PRESENT"),
    ("DNA not done", HBV_004, "ND", "UNKNOWN"),
    ("DNA detected", HBV_004, "DETECTED", "PRESENT"),
]


@pytest.mark.parametrize(("example", "rule", "dna", "expected"), HEPATITIS)
def test_hepatitis_b_is_judged_by_its_dna(example, rule, dna, expected):
    facts = {
        "hbsag": Fact("POS"),
        "hbcab": Fact("ND"),
        "hbv_dna": Fact(dna),
        "hcv_rna": Fact("NOT_DETECTED"),
    }
    assert verdict("EXCLUSION", rule, facts) == expected, example


@pytest.mark.parametrize(
    ("nyha", "expected"),
    [("NONE", "ABSENT"), ("I", "ABSENT"), ("II", "PRESENT"), ("IV", "PRESENT"), ("ND", "UNKNOWN")],
)
def test_e_16_heart_failure_from_nyha_two_on_is_excluded(nyha, expected):
    rule = {"fact": "nyha", "op": "in", "value": ["II", "III", "IV"]}
    assert verdict("EXCLUSION", rule, {"nyha": Fact(nyha)}) == expected


@pytest.mark.parametrize(
    ("creatinine", "expected"), [("100", "MET"), ("101.25", "MET"), ("101.26", "NOT_MET"), ("102", "NOT_MET")]
)
def test_e_22_creatinine_up_to_1_25_uln_is_allowed(creatinine, expected):
    rule = {"fact": "creat", "op": "<=", "times": "1.25", "of": "creat_uln"}
    facts = {"creat": Fact(D(creatinine), "umol/L"), "creat_uln": Fact(D(81), "umol/L")}
    assert verdict("INCLUSION", rule, facts) == expected


@pytest.mark.parametrize(
    ("tia", "expected"), [(date(2026, 2, 15), "PRESENT"), (date(2026, 2, 14), "ABSENT"), (None, "UNKNOWN")]
)
def test_e_23_a_transient_ischaemic_attack_within_three_calendar_months_is_excluded(tia, expected):
    rule = {"fact": "tia_date", "op": ">=", "months_before": 3, "of": "icf_date"}
    facts = {"tia_date": Fact(tia), "icf_date": Fact(date(2026, 5, 15))}
    assert verdict("EXCLUSION", rule, facts) == expected


def test_e_26_a_pregnancy_test_that_does_not_apply_excludes_nobody():
    rule = {"fact": "preg_test", "op": "=", "value": "POS", "na": False}
    assert verdict("EXCLUSION", rule, {"preg_test": Fact("NA")}) == CriterionVerdict.ABSENT
    assert verdict("EXCLUSION", rule, {"preg_test": Fact("ND")}) == CriterionVerdict.UNKNOWN


ANSWERED = dict.fromkeys(BY_KEY, False)
NORMAL = HctciMeasures(
    lvef_pct=D(62),
    bmi=D(22),
    creatinine_umol_l=D(70),
    fev1_pct=D(95),
    dlco_pct=D(90),
    bilirubin=D(10),
    bilirubin_uln=D(21),
    alt=D(20),
    alt_uln=D(40),
    ast=D(20),
    ast_uln=D(40),
)
HCTCI = [  # example, items present, measured, score, HCT-CI < 3
    ("G-10", ["arrhythmia"], {"dlco_pct": "70", "bilirubin": "25.2"}, 4, "NOT_MET"),
    ("G-11", [], {"ast": "104", "bilirubin": "23.1"}, 3, "NOT_MET"),
    ("E-17", [], {"bilirubin": "36"}, 3, "NOT_MET"),
    ("E-19", [], {"fev1_pct": "75", "alt": "48"}, 3, "NOT_MET"),
    ("E-20", [], {"fev1_pct": "75"}, 2, "MET"),
    ("U-02 at the cut", [], {"creatinine_umol_l": "176.8"}, 0, "MET"),
    ("U-02 above the cut", [], {"creatinine_umol_l": "176.9"}, 2, "MET"),
]
BELOW_3 = {"fact": "hctci", "op": "<", "value": 3}


@pytest.mark.parametrize(("example", "present", "measured", "score", "expected"), HCTCI)
def test_hctci_of_the_worked_examples(example, present, measured, score, expected):
    values = {key: D(value) for key, value in measured.items()}
    result = hctci_score(ANSWERED | dict.fromkeys(present, True), HctciMeasures(**(vars(NORMAL) | values)))
    assert (result.score_low, result.score_high, result.complete) == (score, score, True), example
    assert (result.risk is HctciRisk.HIGH) is (score >= 3)
    assert verdict("INCLUSION", BELOW_3, {"hctci": result.as_fact()}) == expected, example


def test_e_17_bilirubin_within_twice_its_uln_still_fails_by_hctci():
    facts = {
        "tbil": Fact(D(36), "umol/L"),
        "tbil_uln": Fact(D(21), "umol/L"),
        "hctci": hctci_score(ANSWERED, HctciMeasures(**(vars(NORMAL) | {"bilirubin": D(36)}))).as_fact(),
    }
    i4b = {"fact": "tbil", "op": "<=", "times": "2", "of": "tbil_uln"}
    verdicts = {"I4b": verdict("INCLUSION", i4b, facts), "I1c": verdict("INCLUSION", BELOW_3, facts)}
    assert verdicts == {"I4b": CriterionVerdict.MET, "I1c": CriterionVerdict.NOT_MET}
    assert subject_verdict(verdicts).verdict == "INELIGIBLE"


HCTCI_OPEN = [  # items present, items not answered, HCT-CI < 3
    ([], ["ibd"], "UNKNOWN"),
    (["peptic_ulcer"], ["ibd"], "UNKNOWN"),
    (["heart_valve"], ["ibd"], "NOT_MET"),
    (["peptic_ulcer", "diabetes"], ["ibd", "solid_tumour"], "NOT_MET"),
    (["peptic_ulcer"], [], "MET"),
]


@pytest.mark.parametrize(("present", "unanswered", "expected"), HCTCI_OPEN)
def test_hctci_with_items_open_is_unknown_unless_three_points_are_already_there(
    present, unanswered, expected
):
    answers = ANSWERED | dict.fromkeys(present, True) | dict.fromkeys(unanswered, None)
    fact = hctci_score(answers, NORMAL).as_fact()
    answer = evaluate(parse_rule(BELOW_3), {"hctci": fact})
    assert verdict("INCLUSION", BELOW_3, {"hctci": fact}) == expected
    assert answer.missing == (("hctci",) if answer.truth is Truth.UNKNOWN else ())

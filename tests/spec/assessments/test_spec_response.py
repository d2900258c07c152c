"""Haematological response, as a table: what was found, and the category it makes.

Sources: ELN 2024 recommendations for ALL (Blood 2024;143:1891), ASBMT 2010, registration 002.
"""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest

from assessments.domain.response import Assessment, Category, ResponseWarning, classify_response
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity
from trialsite.studies.domain.protocol import ResponseRules

YES, NO, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
ELN = ResponseRules(
    criteria_set="ELN2024",
    cri_allow_both_fail=False,
    crh=True,
    literal_mlfs_is_cri=False,
    mrd_1pct_warning=True,
    crc=("CR", "CRh", "CRi"),
    counts_window_days=7,
    marrow_max_age_days=28,
    refractory_at=(),
    source="assumption",
    cite="test",
)
NO_CRH = replace(ELN, crh=False)
ASBMT = replace(ELN, criteria_set="ASBMT2010")
NCCN = replace(ELN, criteria_set="NCCN")
PAEDIATRIC = replace(ELN, criteria_set="PAEDIATRIC")
LITERAL_ELN = replace(ELN, crh=False, cri_allow_both_fail=True)
LITERAL_002 = replace(ELN, crh=False, literal_mlfs_is_cri=True)
CLEAN = Assessment(
    evaluable_marrow=YES,
    pb_blasts=NO,
    emd=NO,
    gcsf_7d=NO,
    platelets_7d=NO,
    trilineage=YES,
    prior_crc=NO,
)


def found(blasts: str | None, anc: str | None, platelets: str | None, **more: Any) -> Assessment:
    def number(text: str | None) -> D | None:
        return None if text is None else D(text)

    return replace(CLEAN, bm_blast_pct=number(blasts), anc=number(anc), platelets=number(platelets), **more)


TABLE = [
    # id, rules, found, category, counts toward CRc
    ("R-01 all recovered", ELN, found("3", "1.2", "110"), "CR", YES),
    ("R-02 ANC exactly 1.00, ELN", ELN, found("3", "1.00", "110"), "CRh", YES),
    ("R-02 ANC exactly 1.00, ELN without CRh", NO_CRH, found("3", "1.00", "110"), "CRi", YES),
    ("R-02 ANC exactly 1.00, ASBMT", ASBMT, found("3", "1.00", "110"), "CR", YES),
    ("ANC just above 1.0", ELN, found("3", "1.01", "110"), "CR", YES),
    (
        "ANC just below 1.0, ASBMT without CRh",
        replace(ASBMT, crh=False),
        found("3", "0.99", "110"),
        "CRi",
        YES,
    ),
    ("platelets exactly 100, ELN without CRh", NO_CRH, found("3", "1.2", "100"), "CRi", YES),
    ("platelets 101, ELN", NO_CRH, found("3", "1.2", "101"), "CR", YES),
    ("platelets exactly 100, ASBMT", ASBMT, found("3", "1.2", "100"), "CR", YES),
    ("platelets 99, ASBMT without CRh", replace(ASBMT, crh=False), found("3", "1.2", "99"), "CRi", YES),
    ("CRh needs ANC above 0.5", ELN, found("3", "0.5", "60"), "MLFS", NO),
    ("CRh with ANC 0.51", ELN, found("3", "0.51", "60"), "CRh", YES),
    ("CRh needs platelets above 50", ELN, found("3", "0.6", "50"), "MLFS", NO),
    ("CRh with platelets 51", ELN, found("3", "0.6", "51"), "CRh", YES),
    ("R-04 one count fails", ELN, found("2", "0.3", "150"), "CRi", YES),
    ("R-05 both counts fail", ELN, found("4", "0.3", "20"), "MLFS", NO),
    ("R-05 both counts fail, literal ELN", LITERAL_ELN, found("4", "0.3", "20"), "CRi", YES),
    ("R-05 both counts fail, registration 002", LITERAL_002, found("4", "0.3", "20"), "CRi", YES),
    ("ASBMT without trilineage recovery", ASBMT, found("3", "1.2", "110", trilineage=NO), "MLFS", NO),
    ("blasts 4.9", ELN, found("4.9", "1.2", "110"), "CR", YES),
    ("blasts exactly 5", ELN, found("5.0", "1.2", "110"), "INDETERMINATE_5PCT", NO),
    (
        "blasts exactly 5 after remission",
        ELN,
        found("5.0", "1.2", "110", prior_crc=YES),
        "INDETERMINATE_5PCT",
        NO,
    ),
    ("blasts 5.1 after remission", ELN, found("5.1", "1.2", "110", prior_crc=YES), "RELAPSE", NO),
    (
        "blasts 24.9 after remission, ASBMT",
        ASBMT,
        found("24.9", "0.2", "110", prior_crc=YES, baseline_blast_pct=D(90)),
        "NR",
        NO,
    ),
    ("blasts 25 after remission, ASBMT", ASBMT, found("25", "1.2", "110", prior_crc=YES), "RELAPSE", NO),
    (
        "confirmed blood blasts after remission",
        ELN,
        found("1", "1.2", "110", prior_crc=YES, pb_blasts=YES, pb_blasts_confirmed=YES),
        "RELAPSE",
        NO,
    ),
    (
        "extramedullary disease after remission",
        ELN,
        found("1", "1.2", "110", prior_crc=YES, emd=YES),
        "RELAPSE",
        NO,
    ),
    ("R-07 fall by 75 %", ELN, found("20", "1.5", "120", baseline_blast_pct=D(80)), "PR", NO),
    ("fall by exactly half", ELN, found("20", "1.5", "120", baseline_blast_pct=D(40)), "PR", NO),
    ("fall to 25 %", ELN, found("25", "1.5", "120", baseline_blast_pct=D(80)), "PR", NO),
    ("fall to 25.1 %", ELN, found("25.1", "1.5", "120", baseline_blast_pct=D(80)), "NR", NO),
    ("R-08 fall by 46.7 %", ELN, found("16", "1.5", "120", baseline_blast_pct=D(30)), "NR", NO),
    ("PR needs the counts of CR", ELN, found("20", "0.9", "120", baseline_blast_pct=D(80)), "NR", NO),
    ("rise by a quarter", ELN, found("50", "0.2", "20", baseline_blast_pct=D(40)), "PD", NO),
    ("rise by less than a quarter", ELN, found("49.9", "0.2", "20", baseline_blast_pct=D(40)), "NR", NO),
    ("new extramedullary disease", ELN, found("3", "1.2", "110", emd=YES, emd_new=YES), "PD", NO),
    ("extramedullary disease that was there", ELN, found("3", "1.2", "110", emd=YES, emd_new=NO), "NR", NO),
    ("marrow not evaluable, nothing else", ELN, found(None, "1.2", "110", evaluable_marrow=NO), "NE", NO),
    (
        "R-10 in remission again",
        ELN,
        found("1", "1.5", "150", prior_crc=YES, mrd_fraction=D("0.002")),
        "CR",
        YES,
    ),
    ("R-11 MRD 1.5 %", ELN, found("3", "1.2", "110", mrd_fraction=D("0.015")), "CR", YES),
    # Other criteria sets, as the study's choice
    ("NCCN: blasts 5.1 after remission", NCCN, found("5.1", "1.2", "110", prior_crc=YES), "RELAPSE", NO),
    (
        "NCCN: blasts 5 after remission",
        NCCN,
        found("5", "1.2", "110", prior_crc=YES),
        "INDETERMINATE_5PCT",
        NO,
    ),
    (
        "paediatric: blasts 25 after remission",
        PAEDIATRIC,
        found("25", "1.2", "110", prior_crc=YES),
        "RELAPSE",
        NO,
    ),
    (
        "paediatric: blasts 24.9, second test 1 %",
        PAEDIATRIC,
        found("24.9", "1.2", "110", prior_crc=YES, mrd_fraction=D("0.01")),
        "RELAPSE",
        NO,
    ),
    (
        "paediatric: blasts 5, second test 1 %",
        PAEDIATRIC,
        found("5", "1.2", "110", prior_crc=YES, mrd_fraction=D("0.01")),
        "RELAPSE",
        NO,
    ),
    (
        "paediatric: blasts 24.9, second test 0.99 %",
        PAEDIATRIC,
        found("24.9", "1.2", "110", prior_crc=YES, mrd_fraction=D("0.0099"), baseline_blast_pct=D(20)),
        "NR",
        NO,
    ),
    (
        "paediatric: blasts 24.9, no second test",
        PAEDIATRIC,
        found("24.9", "1.2", "110", prior_crc=YES),
        "UNKNOWN",
        NO,
    ),
    (
        "paediatric: blasts 4.9 after remission",
        PAEDIATRIC,
        found("4.9", "1.2", "110", prior_crc=YES),
        "CR",
        YES,
    ),
    # Not evaluable, and evidence elsewhere in spite of it
    (
        "marrow not evaluable, blasts in blood confirmed after remission",
        ELN,
        found(None, "1.2", "110", evaluable_marrow=NO, prior_crc=YES, pb_blasts=YES, pb_blasts_confirmed=YES),
        "RELAPSE",
        NO,
    ),
    (
        "marrow not evaluable, extramedullary disease",
        ELN,
        found(None, "1.2", "110", evaluable_marrow=NO, emd=YES, emd_new=YES),
        "PD",
        NO,
    ),
    (
        "blasts below 5 %, blasts in blood",
        ELN,
        found("3", "1.2", "110", pb_blasts=YES, pb_blasts_risen=NO),
        "NR",
        NO,
    ),
    # Missing values
    ("marrow pending", ELN, found(None, "1.2", "110"), "UNKNOWN", OPEN),
    ("ANC missing, platelets recovered", NO_CRH, found("3", None, "150"), "UNKNOWN", YES),
    ("ANC missing, platelets low", NO_CRH, found("3", None, "20"), "UNKNOWN", OPEN),
    ("ANC missing, blasts 60 %", ELN, found("60", None, "20", baseline_blast_pct=D(80)), "NR", NO),
    ("blood blasts not looked for", ELN, found("3", "1.2", "110", pb_blasts=OPEN), "UNKNOWN", OPEN),
    ("baseline missing", ELN, found("20", "1.5", "120"), "UNKNOWN", NO),
    ("earlier remission unknown", ELN, found("60", "1.2", "110", prior_crc=OPEN), "UNKNOWN", NO),
    ("growth factor given", NO_CRH, found("3", "1.2", "110", gcsf_7d=YES), "UNKNOWN", YES),
    ("growth factor not asked", NO_CRH, found("3", "1.2", "110", gcsf_7d=OPEN), "UNKNOWN", YES),
    ("platelets transfused, ANC low", NO_CRH, found("3", "0.3", "150", platelets_7d=YES), "UNKNOWN", OPEN),
    ("blood blasts unconfirmed", ELN, found("1", "1.2", "110", prior_crc=YES, pb_blasts=YES), "UNKNOWN", NO),
]


@pytest.mark.parametrize(
    ("rules", "seen", "category", "crc"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_response_category(rules: ResponseRules, seen: Assessment, category: str, crc: Truth) -> None:
    response = classify_response(seen, rules)
    assert (response.category.value, response.counts_toward_crc) == (category, crc), response.possible


def test_a_censored_count_that_straddles_the_limit_leaves_the_category_open() -> None:
    seen = found("3", "1.2", "110")
    assert (
        classify_response(replace(seen, anc=Quantity.parse("<2", "10*9/L")), NO_CRH).category
        == Category.UNKNOWN
    )
    assert (
        classify_response(replace(seen, anc=Quantity.parse("<0.1", "10*9/L")), NO_CRH).category
        == Category.CRI
    )


WARNINGS = [
    (found("3", "1.2", "110", mrd_fraction=D("0.01")), ELN, ResponseWarning.MRD_1PCT, True),
    (found("3", "1.2", "110", mrd_fraction=D("0.0099")), ELN, ResponseWarning.MRD_1PCT, False),
    (
        found("3", "1.2", "110", mrd_fraction=D("0.01")),
        replace(ELN, mrd_1pct_warning=False),
        ResponseWarning.MRD_1PCT,
        False,
    ),
    (found("5", "1.2", "110"), ELN, ResponseWarning.REPEAT_MARROW, True),
    (found("4.9", "1.2", "110"), ELN, ResponseWarning.REPEAT_MARROW, False),
    (found("3", "1.2", "110", gcsf_7d=YES), ELN, ResponseWarning.COUNTS_SUPPORTED, True),
    (found("3", "1.2", "110"), ELN, ResponseWarning.COUNTS_SUPPORTED, False),
    (found("1", "2", "150", prior_crc=YES, pb_blasts=YES), ELN, ResponseWarning.CONFIRM_BLOOD_BLASTS, True),
    (found("3", "1.2", "110"), ASBMT, ResponseWarning.CONFIRM_AFTER_4_WEEKS, True),
    (found("3", "1.2", "110"), ELN, ResponseWarning.CONFIRM_AFTER_4_WEEKS, False),
    (found("20", "1.2", "110", prior_crc=YES), ASBMT, ResponseWarning.BLASTS_AFTER_REMISSION, False),
    (
        found("20", "1.2", "110", prior_crc=YES, baseline_blast_pct=D(90)),
        ASBMT,
        ResponseWarning.BLASTS_AFTER_REMISSION,
        True,
    ),
    (found("5", "1.2", "110", prior_crc=YES), PAEDIATRIC, ResponseWarning.SECOND_TEST, True),
    (found("24.9", "1.2", "110", prior_crc=YES), PAEDIATRIC, ResponseWarning.SECOND_TEST, True),
    (found("4.9", "1.2", "110", prior_crc=YES), PAEDIATRIC, ResponseWarning.SECOND_TEST, False),
    (found("25", "1.2", "110", prior_crc=YES), PAEDIATRIC, ResponseWarning.SECOND_TEST, False),
    (
        found("10", "1.2", "110", prior_crc=YES, mrd_fraction=D("0.001")),
        PAEDIATRIC,
        ResponseWarning.SECOND_TEST,
        False,
    ),
    (found("10", "1.2", "110", prior_crc=YES), ELN, ResponseWarning.SECOND_TEST, False),
]


@pytest.mark.parametrize(("seen", "rules", "warning", "given"), WARNINGS)
def test_warnings_are_given_where_they_belong(
    seen: Assessment, rules: ResponseRules, warning: ResponseWarning, given: bool
) -> None:
    assert (warning in classify_response(seen, rules).warnings) is given

"""MRD verdicts, as a table: what the laboratory found, how sensitively, and the verdict at a threshold.

Threshold of 0.1 % by flow in registration 002; 0.01 % (flow) and 0.0001 % (NGS) elsewhere are assumptions.
"""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from assessments.domain.mrd import (
    Declaration,
    Flag,
    Method,
    MrdResult,
    Qualifier,
    ReportingClass,
    Sensitivity,
    SensitivitySource,
    flow_result,
    limits_from_cells,
    mrd_verdict,
    percent,
    reporting_class,
)
from trialsite.clinical.kleene import Truth

DAY = date(2026, 3, 1)
FLOW, BLINA_VEN, NGS = D("0.0001"), D("0.001"), D("0.000001")
LOW = (Flag.LOW_LEVEL,)


def flow(qualifier: str, **more: Any) -> MrdResult:
    return MrdResult(Method.MFC, DAY, Qualifier(qualifier), **more)


def ngs(qualifier: str, cells: int | None) -> MrdResult:
    return MrdResult(Method.NGS_IG_TR, DAY, Qualifier(qualifier), cells_analysed=cells)


TABLE = [
    # id, result, threshold, verdict, flags, where the limit came from
    ("M-01 45 of 1 200 000", flow_result(DAY, 45, 1_200_000), FLOW, "NEGATIVE", LOW, "CELLS"),
    ("M-02 12 of 1 000 000", flow_result(DAY, 12, 1_000_000), FLOW, "NEGATIVE", (), "CELLS"),
    ("M-04 0 of 150 000 at 0.01 %", flow_result(DAY, 0, 150_000), FLOW, "INDETERMINATE", (), "CELLS"),
    ("M-04 0 of 150 000 at 0.1 %", flow_result(DAY, 0, 150_000), BLINA_VEN, "NEGATIVE", (), "CELLS"),
    ("0 of 199 999", flow_result(DAY, 0, 199_999), FLOW, "INDETERMINATE", (), "CELLS"),
    ("0 of 200 000: limit exactly 0.01 %", flow_result(DAY, 0, 200_000), FLOW, "NEGATIVE", (), "CELLS"),
    (
        "30 of 499 999: limit of quantification short",
        flow_result(DAY, 30, 499_999),
        FLOW,
        "INDETERMINATE",
        (),
        "CELLS",
    ),
    ("30 of 500 000", flow_result(DAY, 30, 500_000), FLOW, "NEGATIVE", LOW, "CELLS"),
    ("M-05 600 of 600 000", flow_result(DAY, 600, 600_000), BLINA_VEN, "POSITIVE", (), "CELLS"),
    ("599 of 600 000", flow_result(DAY, 599, 600_000), BLINA_VEN, "NEGATIVE", LOW, "CELLS"),
    ("M-07 NGS, 1.00e6 cells", ngs("NOT_DETECTED", 1_000_000), NGS, "INDETERMINATE", (), "CELLS"),
    ("M-07 NGS, 3.03e6 cells", ngs("NOT_DETECTED", 3_030_000), NGS, "NEGATIVE", (), "CELLS"),
    ("NGS, exactly 3e6 cells", ngs("NOT_DETECTED", 3_000_000), NGS, "NEGATIVE", (), "CELLS"),
    ("M-08 0.01 % at 0.01 %", flow("QUANTIFIED", value=D("0.0001")), FLOW, "POSITIVE", (), "MISSING"),
    ("0.0099 % at 0.01 %", flow("QUANTIFIED", value=D("0.000099")), FLOW, "NEGATIVE", LOW, "MISSING"),
    ("reported <0.01 %", flow("NOT_DETECTED", reported_below=FLOW), FLOW, "NEGATIVE", (), "REPORTED_BOUND"),
    (
        "reported <0.1 %",
        flow("NOT_DETECTED", reported_below=BLINA_VEN),
        FLOW,
        "INDETERMINATE",
        (),
        "REPORTED_BOUND",
    ),
    ("stated limit of detection", flow("NOT_DETECTED", lod=D("0.00002")), FLOW, "NEGATIVE", (), "STATED"),
    # Missing values
    ("negative, nothing said about sensitivity", flow("NOT_DETECTED"), FLOW, "INDETERMINATE", (), "MISSING"),
    ("below quantification, no limit", flow("DETECTED_BELOW_LOQ"), FLOW, "INDETERMINATE", (), "MISSING"),
    ("quantified without value", flow("QUANTIFIED"), FLOW, "INDETERMINATE", (), "MISSING"),
    ("not evaluable", flow("NOT_EVALUABLE"), FLOW, "INDETERMINATE", (), "MISSING"),
    ("not done", flow("NOT_DONE"), FLOW, "INDETERMINATE", (), "MISSING"),
    ("no cells", flow_result(DAY, 0, 0), FLOW, "INDETERMINATE", (), "MISSING"),
]


@pytest.mark.parametrize(
    ("result", "threshold", "verdict", "flags", "source"),
    [row[1:] for row in TABLE],
    ids=[r[0] for r in TABLE],
)
def test_mrd_verdict(
    result: MrdResult, threshold: D, verdict: str, flags: tuple[Flag, ...], source: str
) -> None:
    answer = mrd_verdict(result, threshold)
    assert (answer.verdict, answer.flags, answer.lod.source) == (verdict, flags, source), answer.reason


def test_flow_counts_make_the_qualifier_at_20_and_50_events() -> None:
    qualifiers = [flow_result(DAY, events, 1_000_000).qualifier for events in (19, 20, 49, 50)]
    assert qualifiers == ["NOT_DETECTED", "DETECTED_BELOW_LOQ", "DETECTED_BELOW_LOQ", "QUANTIFIED"]
    assert flow_result(DAY, 600, 600_000).value == D("0.001")


def test_m_01_limits_are_computed_from_the_cells_of_the_sample() -> None:
    lod, loq = limits_from_cells(Method.MFC, 1_200_000)
    assert lod is not None
    assert loq is not None
    assert (percent(lod), percent(loq)) == ("0.00167 %", "0.00417 %")


def test_dna_counts_as_cells_at_six_point_six_picograms() -> None:
    twenty_micrograms = MrdResult(Method.NGS_IG_TR, DAY, Qualifier.NOT_DETECTED, dna_ng=D(20_000))
    assert mrd_verdict(twenty_micrograms, NGS).verdict == "NEGATIVE"
    less = MrdResult(Method.NGS_IG_TR, DAY, Qualifier.NOT_DETECTED, dna_ng=D(19_000))
    assert mrd_verdict(less, NGS).verdict == "INDETERMINATE"


def test_a_laboratory_declaration_counts_from_its_day_and_only_when_nothing_better_is_there() -> None:
    declared = (
        Declaration(Method.MFC, date(2026, 1, 1), D("0.001"), None),
        Declaration(Method.MFC, DAY, D("0.00005"), None, signed_on=date(2026, 1, 10)),
        Declaration(Method.MFC, date(2026, 3, 2), D("0.00001"), None),
        Declaration(Method.DPCR, DAY, D("0.000001"), None),
    )
    answer = mrd_verdict(flow("NOT_DETECTED"), FLOW, declared)
    assert answer.lod == Sensitivity(D("0.00005"), SensitivitySource.DECLARED, date(2026, 1, 10))
    assert answer.verdict == "NEGATIVE"
    own = mrd_verdict(flow("NOT_DETECTED", reported_below=D("0.001")), FLOW, declared)
    assert (own.lod.source, own.verdict) == ("REPORTED_BOUND", "INDETERMINATE")


def test_a_stated_limit_better_than_the_cells_allow_is_flagged() -> None:
    too_good = flow("NOT_DETECTED", lod=D("0.00001"), cells_analysed=150_000)
    assert mrd_verdict(too_good, FLOW).flags == (Flag.SENSITIVITY_CONFLICT,)
    honest = flow("NOT_DETECTED", lod=D("0.0002"), cells_analysed=150_000)
    assert mrd_verdict(honest, FLOW).flags == ()


def test_hemodilution_and_gating_on_cd19_alone_are_flagged_only_when_said() -> None:
    doubtful = flow("NOT_DONE", hemodilution=Truth.TRUE, cd19_gating_adequate=Truth.FALSE)
    assert mrd_verdict(doubtful, FLOW).flags == (Flag.HEMODILUTED, Flag.CD19_GATING)
    assert mrd_verdict(flow("NOT_DONE"), FLOW).flags == ()


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (flow("NOT_DETECTED", lod=FLOW), ReportingClass.COMPLETE),
        (flow("NOT_DETECTED", lod=D("0.000101")), ReportingClass.INTERMEDIATE),
        (flow("NOT_DETECTED"), ReportingClass.INTERMEDIATE),
        (flow("DETECTED_BELOW_LOQ", loq=FLOW), ReportingClass.INTERMEDIATE),
        (flow("QUANTIFIED", value=D("0.000099")), ReportingClass.INTERMEDIATE),
        (flow("QUANTIFIED", value=FLOW), ReportingClass.FAILURE),
        (flow("NOT_EVALUABLE"), None),
        (flow("NOT_DONE"), None),
    ],
)
def test_reporting_classes_of_eln_and_ewall(result: MrdResult, expected: ReportingClass | None) -> None:
    assert reporting_class(result, mrd_verdict(result, FLOW).lod) is expected


@pytest.mark.parametrize("value", [D(0), D("-0.1"), D("1.01")])
def test_an_mrd_value_is_a_fraction_above_zero(value: D) -> None:
    with pytest.raises(ValueError, match="fraction above 0"):
        flow("QUANTIFIED", value=value)


def test_a_value_beside_not_detected_is_refused() -> None:
    with pytest.raises(ValueError, match="Only a quantified"):
        flow("NOT_DETECTED", value=D("0.001"))
    with pytest.raises(ValueError, match="cannot be among"):
        flow_result(DAY, 11, 10)


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        ("0.0001", "0.01 %"),
        ("0.0000375", "0.00375 %"),
        ("0.5", "50 %"),
        ("0.000001", "0.0001 %"),
        ("0", "0 %"),
        ("1", "100 %"),
    ],
)
def test_fractions_are_shown_in_percent(fraction: str, shown: str) -> None:
    assert percent(D(fraction)) == shown


INDEX = [
    # method, index sequence found at diagnosis, verdict, flags
    (Method.NGS_IG_TR, Truth.TRUE, "NEGATIVE", ()),
    (Method.NGS_IG_TR, Truth.UNKNOWN, "NEGATIVE", ()),
    (Method.NGS_IG_TR, Truth.FALSE, "INDETERMINATE", (Flag.NO_INDEX,)),
    (Method.RQPCR_IG_TR, Truth.FALSE, "INDETERMINATE", (Flag.NO_INDEX,)),
    (Method.MFC, Truth.FALSE, "NEGATIVE", ()),
    (Method.DPCR, Truth.FALSE, "NEGATIVE", ()),
]


@pytest.mark.parametrize(("method", "found", "verdict", "flags"), INDEX)
def test_a_method_that_follows_the_sequence_of_diagnosis_needs_one(
    method: Method, found: Truth, verdict: str, flags: tuple[Flag, ...]
) -> None:
    result = MrdResult(method, DAY, Qualifier.NOT_DETECTED, lod=NGS, index_found=found)
    answer = mrd_verdict(result, NGS)
    assert (answer.verdict, answer.flags) == (verdict, flags)
    assert (reporting_class(result, answer.lod) is None) == bool(flags)
    if flags:
        assert "index sequence" in answer.reason.en
        assert "标记序列" in answer.reason.zh

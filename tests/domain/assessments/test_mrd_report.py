"""Texts of MRD reports as laboratories write them."""

from decimal import Decimal as D

import pytest

from assessments.domain.mrd_report import read_report

READ = [
    # text, unit, qualifier, value, below
    ("0.01", "%", "QUANTIFIED", "0.0001", None),
    ("0.01", "fraction", "QUANTIFIED", "0.01", None),
    ("0.01%", "fraction", "QUANTIFIED", "0.0001", None),
    ("０．０１％", "%", "QUANTIFIED", "0.0001", None),
    ("1.2E-5", "%", "QUANTIFIED", "0.000012", None),
    ("1.2e-05", "fraction", "QUANTIFIED", "0.000012", None),
    ("1.2×10-5", "fraction", "QUANTIFIED", "0.000012", None),
    ("1.2 × 10⁻⁵", "%", "QUANTIFIED", "0.000012", None),
    ("1.2x10^-5", "fraction", "QUANTIFIED", "0.000012", None),
    ("10⁻⁴", "fraction", "QUANTIFIED", "0.0001", None),
    ("阳性 0.35%", "%", "QUANTIFIED", "0.0035", None),
    ("MRD+ 0.35%", "%", "QUANTIFIED", "0.0035", None),
    ("Positive (0.02%)", "%", "QUANTIFIED", "0.0002", None),
    ("100%", "%", "QUANTIFIED", "1", None),
    ("<0.01%", "%", "NOT_DETECTED", None, "0.0001"),
    ("＜0.01％", "%", "NOT_DETECTED", None, "0.0001"),
    ("< 1E-4", "fraction", "NOT_DETECTED", None, "0.0001"),
    ("<10⁻⁴", "fraction", "NOT_DETECTED", None, "0.0001"),
    ("≤0.01%", "%", "NOT_DETECTED", None, "0.0001"),
    ("低于0.01%", "%", "NOT_DETECTED", None, "0.0001"),
    ("阴性（<0.01%）", "%", "NOT_DETECTED", None, "0.0001"),
    ("阴性", "%", "NOT_DETECTED", None, None),
    ("MRD阴性", "%", "NOT_DETECTED", None, None),
    ("未检出", "%", "NOT_DETECTED", None, None),
    ("未检测到", "%", "NOT_DETECTED", None, None),
    ("Not detected", "%", "NOT_DETECTED", None, None),
    ("undetectable", "%", "NOT_DETECTED", None, None),
    ("negative", "%", "NOT_DETECTED", None, None),
    ("<LOD", "%", "NOT_DETECTED", None, None),
    ("0", "%", "NOT_DETECTED", None, None),
    ("0.00%", "%", "NOT_DETECTED", None, None),
    ("<LOQ", "%", "DETECTED_BELOW_LOQ", None, None),
    ("检出，低于定量限", "%", "DETECTED_BELOW_LOQ", None, None),
    ("Detected, below LOQ (<0.005%)", "%", "DETECTED_BELOW_LOQ", None, "0.00005"),
    ("Positive, not quantifiable", "%", "DETECTED_BELOW_LOQ", None, None),
    ("未做", "%", "NOT_DONE", None, None),
    ("未检测", "%", "NOT_DONE", None, None),
    ("not done", "%", "NOT_DONE", None, None),
    ("无法评估", "%", "NOT_EVALUABLE", None, None),
    ("Not evaluable", "%", "NOT_EVALUABLE", None, None),
]


@pytest.mark.parametrize(("text", "unit", "qualifier", "value", "below"), READ, ids=[row[0] for row in READ])
def test_report_text_is_read(
    text: str, unit: str, qualifier: str, value: str | None, below: str | None
) -> None:
    reading = read_report(text, unit)
    expected = tuple(None if one is None else D(one) for one in (value, below))
    assert (reading.qualifier, reading.value, reading.below) == (qualifier, *expected), reading.echo
    assert reading.text == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "as reported"),
        ("阴性 0.5%", "two things"),
        ("positive", "without a number"),
        ("阳性", "without a number"),
        (">10%", "greater than"),
        ("0,01%", "cannot be read"),
        ("150%", "more than all cells"),
        ("<0%", "Nothing is below 0"),
        ("see letter", "not understood"),
        ("ND", "not understood"),
        ("0.01% 0.02%", "cannot be read"),
    ],
)
def test_what_is_ambiguous_is_not_read_and_says_what_to_enter(text: str, says: str) -> None:
    reading = read_report(text)
    assert (reading.qualifier, reading.value, reading.below) == (None, None, None)
    assert says in reading.echo.en


def test_the_echo_shows_how_the_number_was_understood() -> None:
    assert read_report("0.01", "%").echo.en == "Quantified: 0.01 %."
    assert read_report("0.01", "fraction").echo.en == "Quantified: 1 %."
    assert read_report("<0.01%").echo.zh == "未检出；检测限不高于0.01 %。"


def test_another_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="ppm"):
        read_report("10", "ppm")

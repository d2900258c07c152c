"""Grades of cytokine release, neurotoxicity and GVHD, on both sides of their limits."""

from decimal import Decimal

import pytest

from assessments.domain.crs import CrsFindings, crs_grade
from assessments.domain.gvhd import acute_grade, chronic_severity
from assessments.domain.icans import IceFindings, icans_grade, ice_total
from trialsite.clinical.kleene import Truth

FEVER, WARM = Decimal("38.5"), Decimal("37.9")


@pytest.mark.parametrize(
    ("temperature", "anticytokine", "hypotension", "oxygen", "shown"),
    [
        (FEVER, Truth.UNKNOWN, "NONE", "NONE", "1"),
        (Decimal("38.0"), Truth.UNKNOWN, "NONE", "NONE", "1"),
        (WARM, Truth.UNKNOWN, "NONE", "NONE", "0"),
        (FEVER, Truth.UNKNOWN, "FLUIDS", "NONE", "2"),
        (FEVER, Truth.UNKNOWN, "NONE", "LOW_FLOW", "2"),
        (FEVER, Truth.UNKNOWN, "NONE", "HIGH_FLOW", "3"),
        (FEVER, Truth.UNKNOWN, "ONE_PRESSOR", "LOW_FLOW", "3"),
        (FEVER, Truth.UNKNOWN, "NONE", "PRESSURE", "4"),
        (WARM, Truth.TRUE, "NONE", "LOW_FLOW", "2"),
        (FEVER, Truth.UNKNOWN, "FLUIDS", "", "≥ 2"),
        (None, Truth.UNKNOWN, "", "", "≥ 0"),
    ],
)
def test_cytokine_release_is_graded_by_fever_pressure_and_oxygen(
    temperature: Decimal | None, anticytokine: Truth, hypotension: str, oxygen: str, shown: str
) -> None:
    found = CrsFindings(temperature, Truth.FALSE, anticytokine, hypotension, oxygen)
    assert str(crs_grade(found)) == shown


def test_fever_of_another_cause_is_no_cytokine_release() -> None:
    assert str(crs_grade(CrsFindings(FEVER, Truth.TRUE, Truth.FALSE, "NONE", "NONE"))) == "0"


def ice(points: int | None, **found: object) -> IceFindings:
    """An ICE score made of its first points."""
    if points is None:
        return IceFindings(**found)  # type: ignore[arg-type]
    parts = []
    for most in (4, 3, 1, 1, 1):
        parts.append(min(most, points - sum(parts)))
    return IceFindings(*parts, **found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("points", "domains", "shown"),
    [
        (10, {}, "0"),
        (9, {}, "1"),
        (7, {}, "1"),
        (6, {}, "2"),
        (3, {}, "2"),
        (2, {}, "3"),
        (0, {}, "3"),
        (0, {"consciousness": "UNAROUSABLE"}, "4"),
        (5, {"seizure": "PROLONGED"}, "4"),
        (10, {"seizure": "BRIEF"}, "3"),
        (10, {"motor_weakness": Truth.TRUE}, "4"),
        (None, {"consciousness": "VOICE"}, "≥ 2"),
        (None, {"consciousness": "UNAROUSABLE"}, "4"),
    ],
)
def test_neurotoxicity_is_the_worst_domain(points: int | None, domains: dict, shown: str) -> None:
    assert str(icans_grade(ice(points, **({"consciousness": "AWAKE"} | domains)))) == shown


def test_the_ice_score_needs_every_item() -> None:
    assert ice_total(ice(8)) == 8
    assert ice_total(IceFindings(orientation=4)) is None


@pytest.mark.parametrize(
    ("stages", "shown"),
    [
        ({"skin": 0, "liver": 0, "upper_gi": 0, "lower_gi": 0}, "0"),
        ({"skin": 2, "liver": 0, "upper_gi": 0, "lower_gi": 0}, "I"),
        ({"skin": 3, "liver": 0, "upper_gi": 0, "lower_gi": 0}, "II"),
        ({"skin": 2, "liver": 0, "upper_gi": 1, "lower_gi": 0}, "II"),
        ({"skin": 3, "liver": 2, "upper_gi": 0, "lower_gi": 0}, "III"),
        ({"skin": 0, "liver": 0, "upper_gi": 0, "lower_gi": 4}, "IV"),
        ({"skin": 2, "liver": None, "upper_gi": 0, "lower_gi": 0}, "≥ I"),
    ],
)
def test_acute_gvhd_is_graded_by_magic(stages: dict, shown: str) -> None:
    assert str(acute_grade(stages)) == shown


NOTHING = dict.fromkeys(("skin", "mouth", "eyes", "gi", "liver", "lungs", "joints", "genital"), 0)


@pytest.mark.parametrize(
    ("scores", "severity"),
    [
        ({}, "NONE"),
        ({"mouth": 1, "skin": 1}, "MILD"),
        ({"mouth": 1, "skin": 1, "eyes": 1}, "MODERATE"),
        ({"lungs": 1}, "MODERATE"),
        ({"lungs": 2}, "SEVERE"),
        ({"gi": 2}, "MODERATE"),
        ({"gi": 3}, "SEVERE"),
        ({"gi": 1, "mouth": None}, "≥ MILD"),
    ],
)
def test_chronic_gvhd_is_graded_by_nih(scores: dict, severity: str) -> None:
    assert str(chronic_severity(NOTHING | scores)) == severity

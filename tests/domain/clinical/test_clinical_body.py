"""Body size, kidney function, calcium, QT: published formulas against hand-worked values."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsite.clinical.body import (
    BsaFormula,
    CrClWeight,
    Sex,
    absolute_neutrophils,
    adjusted_body_weight,
    bmi,
    bsa,
    corrected_calcium,
    corrected_calcium_mg_dl,
    crcl_weight,
    creatinine_clearance,
    ideal_body_weight,
    qtcf,
    round_half_up,
)

D = Decimal


@pytest.mark.parametrize(
    ("formula", "unrounded", "rounded"),
    [
        (BsaFormula.MOSTELLER, "1.8181", "1.82"),
        (BsaFormula.DUBOIS, "1.8097", "1.81"),
        (BsaFormula.XU, "1.7801", "1.78"),
    ],
)
def test_body_surface_of_170_cm_and_70_kg_by_each_formula(formula, unrounded, rounded):
    result = bsa(D(170), D(70), formula)
    assert round_half_up(result.unrounded, 4) == D(unrounded)
    assert result.value == D(rounded)
    assert rounded in result.working


@pytest.mark.parametrize(("height", "weight", "rounded"), [(150, 40, "1.29"), (180, 100, "2.24")])
def test_body_surface_is_not_capped(height, weight, rounded):
    assert bsa(D(height), D(weight)).value == D(rounded)


def test_a_half_is_rounded_away_from_zero():
    assert [str(round_half_up(D(text), 2)) for text in ("2.345", "2.344", "2.355", "-2.345")] == [
        "2.35",
        "2.34",
        "2.36",
        "-2.35",
    ]


@pytest.mark.parametrize(("height", "weight"), [("0", "70"), ("170", "0"), ("-1", "70")])
def test_a_body_without_height_or_weight_is_refused(height, weight):
    with pytest.raises(ValueError, match="greater than zero"):
        bsa(D(height), D(weight))


@given(st.integers(100, 220), st.integers(20, 200))
def test_body_surface_grows_with_weight_in_every_formula(height, weight):
    for formula in BsaFormula:
        assert bsa(D(height), D(weight), formula).unrounded < bsa(D(height), D(weight + 1), formula).unrounded


def test_body_mass_index_of_exactly_35_is_not_above_35():
    assert bmi(D(200), D(140)).value == D(35)
    assert bmi(D(200), D("140.1")).value > D(35)


@pytest.mark.parametrize(
    ("sex", "age", "weight", "creatinine", "clearance"),
    [
        (Sex.MALE, 45, "70", "80", "102.06"),
        (Sex.FEMALE, 60, "50", "139", "30.03"),  # the rounded constant 1.04 would give 29.93
        (Sex.FEMALE, 58, "95", "150", "54.20"),
    ],
)
def test_creatinine_clearance_uses_exact_constants(sex, age, weight, creatinine, clearance):
    result = creatinine_clearance(
        age_years=age, weight_kg=D(weight), creatinine_umol_l=D(creatinine), sex=sex
    )
    assert round_half_up(result.value, 2) == D(clearance)
    assert clearance in result.working


@pytest.mark.parametrize(
    ("kind", "weight", "clearance"),
    [
        (CrClWeight.ACTUAL, "95.00", "54.20"),
        (CrClWeight.IDEAL, "56.91", "32.47"),
        (CrClWeight.ADJUSTED, "72.15", "41.16"),
    ],
)
def test_creatinine_clearance_by_each_weight(kind, weight, clearance):
    used = crcl_weight(kind, D(95), Sex.FEMALE, D(165))
    assert round_half_up(used.value, 2) == D(weight)
    result = creatinine_clearance(
        age_years=58, weight_kg=used.value, creatinine_umol_l=D(150), sex=Sex.FEMALE
    )
    assert round_half_up(result.value, 2) == D(clearance)


def test_ideal_weight_differs_by_sex_and_adjusted_lies_between():
    ideal = ideal_body_weight(D(165), Sex.MALE).value
    assert ideal - ideal_body_weight(D(165), Sex.FEMALE).value == D("4.5")
    assert ideal < adjusted_body_weight(D(165), D(95), Sex.MALE).value < D(95)


def test_a_clearance_needs_what_it_divides_by():
    with pytest.raises(ValueError, match="Creatinine must be greater than zero"):
        creatinine_clearance(age_years=40, weight_kg=D(70), creatinine_umol_l=D(0), sex=Sex.MALE)
    with pytest.raises(ValueError, match="needs the height"):
        crcl_weight(CrClWeight.IDEAL, D(70), Sex.MALE)


def test_calcium_is_corrected_only_below_normal_albumin():
    assert corrected_calcium(D("2.00"), D(30)).value == D("2.20")
    assert corrected_calcium(D("2.00"), D("39.9")).value == D("2.002")
    assert corrected_calcium(D("2.00"), D(40)).value == D("2.00")
    assert corrected_calcium(D("2.00"), D(45)).value == D("2.00")
    assert corrected_calcium(D("2.00"), D(45), only_when_low=False).value == D("1.90")
    assert corrected_calcium_mg_dl(D("8.0"), D("3.0")).value == D("8.80")
    assert corrected_calcium_mg_dl(D("8.0"), D("4.0")).value == D("8.0")


def test_fridericia_leaves_qt_at_60_beats_and_divides_by_the_cube_root():
    assert qtcf(D(400), D(60)).value == D(400)
    # RR = 0.512 s has the cube root 0.8: heart rate 117.1875
    assert round_half_up(qtcf(D(360), D("117.1875")).value, 6) == D("450.000000")
    with pytest.raises(ValueError, match="Heart rate"):
        qtcf(D(400), D(0))


def test_bands_count_as_neutrophils():
    assert absolute_neutrophils(D("2.0"), D(20), D(5)).value == D("0.5")

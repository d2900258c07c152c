"""Units of entry: the check value of every conversion, and refusal of what is not in the list."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsite.clinical.body import round_half_up
from trialsite.clinical.units import (
    ANALYTES,
    UnitError,
    accepted_unit,
    canonical_unit,
    from_canonical,
    to_canonical,
    unit_label,
)

D = Decimal


@pytest.mark.parametrize(
    ("analyte", "si", "unit", "conventional"),
    [
        ("creatinine", "106.08", "mg/dL", "1.2"),
        ("creatinine", "176.8", "mg/dL", "2"),
        ("bilirubin", "34.2", "mg/dL", "2.0"),
        ("bilirubin_direct", "34.2", "mg/dL", "2.0"),
        ("haemoglobin", "79", "g/dL", "7.9"),
        ("glucose", "13.9", "mg/dL", "250.4"),
        ("urea", "8.0", "mg/dL", "22.4"),
        ("uric_acid", "480", "mg/dL", "8.07"),
        ("calcium", "2.545", "mg/dL", "10.2"),
        ("magnesium", "0.5", "mg/dL", "1.22"),
        ("phosphate", "1.0", "mg/dL", "3.10"),
        ("calcium_ionised", "1.2", "mg/dL", "4.81"),
        ("cd4", "0.2", "/uL", "200"),
        ("ck", "200", "[IU]/L", "200"),
        ("albumin", "30", "g/dL", "3.0"),
        ("triglycerides", "1.71", "mg/dL", "151.5"),
        ("cholesterol", "7.75", "mg/dL", "299.7"),
        ("fibrinogen", "0.5", "mg/dL", "50"),
        ("wbc", "3.2", "10*3/uL", "3.2"),
        ("anc", "0.5", "/mm3", "500"),
        ("lymphocytes", "0.2", "/uL", "200"),
        ("platelets", "20", "/uL", "20000"),
        ("potassium", "4.1", "meq/L", "4.1"),
        ("sodium", "140", "meq/L", "140"),
        ("chloride", "101", "meq/L", "101"),
        ("alt", "40", "[IU]/L", "40"),
        ("crp", "35", "mg/dL", "3.5"),
        ("ferritin", "1200", "ng/mL", "1200"),
        ("igg", "4", "mg/dL", "400"),
        ("methotrexate", "0.990", "mg/L", "0.45"),
        ("height", "170", "m", "1.70"),
        ("temperature", "38.5", "[degF]", "101.3"),
    ],
)
def test_each_conversion_gives_its_check_value_both_ways(analyte, si, unit, conventional):
    places = -D(conventional).as_tuple().exponent
    assert round_half_up(from_canonical(analyte, D(si), unit), places) == D(conventional)
    back = to_canonical(analyte, D(conventional), unit)
    # The published check values are rounded, so the way back agrees within half a unit of their last place.
    assert abs(back - D(si)) <= abs(to_canonical(analyte, D("0.5").scaleb(-places), unit)) + D("0.0005")


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "canonical"),
    [
        ("creatinine", "1.2", "mg/dL", "106.08"),
        ("bilirubin", "2.0", "mg/dL", "34.2"),
        ("haemoglobin", "7.9", "g/dL", "79"),
        ("anc", "499", "/mm3", "0.499"),
    ],
)
def test_conversions_into_si_are_exact(analyte, value, unit, canonical):
    assert to_canonical(analyte, D(value), unit) == D(canonical)


@pytest.mark.parametrize(
    ("analyte", "written", "code"),
    [
        ("creatinine", "µmol/L", "umol/L"),
        ("creatinine", "μmol/l", "umol/L"),
        ("creatinine", "umol / L", "umol/L"),
        ("wbc", "10^9/L", "10*9/L"),
        ("wbc", "×10⁹/L", "10*9/L"),
        ("wbc", "x10E9/L", "10*9/L"),
        ("wbc", "10³/µL", "10*3/uL"),
        ("wbc", "K/µL", "10*3/uL"),
        ("wbc", "/mm³", "/mm3"),
        ("wbc", "/mm^3", "/mm3"),
        ("alt", "IU/L", "[IU]/L"),
        ("inr", "", "{INR}"),
        ("temperature", "℃", "Cel"),
        ("temperature", "°F", "[degF]"),
        ("systolic", "mmHg", "mm[Hg]"),
        ("pulse", "次/分", "/min"),
    ],
)
def test_usual_spellings_of_a_unit_are_understood(analyte, written, code):
    assert accepted_unit(analyte, written).code == code


@pytest.mark.parametrize(
    ("analyte", "unit"),
    [("creatinine", "g/L"), ("creatinine", ""), ("wbc", "10*12/L"), ("potassium", "mg/dL"), ("weight", "lb")],
)
def test_a_unit_outside_the_list_is_refused_and_the_accepted_ones_are_named(analyte, unit):
    with pytest.raises(UnitError, match="is not accepted in") as refused:
        to_canonical(analyte, D(1), unit)
    assert unit_label(canonical_unit(analyte)) in str(refused.value)


def test_the_sentence_of_a_refused_unit_names_the_analyte_in_the_readers_language():
    with pytest.raises(UnitError) as refused:
        to_canonical("sodium", D(1), "x9")
    assert str(refused.value).startswith("Sodium is not accepted in “x9”.")
    said = refused.value.filled_in("{analyte}不接受单位“{unit}”。", "zh-hans")
    assert said == "钠不接受单位“x9”。"


def test_an_analyte_outside_the_table_is_refused():
    with pytest.raises(UnitError, match="“vibes” has no entry"):
        to_canonical("vibes", D(1), "mg/dL")


@pytest.mark.parametrize("key", sorted(ANALYTES))
def test_every_label_shown_for_a_unit_is_understood_when_typed(key):
    for unit in ANALYTES[key].units:
        assert accepted_unit(key, unit_label(unit.code)) == unit
        assert accepted_unit(key, unit.code) == unit


@given(st.sampled_from(sorted(ANALYTES)), st.decimals(0, 10000, places=3), st.data())
def test_converting_there_and_back_gives_the_entered_number(key, value, data):
    unit = data.draw(st.sampled_from(ANALYTES[key].units)).code
    assert abs(from_canonical(key, to_canonical(key, value, unit), unit) - value) < D("1e-20")

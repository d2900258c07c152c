"""Specification: worked examples of partial dates (Z) and units (U), and of body surface (D-01)."""

from datetime import date
from decimal import Decimal

import pytest

from trialsite.clinical.body import BsaFormula, bsa, round_half_up
from trialsite.clinical.dates import add_months
from trialsite.clinical.imputation import (
    impute_death,
    impute_event_start,
    impute_event_stop,
    impute_relapse,
)
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.units import to_canonical

D = Decimal
FIRST_DOSE = date(2026, 3, 10)
parse = PartialDate.parse

STARTS = [  # example, start, stop, imputed, flag
    ("Z-01", "2026-03", None, date(2026, 3, 10), "D"),
    ("Z-02", "2026-02", None, date(2026, 2, 1), "D"),
    ("Z-04", "2026-03", "2026-03-05", date(2026, 3, 1), "D"),
    ("Z-04, stop on the first dose", "2026-03", "2026-03-10", date(2026, 3, 10), "D"),
    ("Z-04, stop the day before", "2026-03", "2026-03-09", date(2026, 3, 1), "D"),
    ("year only", "2026", None, date(2026, 3, 10), "M"),
    ("exact", "2026-03-02", None, date(2026, 3, 2), ""),
]


@pytest.mark.parametrize(("example", "start", "stop", "imputed", "flag"), STARTS)
def test_an_adverse_event_starts_at_the_first_dose_where_it_may(example, start, stop, imputed, flag):
    filled = impute_event_start(parse(start), FIRST_DOSE, stop and parse(stop))
    assert (filled.on, filled.flag) == (imputed, flag), example


def test_z_05_an_adverse_event_stops_at_death_at_the_latest():
    filled = impute_event_stop(parse("2026-04"), death=date(2026, 4, 18))
    assert (filled.on, filled.flag, filled.why) == (date(2026, 4, 18), "D", "death")


DEATHS = [  # example, death, last known alive, imputed, flag
    ("Z-07", "2027-03", date(2027, 3, 12), date(2027, 3, 13), "D"),
    ("Z-07", "2027-03", date(2027, 2, 20), date(2027, 3, 1), "D"),
    ("Z-08", "2027", date(2026, 12, 20), date(2027, 1, 1), "M"),
    ("Z-08", "2027", date(2027, 5, 5), date(2027, 5, 6), "M"),
    ("last alive unknown", "2027", None, date(2027, 1, 1), "M"),
]


@pytest.mark.parametrize(("example", "death", "last_alive", "imputed", "flag"), DEATHS)
def test_death_is_the_first_possible_day_after_the_last_contact(example, death, last_alive, imputed, flag):
    filled = impute_death(parse(death), last_alive)
    assert (filled.on, filled.flag, filled.query) == (imputed, flag, ""), example


def test_z_10_a_relapse_of_unknown_day_stays_an_event_with_an_open_query():
    filled = impute_relapse(parse("2026-11"), date(2026, 10, 20))
    assert (filled.on, filled.flag) == (date(2026, 11, 1), "D")
    assert filled.query


def test_z_11_eighteen_calendar_months_after_the_end_of_august():
    assert add_months(date(2026, 8, 31), 18) == date(2028, 2, 29)


UNITS = [
    ("creatinine", "1.2", "mg/dL", "106.08"),
    ("bilirubin", "2.0", "mg/dL", "34.2"),
    ("haemoglobin", "7.9", "g/dL", "79"),
]


@pytest.mark.parametrize(("analyte", "entered", "unit", "canonical"), UNITS)
def test_u_01_results_are_converted_exactly_and_kept_as_entered(analyte, entered, unit, canonical):
    quantity = Quantity.parse(entered, unit, analyte=analyte)
    assert quantity.canonical == D(canonical)
    assert (quantity.text, quantity.value, quantity.unit) == (entered, D(entered), unit)


def test_u_02_the_renal_cut_of_2_mg_per_dl():
    assert to_canonical("creatinine", D(2), "mg/dL") == D("176.8")


BODY_SURFACE = [
    (BsaFormula.MOSTELLER, "1.8181", "1.82"),
    (BsaFormula.DUBOIS, "1.8097", "1.81"),
    (BsaFormula.XU, "1.7801", "1.78"),
]


@pytest.mark.parametrize(("formula", "unrounded", "rounded"), BODY_SURFACE)
def test_d_01_body_surface_of_170_cm_and_70_kg(formula, unrounded, rounded):
    result = bsa(D(170), D(70), formula)
    assert (round_half_up(result.unrounded, 4), result.value) == (D(unrounded), D(rounded))

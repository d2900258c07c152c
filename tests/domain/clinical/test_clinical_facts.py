"""Facts: a value or why there is none, never both and never a float."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from trialsite.clinical.facts import Fact, ItemAddress, Why, age_fact
from trialsite.clinical.interval import Interval
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.units import canonical_unit

D = Decimal


def test_a_fact_without_value_says_why():
    assert Fact(None).why == Why.NOT_RECORDED
    assert Fact.missing(Why.NOT_DONE).why == Why.NOT_DONE
    assert not Fact.missing().known


@pytest.mark.parametrize("value", [D(0), 0, False, "NEG", date(2026, 1, 1), PartialDate.parse("2026")])
def test_zero_no_and_negative_are_values(value):
    assert Fact(value).known


@pytest.mark.parametrize(
    ("code", "why"),
    [("ND", "NOT_DONE"), ("NA", "NOT_APPLICABLE"), ("UNKNOWN", "UNKNOWN"), ("PENDING", "PENDING")],
)
def test_a_code_that_means_no_value_is_taken_for_it(code, why):
    fact = Fact(code)
    assert (fact.value, fact.why, fact.known) == (None, why, False)


def test_a_stale_fact_keeps_its_value_and_is_not_known():
    fact = Fact(D(5), why=Why.STALE)
    assert (fact.value, fact.known) == (D(5), False)
    with pytest.raises(ValueError, match="only a stale one"):
        Fact(D(5), why=Why.NOT_DONE)


@pytest.mark.parametrize("value", [1.5, datetime(2026, 1, 1, tzinfo=UTC)])
def test_floats_and_instants_are_refused(value):
    with pytest.raises(TypeError, match="A fact is"):
        Fact(value)


def test_a_fact_is_a_finite_number():
    with pytest.raises(ValueError, match="cannot be NaN"):
        Fact(D("NaN"))


def test_a_result_becomes_a_fact_in_its_canonical_unit_with_its_comparator():
    address = ItemAddress("lab_results", "0190", "creatinine")
    result = Quantity.parse("<1.2", "mg/dL", analyte="creatinine")
    fact = Fact.of_quantity(result, canonical_unit("creatinine"), on=date(2026, 5, 1), source=address)
    assert (fact.value, fact.unit, fact.comparator) == (D("106.08"), "umol/L", "<")
    assert (fact.on, fact.source) == (date(2026, 5, 1), address)
    assert Fact.of_quantity(Quantity.parse("1.2", "mg/dL")).unit == "mg/dL"


def test_age_is_exact_bounded_or_missing_as_the_birth_date_is():
    consent = date(2026, 5, 15)
    assert age_fact(date(2011, 5, 15), consent).value == 15
    assert age_fact(PartialDate.parse("2011"), consent).value == Interval(D(14), D(15))
    assert age_fact(PartialDate.parse("2011-04"), consent).value == 15
    assert age_fact(None, consent).why == Why.NOT_RECORDED
    assert age_fact(date(2011, 5, 15), None).why == Why.NOT_RECORDED

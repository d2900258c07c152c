"""Reading results as laboratories write them, and comparing them with limits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsite.clinical.interval import COMPARISONS, Interval, at, compare_intervals, point
from trialsite.clinical.kleene import Truth, negate
from trialsite.clinical.quantity import MAX_DIGITS, Quantity, QuantityError, compare

D = Decimal
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


@pytest.mark.parametrize(
    ("text", "comparator", "value"),
    [
        ("5.2", "", "5.2"),
        ("<0.1", "<", "0.1"),
        ("＜0.1", "<", "0.1"),
        ("＜０．１", "<", "0.1"),
        ("≥ 5", ">=", "5"),
        ("≤5", "<=", "5"),
        ("=<5", "<=", "5"),
        ("> 1000", ">", "1000"),
        (" 0 ", "", "0"),
        (".5", "", "0.5"),
        ("=7", "", "7"),
        ("−1.5", "", "-1.5"),
        ("101.250", "", "101.250"),
    ],
)
def test_a_result_is_read_as_the_laboratory_writes_it(text, comparator, value):
    quantity = Quantity.parse(text, "g/L")
    assert (quantity.comparator, quantity.value, quantity.text) == (comparator, D(value), text)
    assert quantity.canonical is None


@pytest.mark.parametrize(
    ("text", "code", "sentence"),
    [
        ("", "empty", "Enter a number"),
        ("  ", "empty", "Enter a number"),
        ("1,234", "comma", "Write thousands without a mark"),
        ("0，5", "comma", "decimals with a point"),
        ("1 234", "not-a-number", "is not a number"),
        ("neg", "not-a-number", "is not a number"),
        ("<", "not-a-number", "is not a number"),
        ("5.", "not-a-number", "is not a number"),
        ("<<5", "not-a-number", "is not a number"),
        ("1e3", "not-a-number", "is not a number"),
        ("1-3", "not-a-number", "is not a number"),
        ("NaN", "not-a-number", "is not a number"),
        ("٣", "not-a-number", "is not a number"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(text, code, sentence):
    with pytest.raises(QuantityError, match=sentence) as refused:
        Quantity.parse(text)
    assert refused.value.code == code
    assert refused.value.template.format(**refused.value.params) == str(refused.value)


def test_twelve_digits_are_read_and_thirteen_are_refused():
    assert Quantity.parse("1" * MAX_DIGITS).value == D("1" * MAX_DIGITS)
    with pytest.raises(QuantityError, match="at most 12 digits"):
        Quantity.parse("1" * (MAX_DIGITS + 1))


def test_an_analyte_fills_in_unit_code_and_canonical_number():
    quantity = Quantity.parse("<1.2", "mg/dl", analyte="creatinine")
    assert (quantity.text, quantity.unit, quantity.value) == ("<1.2", "mg/dL", D("1.2"))
    assert quantity.canonical == D("106.08")


def test_a_unit_outside_the_analytes_list_is_refused_as_a_quantity():
    with pytest.raises(QuantityError, match="Creatinine is not accepted in “g/L”") as refused:
        Quantity.parse("1.2", "g/L", analyte="creatinine")
    assert "µmol/L, mg/dL" in str(refused.value)


@pytest.mark.parametrize(
    ("left", "op", "right", "truth"),
    [
        ("5", "=", "5.0", T),
        ("5", "=", "5.1", F),
        ("5", "!=", "5.0", F),
        ("5", "!=", "4.9", T),
        ("4.9", "<", "5", T),
        ("5", "<", "5", F),
        ("5", "<=", "5", T),
        ("5.1", "<=", "5", F),
        ("5.1", ">", "5", T),
        ("5", ">", "5", F),
        ("5", ">=", "5", T),
        ("4.9", ">=", "5", F),
        # censored on the left
        ("<20", "=", "20", F),
        ("<20", "=", "19", U),
        ("<20", "!=", "20", T),
        ("<20", "!=", "19", U),
        ("<20", "<", "20", T),
        ("<20", "<", "19.9", U),
        ("<=20", "<", "20", U),
        ("<=20", "<", "20.1", T),
        ("<20", "<=", "20", T),
        ("<=20", "<=", "20", T),
        ("<=20", "<=", "19.9", U),
        ("<20", ">", "20", F),
        ("<20", ">", "10", U),
        ("<20", ">=", "20", F),
        ("<=20", ">=", "20", U),
        ("<=20", ">=", "20.1", F),
        (">20", ">", "20", T),
        (">=20", ">", "20", U),
        (">=20", ">=", "20", T),
        (">20", ">=", "20.1", U),
        (">20", "<", "20", F),
        (">20", "<", "30", U),
        (">20", "<=", "20", F),
        (">=20", "<=", "20", U),
        (">20", "=", "20", F),
        (">=20", "=", "20", U),
    ],
)
def test_each_comparison_on_both_sides_of_its_limit(left, op, right, truth):
    assert compare(Quantity.parse(left), op, D(right)) is truth


def test_a_missing_side_is_unknown():
    assert compare(None, ">", D(1)) is U
    assert compare(D(1), ">", None) is U


def test_two_censored_results_compare_only_when_they_cannot_overlap():
    low, high, wide = (Quantity.parse(text) for text in ("<1", ">=1", "<5"))
    assert compare(low, "<", high) is T
    assert compare(high, "<", wide) is U


def test_a_multiple_of_a_converted_limit_is_met_exactly_at_the_boundary():
    for analyte in ("uric_acid", "glucose", "calcium", "methotrexate"):
        value = Quantity.parse("3.6", "mg/L" if analyte == "methotrexate" else "mg/dL", analyte=analyte)
        limit = Quantity.parse("1.2", value.unit, analyte=analyte)
        assert limit.canonical is not None
        assert compare(value, "<=", 3 * limit.canonical) is T
        assert compare(value, ">", 3 * limit.canonical) is F
        above = Quantity.parse("3.60000001", value.unit, analyte=analyte)
        assert compare(above, ">", 3 * limit.canonical) is T


def test_an_unknown_comparison_or_comparator_is_refused():
    with pytest.raises(ValueError, match="it cannot be '=='"):
        compare(D(1), "==", D(1))
    with pytest.raises(ValueError, match="comparator"):
        at(D(1), "~")
    with pytest.raises(ValueError, match="cannot begin"):
        Interval(D(2), D(1))


numbers = st.decimals(-1000, 1000, places=2)
comparators = st.sampled_from(["", "<", "<=", ">", ">="])


@given(numbers, comparators, st.sampled_from(COMPARISONS), numbers, numbers)
def test_a_decided_comparison_holds_for_every_value_the_result_may_stand_for(
    bound, comparator, op, limit, value
):
    known = at(bound, comparator)
    inside = compare_intervals(point(value), comparator or "=", point(bound))
    truth = compare_intervals(known, op, point(limit))
    if inside is T and truth.known:
        assert compare_intervals(point(value), op, point(limit)) is truth


@given(numbers, comparators, numbers, comparators)
def test_opposite_comparisons_are_negations(a, a_sign, b, b_sign):
    left, right = at(a, a_sign), at(b, b_sign)
    for op, opposite in (("<", ">="), (">", "<="), ("=", "!=")):
        assert compare_intervals(left, op, right) is negate(compare_intervals(left, opposite, right))
    assert compare_intervals(left, "<", right) is compare_intervals(right, ">", left)


def test_an_interval_is_shown_as_a_person_would_write_it():
    assert [str(at(D(5), sign)) for sign in ("", "<", "<=", ">", ">=")] == ["5", "<5", "≤5", ">5", "≥5"]
    assert str(Interval(D(14), D(15))) == "14 to 15"

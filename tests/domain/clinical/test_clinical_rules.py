"""The evaluator of protocol rules: reading, answering, evidence, what is missing."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialsite.clinical.facts import Fact, ItemAddress, Why
from trialsite.clinical.interval import Interval
from trialsite.clinical.kleene import Truth
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.rules import (
    AnyOf,
    Comparison,
    FactKind,
    Multiple,
    RuleError,
    check_kinds,
    describe,
    evaluate,
    facts_named,
    parse_rule,
)

D = Decimal
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
TBIL = {
    "any": [
        {"fact": "tbil", "op": "<=", "times": "3", "of": "tbil_uln"},
        {"fact": "leuk_infiltration", "op": "=", "value": True},
    ]
}


def truth_of(data, **facts):
    return evaluate(parse_rule(data), {name: as_fact(value) for name, value in facts.items()}).truth


def as_fact(value):
    return value if isinstance(value, Fact) else Fact(value)


def umol(value, **more):
    return Fact(D(value), "umol/L", **more)


def test_a_rule_is_read_into_its_tree():
    rule = parse_rule(TBIL)
    assert isinstance(rule, AnyOf)
    assert rule.rules[0] == Comparison("tbil", "<=", Multiple("tbil_uln", D(3)))
    assert facts_named(rule) == {"tbil", "tbil_uln", "leuk_infiltration"}
    assert describe(rule) == "tbil ≤ 3 × tbil_uln OR leuk_infiltration = true"


def test_connectives_are_described_with_the_brackets_they_need():
    data = {
        "if": {"fact": "age", "op": "<", "value": 18},
        "then": {"all": [TBIL, {"not": {"fact": "dx", "op": "in", "value": ["T_ALL", "MPAL"]}}]},
    }
    assert describe(parse_rule(data)) == (
        "age < 18 ⇒ ((tbil ≤ 3 × tbil_uln OR leuk_infiltration = true) AND NOT (dx ∈ {T_ALL, MPAL}))"
    )
    tia = {"fact": "tia", "op": ">=", "months_before": 3, "of": "icf"}
    assert describe(parse_rule(tia)) == "tia ≥ icf - 3 months"


@pytest.mark.parametrize(
    ("data", "path", "words"),
    [
        (None, "", "this is empty"),
        ("ecog < 3", "", "this is the text"),
        ({}, "", "this one has nothing"),
        ({"al": []}, "", "this one has al"),
        ({"all": [], "any": []}, "", "exactly one of"),
        ({"all": []}, "all", "at least one rule"),
        ({"any": {"fact": "x"}}, "any", "at least one rule"),
        ({"all": [TBIL, {"not": {"fact": "x"}}]}, "all[1].not.op", "The operator is one of"),
        ({"if": TBIL}, "", "this one has if"),
        ({"if": TBIL, "then": {}}, "then", "nothing"),
        ({"fact": "x", "op": "=="}, "op", "cannot be '=='"),
        ({"fact": "", "op": "=", "value": 1}, "fact", "named by a word"),
        ({"fact": "x", "op": "="}, "", "either a value"),
        ({"fact": "x", "op": "=", "value": 1, "of": "y"}, "", "either a value"),
        ({"fact": "x", "op": "=", "value": 1.5}, "value", "in quotes"),
        ({"fact": "x", "op": "<", "value": "many"}, "value", "decimal in quotes"),
        ({"fact": "x", "op": "<", "value": "NaN"}, "value", "decimal in quotes"),
        ({"fact": "x", "op": "<", "value": True}, "value", "Only numbers and dates"),
        ({"fact": "x", "op": "=", "value": None}, "value", "this is empty"),
        ({"fact": "x", "op": "=", "value": "ND"}, "value", "no value"),
        ({"fact": "x", "op": "in", "value": "POS"}, "value", "list of at least one"),
        ({"fact": "x", "op": "in", "value": []}, "value", "list of at least one"),
        ({"fact": "x", "op": "in", "value": [1, 1.5]}, "value[1]", "in quotes"),
        ({"fact": "x", "op": "in", "of": "y"}, "op", "needs a list of values"),
        ({"fact": "x", "op": "<", "times": 1.5, "of": "y"}, "times", "decimal in quotes"),
        ({"fact": "x", "op": "<", "times": "0", "of": "y"}, "times", "more than 0"),
        ({"fact": "x", "op": "<", "times": "2", "value": 1}, "", "needs another fact"),
        ({"fact": "x", "op": "<", "times": "2", "days_before": 1, "of": "y"}, "", "not twice"),
        ({"fact": "x", "op": "<", "months_before": "3", "of": "y"}, "months_before", "whole number"),
        ({"fact": "x", "op": "<", "months_before": -3, "of": "y"}, "months_before", "whole number"),
        ({"fact": "x", "op": "=", "value": 1, "na": "yes"}, "na", "true or false"),
        ({"fact": "x", "op": "=", "value": 1, "unit": 3}, "unit", "UCUM"),
        ({"fact": "x", "op": "=", "value": 1, "waive": True}, "waive", "no “waive”"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_at_its_path(data, path, words):
    with pytest.raises(RuleError) as refused:
        parse_rule(data)
    assert refused.value.path == path
    assert words in refused.value.sentence


def test_a_path_of_the_caller_stands_before_the_path_in_the_rule():
    with pytest.raises(RuleError, match=r"^eligibility\[2\]\.rule\.all\[0\]\.op: "):
        parse_rule({"all": [{"fact": "x", "op": "~"}]}, "eligibility[2].rule")


@pytest.mark.parametrize(
    ("op", "value", "limit", "truth"),
    [
        ("=", 2, 2, T),
        ("=", 2, "2.0", T),
        ("=", 2, 3, F),
        ("!=", 2, 3, T),
        ("!=", 2, 2, F),
        ("<", D("29.99"), "30", T),
        ("<", D("30"), "30", F),
        ("<=", D("30"), "30", T),
        ("<=", D("30.01"), "30", F),
        (">", D("30.01"), "30", T),
        (">", D("30"), "30", F),
        (">=", D("30"), "30", T),
        (">=", D("29.99"), "30", F),
        ("in", 3, [0, 1, 2, 3], T),
        ("in", 4, [0, 1, 2, 3], F),
        ("not_in", 4, [0, 1, 2, 3], T),
        ("not_in", 3, [0, 1, 2, 3], F),
        ("=", "POS", "POS", T),
        ("=", "NEG", "POS", F),
        ("!=", "NEG", "POS", T),
        ("in", "II", ["II", "III"], T),
        ("not_in", "NONE", ["II", "III"], T),
        ("=", True, True, T),
        ("=", False, True, F),
        ("=", False, False, T),
        ("=", date(2026, 5, 1), "2026-05-01", T),
        ("<", date(2026, 4, 30), date(2026, 5, 1), T),
        ("<", date(2026, 5, 1), "2026-05-01", F),
    ],
)
def test_each_operator_on_both_sides(op, value, limit, truth):
    assert truth_of({"fact": "x", "op": op, "value": limit}, x=value) is truth


@pytest.mark.parametrize("op", ["=", "!=", "in", "not_in"])
@pytest.mark.parametrize("why", [why for why in Why if why is not Why.STALE])
def test_a_missing_fact_is_unknown_to_every_operator(op, why):
    limit = ["POS"] if "in" in op else "POS"
    answer = evaluate(parse_rule({"fact": "x", "op": op, "value": limit}), {"x": Fact.missing(why)})
    assert (answer.truth, answer.missing) == (U, ("x",))
    assert answer.evidence[0].why == why


def test_a_fact_that_nobody_delivered_is_not_recorded():
    answer = evaluate(parse_rule({"fact": "x", "op": "=", "value": 1}), {})
    assert (answer.truth, answer.evidence[0].why) == (U, Why.NOT_RECORDED)


def test_a_stale_fact_is_unknown_and_still_shown():
    answer = evaluate(
        parse_rule({"fact": "x", "op": "<", "value": 9}),
        {"x": Fact(D(5), why=Why.STALE, on=date(2026, 1, 1))},
    )
    shown = answer.evidence[0]
    assert (answer.truth, shown.value, shown.on, shown.why) == (U, D(5), date(2026, 1, 1), "STALE")


@pytest.mark.parametrize(("na", "truth"), [(True, T), (False, F), (None, U)])
def test_not_applicable_counts_as_the_rule_says_and_is_unknown_otherwise(na, truth):
    data = {"fact": "preg_test", "op": "=", "value": "POS"} | ({} if na is None else {"na": na})
    assert truth_of(data, preg_test="NA") is truth
    assert truth_of(data, preg_test="ND") is U


def test_a_multiple_of_a_limit_is_exact_at_its_boundary():
    data = {"fact": "alt", "op": "<=", "times": "1.1", "of": "uln"}
    assert truth_of(data, alt=D("3.3"), uln=D(3)) is T  # binary floats say 1.1 × 3 is 3.3000000000000003
    assert truth_of(data, alt=D("3.30001"), uln=D(3)) is F
    assert truth_of({"fact": "alt", "op": "<", "of": "uln"}, alt=D("2.9"), uln=D(3)) is T


def test_units_that_differ_or_are_not_given_make_a_multiple_unknown():
    data = {"fact": "tbil", "op": "<=", "times": "3", "of": "uln"}
    for other in ("mg/dL", ""):
        answer = evaluate(parse_rule(data), {"tbil": umol(20), "uln": Fact(D("1.2"), other)})
        assert (answer.truth, answer.evidence[0].why) == (U, Why.UNITS_DIFFER)
    assert truth_of(data, tbil=umol(20), uln=umol(21)) is T


def test_a_unit_named_by_the_rule_must_be_the_facts():
    data = {"fact": "crcl", "op": ">=", "value": "30", "unit": "mL/min"}
    assert truth_of(data, crcl=Fact(D(30), "mL/min")) is T
    assert truth_of(data, crcl=Fact(D(30), "mL/s")) is U
    assert truth_of(data, crcl=Fact(D(30))) is U


@pytest.mark.parametrize(
    ("shift", "limit"),
    [
        ({"months_before": 3}, date(2026, 2, 15)),
        ({"months_after": 3}, date(2026, 8, 15)),
        ({"days_before": 15}, date(2026, 4, 30)),
        ({"days_after": 17}, date(2026, 6, 1)),
        ({}, date(2026, 5, 15)),
    ],
)
def test_a_date_is_compared_with_another_moved_by_months_or_days(shift, limit):
    rule = parse_rule({"fact": "tia", "op": ">=", "of": "icf", **shift})
    facts = {"icf": Fact(date(2026, 5, 15))}
    answer = evaluate(rule, facts | {"tia": Fact(limit)})
    assert (answer.truth, answer.evidence[0].limit) == (T, limit)
    before = date.fromordinal(limit.toordinal() - 1)
    assert evaluate(rule, facts | {"tia": Fact(before)}).truth is F


@pytest.mark.parametrize(
    ("recorded", "truth"), [("2026-01", F), ("2026-02", U), ("2026-03", T), ("2026", U), ("2025", F)]
)
def test_a_partial_date_is_unknown_only_where_it_straddles_the_limit(recorded, truth):
    rule = parse_rule({"fact": "tia", "op": ">=", "months_before": 3, "of": "icf"})
    facts = {"tia": Fact(PartialDate.parse(recorded)), "icf": Fact(date(2026, 5, 15))}
    answer = evaluate(rule, facts)
    assert answer.truth is truth
    assert answer.missing == (("tia",) if truth is U else ())
    assert answer.evidence[0].why == ("STRADDLES_LIMIT" if truth is U else "")


def test_a_partial_limit_is_shown_as_a_range_and_named_as_missing():
    rule = parse_rule({"fact": "tia", "op": ">=", "months_before": 3, "of": "icf"})
    facts = {"tia": Fact(date(2026, 2, 10)), "icf": Fact(PartialDate.parse("2026-05"))}
    answer = evaluate(rule, facts)
    assert (answer.truth, answer.missing) == (U, ("icf",))
    assert str(answer.evidence[0].limit) == "2026-02-01/2026-02-28"


def test_bounds_of_an_age_decide_when_both_lie_on_one_side():
    adult = {"fact": "age", "op": ">=", "value": 15}
    assert truth_of(adult, age=Interval(D(14), D(15))) is U
    assert truth_of(adult, age=Interval(D(15), D(16))) is T
    assert truth_of(adult, age=Interval(D(13), D(14))) is F


def test_an_unknown_beside_a_decided_or_is_not_missing():
    answer = evaluate(parse_rule(TBIL), {"leuk_infiltration": Fact(True)})
    assert (answer.truth, answer.missing) == (T, ())
    assert [each.decides for each in answer.evidence] == [False, True]


def test_only_what_could_change_the_answer_is_missing():
    rule = parse_rule(
        {"all": [TBIL, {"any": [{"fact": "a", "op": "=", "value": 1}, {"fact": "b", "op": "=", "value": 1}]}]}
    )
    answer = evaluate(rule, {"leuk_infiltration": Fact(True), "a": Fact(2)})
    assert (answer.truth, answer.missing) == (U, ("b",))
    decided = evaluate(rule, {"a": Fact(2), "b": Fact(2)})
    assert (decided.truth, decided.missing) == (F, ())


def test_value_and_limit_are_both_missing_when_both_are():
    answer = evaluate(parse_rule(TBIL["any"][0]), {})
    assert answer.missing == ("tbil", "tbil_uln")
    only_limit = evaluate(parse_rule(TBIL["any"][0]), {"tbil": umol(20)})
    assert (only_limit.missing, only_limit.evidence[0].why) == (("tbil_uln",), "LIMIT_NOT_KNOWN")


def test_an_implication_holds_unless_its_condition_does_and_its_consequence_does_not():
    minor = {
        "if": {"fact": "age", "op": "<", "value": 18},
        "then": {"fact": "guardian", "op": "=", "value": True},
    }
    assert truth_of(minor, age=18) is T
    assert truth_of(minor, age=17) is U
    assert truth_of(minor, age=17, guardian=False) is F
    assert truth_of(minor, guardian=True) is T
    assert evaluate(parse_rule(minor), {}).missing == ("age", "guardian")
    assert evaluate(parse_rule(minor), {"age": Fact(17)}).missing == ("guardian",)


def test_evidence_carries_everything_a_physician_asks_for():
    source = ItemAddress("lab_results", "0190", "value")
    uln_source = ItemAddress("lab_results", "0190", "uln")
    facts = {
        "tbil": umol("63.1", comparator="", on=date(2026, 5, 1), source=source),
        "tbil_uln": umol(21, source=uln_source),
    }
    shown = evaluate(parse_rule(TBIL), facts).evidence[0]
    assert (shown.fact, shown.value, shown.unit, shown.operator) == ("tbil", D("63.1"), "umol/L", "<=")
    assert (shown.limit, shown.limit_text, shown.of) == (D(63), "3 × tbil_uln", "tbil_uln")
    assert (shown.on, shown.source, shown.of_source) == (date(2026, 5, 1), source, uln_source)
    assert (shown.truth, shown.why) == (F, "")


def test_an_answer_can_be_stored_as_json_without_losing_a_digit():
    answer = evaluate(parse_rule(TBIL), {"tbil": umol("63.10", on=date(2026, 5, 1)), "tbil_uln": umol(21)})
    stored = json.loads(json.dumps(answer.as_data()))
    assert stored["truth"] == "UNKNOWN"
    assert stored["missing"] == ["leuk_infiltration"]
    assert (stored["evidence"][0]["value"], stored["evidence"][0]["on"]) == ("63.10", "2026-05-01")


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ({"fact": "x", "op": "<", "value": 3}, "POS"),
        ({"fact": "x", "op": "=", "value": "POS"}, 3),
        ({"fact": "x", "op": "=", "value": "POS"}, date(2026, 1, 1)),
        ({"fact": "x", "op": "=", "value": True}, "POS"),
        ({"fact": "x", "op": "=", "value": 1}, True),
    ],
)
def test_comparing_what_cannot_be_compared_is_an_error_and_not_an_answer(data, value):
    with pytest.raises(RuleError, match="cannot be compared"):
        truth_of(data, x=value)


KINDS = {
    "n": FactKind.NUMBER,
    "m": FactKind.NUMBER,
    "d": FactKind.DATE,
    "e": FactKind.DATE,
    "c": FactKind.CODE,
    "b": FactKind.YES_NO,
}


@pytest.mark.parametrize(
    "data",
    [
        {"fact": "n", "op": "<", "value": "3.5"},
        {"fact": "n", "op": "in", "value": [1, "2.5"]},
        {"fact": "n", "op": "<", "times": "3", "of": "m"},
        {"fact": "d", "op": "<", "value": "2026-01-01"},
        {"fact": "d", "op": "<", "days_before": 3, "of": "e"},
        {"fact": "d", "op": "<=", "of": "e"},
        {"fact": "c", "op": "=", "value": "POS"},
        {"fact": "b", "op": "=", "value": False},
    ],
)
def test_a_rule_that_suits_its_facts_has_no_complaints(data):
    assert check_kinds(parse_rule(data), KINDS) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"fact": "q", "op": "<", "value": 3}, "Nobody registers a fact called “q”"),
        ({"fact": "n", "op": "<", "of": "q"}, "Nobody registers a fact called “q”"),
        ({"fact": "c", "op": "<", "value": 3}, "greater or smaller"),
        ({"fact": "b", "op": ">", "value": 3}, "greater or smaller"),
        ({"fact": "n", "op": "=", "value": "POS"}, "is NUMBER and cannot be POS"),
        ({"fact": "n", "op": "=", "value": True}, "is NUMBER and cannot be True"),
        ({"fact": "d", "op": "<", "value": 3}, "is DATE and cannot be 3"),
        ({"fact": "c", "op": "=", "value": 3}, "is CODE and cannot be 3"),
        ({"fact": "b", "op": "=", "value": "POS"}, "is YES_NO and cannot be POS"),
        ({"fact": "n", "op": "<", "of": "d"}, "its limit “d” is DATE"),
        ({"fact": "n", "op": "<", "days_before": 1, "of": "m"}, "is NUMBER"),
        ({"fact": "d", "op": "<", "times": "2", "of": "e"}, "cannot be multiplied"),
    ],
)
def test_a_rule_that_does_not_suit_its_facts_is_found_before_use(data, words):
    errors = check_kinds(parse_rule({"not": data}), KINDS)
    assert len(errors) == 1
    assert words in errors[0].sentence
    assert errors[0].path == "not"


NAMES = ["a", "b", "c"]
leaves = st.builds(
    lambda name, op, value: {"fact": name, "op": op, "value": value},
    st.sampled_from(NAMES),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
    st.integers(0, 2),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda when, then: {"if": when, "then": then}, inner, inner),
    ),
    max_leaves=8,
)
values = st.fixed_dictionaries({name: st.none() | st.integers(0, 2) for name in NAMES})


@settings(max_examples=200)
@given(trees, values, st.fixed_dictionaries({name: st.integers(0, 2) for name in NAMES}))
def test_filling_an_unknown_never_turns_a_decided_answer(data, known, filling):
    rule = parse_rule(data)
    before = evaluate(rule, {name: Fact(value) for name, value in known.items()})
    filled = {name: Fact(filling[name] if value is None else value) for name, value in known.items()}
    after = evaluate(rule, filled)
    assert after.truth.known
    assert after.missing == ()
    if before.truth.known:
        assert before.missing == ()
        assert after.truth is before.truth
    else:
        assert before.missing


@settings(max_examples=200)
@given(trees, values, st.fixed_dictionaries({name: st.integers(0, 2) for name in NAMES}))
def test_what_is_not_missing_cannot_decide_an_unknown_answer(data, known, filling):
    rule = parse_rule(data)
    before = evaluate(rule, {name: Fact(value) for name, value in known.items()})
    if before.truth.known:
        return
    others = {
        name: Fact(filling[name] if value is None and name not in before.missing else value)
        for name, value in known.items()
    }
    assert evaluate(rule, others).truth is U

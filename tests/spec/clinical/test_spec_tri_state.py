"""Specification: tri-state answers, and verdicts on criteria and subjects."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsite.clinical.facts import Fact, Why
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity, compare
from trialsite.clinical.rules import evaluate, parse_rule
from trialsite.clinical.verdicts import (
    CriterionKind,
    CriterionVerdict,
    SubjectVerdict,
    criterion_verdict,
    subject_verdict,
)

D = Decimal
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
INCLUSION, EXCLUSION = CriterionKind.INCLUSION, CriterionKind.EXCLUSION
MET, NOT_MET, UNKNOWN = CriterionVerdict.MET, CriterionVerdict.NOT_MET, CriterionVerdict.UNKNOWN
ABSENT, PRESENT = CriterionVerdict.ABSENT, CriterionVerdict.PRESENT

CENSORED = [  # result, comparison, limit, answer
    ("<20", ">", "20", F),
    ("<20", ">", "10", U),
    ("<0.1", "<", "0.5", T),
    ("<0.5", "<", "0.1", U),
    (">20", ">", "20", T),
    (">20", "<=", "20", F),
    (">20", "<=", "30", U),
]


@pytest.mark.parametrize(("result", "op", "limit", "answer"), CENSORED)
def test_a_censored_result_is_unknown_only_when_it_straddles_the_limit(result, op, limit, answer):
    quantity = Quantity.parse(result)
    assert compare(quantity, op, D(limit)) is answer
    rule = parse_rule({"fact": "x", "op": op, "value": limit})
    assert evaluate(rule, {"x": Fact(quantity.value, comparator=quantity.comparator)}).truth is answer


TBIL = {"fact": "tbil", "op": "<=", "times": "3", "of": "tbil_uln"}
TBIL_UNKNOWN = [  # why it is unknown, value, ULN, missing
    ("missing", Fact.missing(), Fact(D(21), "umol/L"), ("tbil",)),
    ("not done", Fact.missing(Why.NOT_DONE), Fact(D(21), "umol/L"), ("tbil",)),
    ("unit unknown", Fact(D(20)), Fact(D(21), "umol/L"), ("tbil", "tbil_uln")),
    ("ULN missing", Fact(D(20), "umol/L"), Fact.missing(), ("tbil_uln",)),
    ("stale", Fact(D(20), "umol/L", why=Why.STALE), Fact(D(21), "umol/L"), ("tbil",)),
    ("censored across the limit", Fact(D(60), "umol/L", ">"), Fact(D(21), "umol/L"), ("tbil",)),
]


@pytest.mark.parametrize(("why", "value", "uln", "missing"), TBIL_UNKNOWN)
def test_an_atom_is_unknown_when_an_input_cannot_be_used(why, value, uln, missing):
    answer = evaluate(parse_rule(TBIL), {"tbil": value, "tbil_uln": uln})
    assert (answer.truth, answer.missing) == (U, missing), why


CRITERIA = [
    (INCLUSION, T, MET),
    (INCLUSION, F, NOT_MET),
    (INCLUSION, U, UNKNOWN),
    (EXCLUSION, T, PRESENT),
    (EXCLUSION, F, ABSENT),
    (EXCLUSION, U, UNKNOWN),
]


@pytest.mark.parametrize(("kind", "truth", "verdict"), CRITERIA)
def test_a_criterion_takes_its_verdict_from_its_kind_and_its_answer(kind, truth, verdict):
    assert criterion_verdict(kind, truth) is verdict


SUBJECTS = [  # verdicts of the criteria, the subject's verdict, because of
    ({"I1": MET, "E1": ABSENT}, SubjectVerdict.ELIGIBLE, ()),
    ({"I1": MET, "E1": UNKNOWN}, SubjectVerdict.PENDING, ("E1",)),
    ({"I1": UNKNOWN, "E1": UNKNOWN}, SubjectVerdict.PENDING, ("I1", "E1")),
    ({"I1": NOT_MET, "E1": ABSENT}, SubjectVerdict.INELIGIBLE, ("I1",)),
    ({"I1": MET, "E1": PRESENT}, SubjectVerdict.INELIGIBLE, ("E1",)),
    ({"I1": UNKNOWN, "E1": PRESENT}, SubjectVerdict.INELIGIBLE, ("E1",)),
    ({"I1": NOT_MET, "I2": UNKNOWN, "E1": PRESENT}, SubjectVerdict.INELIGIBLE, ("I1", "E1")),
    ({}, SubjectVerdict.PENDING, ()),
]


@pytest.mark.parametrize(("criteria", "verdict", "because"), SUBJECTS)
def test_the_subject_is_eligible_only_when_every_criterion_says_so(criteria, verdict, because):
    decision = subject_verdict(criteria)
    assert (decision.verdict, decision.because) == (verdict, because)


@given(st.dictionaries(st.text(), st.sampled_from(list(CriterionVerdict)), min_size=1), st.randoms())
def test_deciding_an_unknown_criterion_never_turns_eligible_or_ineligible(criteria, random):
    before = subject_verdict(criteria).verdict
    choices = [MET, NOT_MET, ABSENT, PRESENT]
    decided = {
        key: random.choice(choices) if verdict is UNKNOWN else verdict for key, verdict in criteria.items()
    }
    after = subject_verdict(decided).verdict
    assert after is not SubjectVerdict.PENDING
    assert before in (SubjectVerdict.PENDING, after)

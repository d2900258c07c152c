"""Kleene's connectives: their tables, their laws, and that more information never turns a decided answer."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsite.clinical.kleene import Truth, all_of, any_of, implies, negate

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
truths = st.sampled_from(list(Truth))
some = st.lists(truths, max_size=5)

TABLE = [  # left, right, AND, OR, IF left THEN right
    (T, T, T, T, T),
    (T, F, F, T, F),
    (T, U, U, T, U),
    (F, T, F, T, T),
    (F, F, F, F, T),
    (F, U, F, U, T),
    (U, T, U, T, T),
    (U, F, F, U, U),
    (U, U, U, U, U),
]


@pytest.mark.parametrize(("left", "right", "both", "either", "then"), TABLE)
def test_two_truths_combine_as_in_kleenes_table(left, right, both, either, then):
    assert all_of([left, right]) is both
    assert any_of([left, right]) is either
    assert implies(left, right) is then


def test_nothing_is_all_true_and_none_true():
    assert all_of([]) is T
    assert any_of([]) is F


def test_negation_keeps_unknown_unknown():
    assert [negate(each) for each in (T, F, U)] == [F, T, U]


@given(some)
def test_de_morgan_holds_with_unknowns(parts):
    assert negate(all_of(parts)) is any_of(map(negate, parts))
    assert negate(any_of(parts)) is all_of(map(negate, parts))


@given(some, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(parts, random):
    shuffled = random.sample(parts, len(parts)) + parts[:1]
    assert all_of(shuffled) is all_of(parts)
    assert any_of(shuffled) is any_of(parts)


@given(st.lists(truths, min_size=1, max_size=4))
def test_a_decided_answer_stands_however_the_unknowns_are_filled(parts):
    for connective in (all_of, any_of):
        before = connective(parts)
        if not before.known:
            continue
        for filled in product(*[(part,) if part.known else (T, F) for part in parts]):
            assert connective(filled) is before


@pytest.mark.parametrize(("answer", "truth"), [(True, T), (False, F), (None, U)])
def test_an_empty_answer_is_unknown_and_not_no(answer, truth):
    assert Truth.of(answer) is truth


def test_a_truth_refuses_to_be_used_as_yes_or_no():
    with pytest.raises(TypeError, match="may be unknown"):
        bool(T)

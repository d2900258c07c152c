"""Proportions and their differences at their edges."""

import pytest

from outcomes.domain.intervals import NOT_ESTIMABLE
from outcomes.domain.proportions import clopper_pearson, newcombe_difference, wilson


def test_no_subject_gives_no_proportion():
    assert clopper_pearson(0, 0).estimate == NOT_ESTIMABLE
    assert wilson(0, 0).estimate == NOT_ESTIMABLE
    assert newcombe_difference((0, 0), (1, 2)) == NOT_ESTIMABLE
    assert newcombe_difference((1, 2), (0, 0)) == NOT_ESTIMABLE


@pytest.mark.parametrize(("responders", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_impossible_counts_are_refused(responders, n):
    with pytest.raises(ValueError, match="cannot be"):
        clopper_pearson(responders, n)


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_an_impossible_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        clopper_pearson(1, 2, confidence)


def test_a_difference_changes_sign_with_its_groups():
    one, other = newcombe_difference((9, 10), (5, 10)), newcombe_difference((5, 10), (9, 10))
    assert one.value == pytest.approx(-other.value)
    assert one.lower == pytest.approx(-other.upper)

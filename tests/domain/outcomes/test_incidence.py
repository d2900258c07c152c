"""Cumulative incidence with competing risks at its edges."""

import numpy as np
import pytest

from outcomes.domain.incidence import Variance, cumulative_incidence
from outcomes.domain.intervals import NOT_ESTIMABLE


def test_incidences_and_event_free_survival_add_up_to_one():
    rng = np.random.default_rng(7)
    risks = cumulative_incidence(rng.integers(0, 60, 300), rng.integers(0, 4, 300), causes=3)
    total = risks.event_free.survival + sum(cause.incidence for cause in risks.by_cause)
    assert np.allclose(total, 1.0, atol=1e-12)


def test_nothing_is_estimable_in_an_empty_group():
    risks = cumulative_incidence([], [])
    assert risks.cause(1).at(0) == NOT_ESTIMABLE
    assert risks.cause(2).quantile(0.5) == NOT_ESTIMABLE


def test_a_cause_without_events_has_no_incidence_and_no_limits():
    at_9 = cumulative_incidence([5, 9], [1, 0]).cause(2).at(9)
    assert (at_9.value, at_9.se, at_9.lower, at_9.upper) == (0.0, 0.0, None, None)


def test_beyond_the_last_observed_day_nothing_is_estimable():
    assert cumulative_incidence([5, 9], [1, 0]).cause(1).at(10) == NOT_ESTIMABLE


def test_an_event_on_day_zero_counts():
    assert cumulative_incidence([0, 4, 4], [1, 2, 0]).cause(1).at(0).value == pytest.approx(1 / 3)


@pytest.mark.parametrize("variance", list(Variance))
def test_with_one_cause_and_no_censoring_the_error_is_near_the_binomial(variance):
    """200 subjects, a tenth by t: sqrt(0.1 × 0.9 / 200) = 0.0212."""
    time = np.arange(200)
    at_19 = cumulative_incidence(time, np.ones(200, dtype=int), causes=1, variance=variance).cause(1).at(19)
    assert at_19.value == pytest.approx(0.1)
    assert at_19.se == pytest.approx(0.021213, rel=0.01)


def test_the_quantile_of_an_incidence_counts_all_subjects():
    risks = cumulative_incidence([1, 2, 3, 4], [1, 2, 1, 2])
    assert risks.cause(1).quantile(0.25).value == pytest.approx(2.0)
    assert risks.cause(1).quantile(0.4).value == 3.0
    assert risks.cause(1).quantile(0.5).value is None
    assert risks.cause(1).quantile(0.6).value is None


def test_a_cause_that_is_not_counted_is_refused():
    with pytest.raises(ValueError, match="cause from 1 to 2"):
        cumulative_incidence([1], [3])

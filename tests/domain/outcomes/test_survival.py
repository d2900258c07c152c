"""Kaplan–Meier curves at their edges: nobody, one subject, no events, all events, ties, day 0."""

import numpy as np
import pytest

from outcomes.domain.intervals import NOT_ESTIMABLE, Limits
from outcomes.domain.survival import kaplan_meier, reverse_kaplan_meier


def test_nothing_is_estimable_in_an_empty_group():
    curve = kaplan_meier([], [])
    assert (curve.n, curve.n_events, curve.max_time) == (0, 0, None)
    assert curve.at(0) == NOT_ESTIMABLE
    assert curve.median() == NOT_ESTIMABLE
    assert curve.restricted_mean(0) == NOT_ESTIMABLE
    assert curve.risk_table([0])[0].n_risk == 0


def test_without_events_the_curve_stays_at_one_and_has_no_median():
    curve = kaplan_meier([10, 20, 30], [0, 0, 0])
    at_20 = curve.at(20)
    assert (at_20.value, at_20.se, at_20.lower, at_20.upper) == (1.0, 0.0, None, None)
    assert curve.at(20, Limits.PLAIN).lower == 1.0
    assert curve.median() == NOT_ESTIMABLE


def test_when_all_have_the_event_the_curve_ends_at_zero_without_limits():
    curve = kaplan_meier([1, 2, 3], [1, 1, 1])
    assert curve.at(3).value == 0.0
    assert curve.at(3).se is None
    for limits in Limits:
        assert (curve.at(3, limits).lower, curve.at(3, limits).upper) == (None, None)
    assert curve.median().value == 2.0


def test_one_subject_with_an_event_drops_to_zero_on_that_day():
    curve = kaplan_meier([7], [1])
    assert curve.at(6).value == 1.0
    assert curve.at(7).value == 0.0
    assert curve.median().value == 7.0


def test_one_censored_subject_gives_one_until_its_last_day_only():
    curve = kaplan_meier([7], [0])
    assert curve.at(7).value == 1.0
    assert curve.at(7.01) == NOT_ESTIMABLE


def test_an_event_on_day_zero_counts():
    curve = kaplan_meier([0, 5, 9, 9], [1, 0, 0, 0])
    assert curve.at(0).value == 0.75
    assert [row.n_risk for row in curve.risk_table([0, 1])] == [4, 3]


def test_an_event_comes_before_a_censoring_of_the_same_day():
    curve = kaplan_meier([5, 5], [1, 0])
    assert curve.at(5).value == 0.5


def test_an_event_at_730_days_counts_at_24_months_and_one_at_731_days_does_not():
    landmark = 24 * 30.4375
    assert landmark == 730.5
    assert kaplan_meier([730, 800], [1, 0]).at(landmark).value == 0.5
    assert kaplan_meier([731, 800], [1, 0]).at(landmark).value == 1.0


def test_beyond_the_last_observed_day_nothing_is_estimable():
    curve = kaplan_meier([100, 730], [1, 0])
    assert curve.at(730).value == 0.5
    assert curve.at(730.5) == NOT_ESTIMABLE
    assert curve.at_each([99, 731])[1] == NOT_ESTIMABLE


def test_the_median_is_the_middle_of_a_flat_piece_at_one_half():
    curve = kaplan_meier([10, 20, 30, 40], [1, 1, 1, 1])
    assert curve.median().value == 25.0


def test_a_flat_piece_is_recognised_in_spite_of_rounding():
    """6/7 × 5/6 × … comes to one half only up to rounding."""
    time = list(range(1, 15))
    assert kaplan_meier(time, [1] * 14).median().value == 7.5


def test_a_censoring_inside_the_flat_piece_does_not_end_it():
    curve = kaplan_meier([10, 20, 25, 60], [1, 1, 0, 1])
    assert curve.at(25).value == 0.5
    assert curve.median().value == 40.0


def test_the_median_is_not_estimable_when_the_flat_piece_runs_to_the_end():
    assert kaplan_meier([10, 20, 30, 40], [1, 1, 0, 0]).median().value is None


def test_the_median_is_the_first_day_below_one_half_when_no_piece_lies_at_it():
    assert kaplan_meier([10, 20, 30], [1, 1, 1]).median().value == 20.0


def test_quantiles_are_read_at_one_minus_p():
    curve = kaplan_meier(list(range(1, 11)), [1] * 10)
    assert curve.quantile(0.25).value == 3.0
    assert curve.quantile(0.75).value == 8.0


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1])
def test_a_quantile_outside_zero_to_one_is_refused(probability):
    with pytest.raises(ValueError, match="quantile"):
        kaplan_meier([1], [1]).quantile(probability)


def test_limits_never_leave_zero_to_one():
    curve = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 0])
    for limits in Limits:
        lower, upper = curve.band(limits)
        assert np.nanmin(lower) >= 0
        assert np.nanmax(upper) <= 1
    assert curve.at(1, Limits.PLAIN).upper == 1.0


def test_a_wider_confidence_gives_wider_limits():
    narrow = kaplan_meier([1, 2, 3, 4], [1, 1, 0, 1], confidence=0.90).at(2)
    wide = kaplan_meier([1, 2, 3, 4], [1, 1, 0, 1], confidence=0.95).at(2)
    assert wide.lower < narrow.lower < narrow.upper < wide.upper


def test_the_risk_table_counts_those_still_there_that_day():
    rows = kaplan_meier([5, 5, 8, 12], [1, 0, 1, 0]).risk_table([0, 5, 5.5, 12, 13])
    assert [row.n_risk for row in rows] == [4, 4, 2, 1, 0]
    assert [row.n_event for row in rows] == [0, 1, 1, 2, 2]
    assert [row.n_censor for row in rows] == [0, 1, 1, 2, 2]


def test_the_restricted_mean_of_complete_times_is_their_mean():
    curve = kaplan_meier([2, 4, 6], [1, 1, 1])
    assert curve.restricted_mean(6).value == pytest.approx(4.0)
    assert curve.restricted_mean(5).value == pytest.approx((2 + 4 + 5) / 3)


def test_the_restricted_mean_has_greenwoods_error():
    """By hand: two events of four at 1 and 3, tau 4: area after 1 is 1.5 + 0.5 = 2, after 3 is 0.5."""
    mean = kaplan_meier([1, 3, 4, 4], [1, 1, 0, 0]).restricted_mean(4)
    assert mean.value == pytest.approx(1 + 2 * 0.75 + 1 * 0.5)
    assert mean.se == pytest.approx((2.0**2 * 1 / (4 * 3) + 0.5**2 * 1 / (3 * 2)) ** 0.5)


def test_the_restricted_mean_beyond_the_last_day_needs_a_curve_that_reached_zero():
    assert kaplan_meier([2, 4], [1, 0]).restricted_mean(5) == NOT_ESTIMABLE
    assert kaplan_meier([2, 4], [1, 1]).restricted_mean(5).value == pytest.approx(3.0)


def test_median_follow_up_treats_censoring_as_the_event():
    """Two died early; the others were followed 100, 200 and 300 days."""
    follow_up = reverse_kaplan_meier([10, 20, 100, 200, 300], [1, 1, 0, 0, 0])
    assert follow_up.n_events == 3
    assert follow_up.median().value == 200.0


@pytest.mark.parametrize(
    ("time", "status", "sentence"),
    [
        ([-1], [0], "not before the origin"),
        ([float("nan")], [0], "not before the origin"),
        ([1, 2], [0], "same length"),
        ([1], [2], "cause from 1 to 1"),
        ([1], [0.5], "whole number"),
    ],
)
def test_impossible_times_and_statuses_are_refused(time, status, sentence):
    with pytest.raises(ValueError, match=sentence):
        kaplan_meier(time, status)


def test_few_subjects_with_far_apart_days_give_the_same_curve_as_counted_days():
    sparse = kaplan_meier([3_000_000, 6_000_000, 9_000_000], [1, 0, 1])
    dense = kaplan_meier([3, 6, 9], [1, 0, 1])
    assert sparse.survival.tolist() == dense.survival.tolist()
    assert sparse.time.tolist() == [3_000_000, 6_000_000, 9_000_000]


def test_a_curve_of_a_million_subjects_agrees_with_the_share_alive():
    rng = np.random.default_rng(20260101)
    days = rng.integers(0, 1000, 1_000_000)
    curve = kaplan_meier(days, np.ones(days.size, dtype=int))
    assert curve.at(499).value == pytest.approx(float((days > 499).mean()), abs=1e-9)

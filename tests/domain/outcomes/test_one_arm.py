"""Monitoring of a single arm at its edges: boundaries, predictive and conditional power, constant hazards."""

from math import exp, log

import numpy as np
import pytest

from outcomes.domain.bayes import (
    Beta,
    Boundary,
    beta_binomial,
    chance_to_stop,
    futility_boundary,
    predictive_boundary,
    predictive_probability,
    responders_needed,
    toxicity_boundary,
)
from outcomes.domain.conditional_power import design_drift, power_of_log_rank, power_of_rate
from outcomes.domain.exact_binomial import above, exact_test, masses
from outcomes.domain.exponential import ExponentialDesign, Gamma, event_share, hazard_test
from outcomes.domain.intervals import NOT_ESTIMABLE
from outcomes.domain.one_sample import (
    Exponential,
    PublishedCurve,
    against_expected,
    landmark_test,
    one_sample_log_rank,
)
from outcomes.domain.proportions import clopper_pearson, exact_lower, exact_upper
from outcomes.domain.survival import kaplan_meier


def test_the_chance_of_more_than_a_count_is_known_at_and_beyond_both_ends():
    assert above([-2, -1, 0, 1, 2, 5], 2, 0.5).tolist() == [1.0, 1.0, 0.75, 0.25, 0.0, 0.0]
    assert above([-1, 0], 0, 0.5).tolist() == [1.0, 0.0]
    assert masses(3, 0.0).tolist() == [1.0, 0.0, 0.0, 0.0]
    assert masses(3, 1.0).tolist() == [0.0, 0.0, 0.0, 1.0]


def test_without_subjects_nothing_is_tested():
    found = exact_test(0, 0, 0.3)
    assert (found.p_greater, found.p_less, found.p_two_sided) == (1.0, 1.0, 1.0)
    assert exact_lower(0, 0) is None
    assert exact_upper(0, 0) is None


@pytest.mark.parametrize(("responders", "n"), [(0, 7), (3, 7), (7, 7)])
def test_one_sided_limits_are_the_ends_of_the_interval_of_twice_the_error(responders, n):
    interval = clopper_pearson(responders, n, 0.90).estimate
    assert exact_lower(responders, n, 0.95) == pytest.approx(interval.lower)
    assert exact_upper(responders, n, 0.95) == pytest.approx(interval.upper)


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_an_impossible_one_sided_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        exact_lower(1, 2, confidence)


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_outside_0_and_1_is_refused(rate):
    for asked in (
        lambda: exact_test(1, 2, rate),
        lambda: Beta().above(rate),
        lambda: power_of_rate(1, 2, 4, 2, rate, 0.5),
    ):
        with pytest.raises(ValueError, match="rate"):
            asked()


def test_a_uniform_prior_is_worth_two_subjects():
    assert Beta().above(0.3) == pytest.approx(0.7)
    assert Beta().after(1, 1).above(0.3) == pytest.approx(1 - 0.3**2)
    found = Beta().after(3, 10).estimate()
    assert found.value == pytest.approx(4 / 12)
    assert found.se == pytest.approx(np.sqrt((4 / 12) * (8 / 12) / 13))
    assert Beta().after(3, 10).above(found.upper) == pytest.approx(0.025)


def test_toxicity_stops_from_the_first_count_that_convinces():
    """After 1 of 1 under a uniform prior P(rate > 0.3) is 0.91: above 0.90, not above 0.95."""
    assert toxicity_boundary([1, 2], 0.3, 0.90) == (Boundary(1, 1), Boundary(2, 2))
    assert toxicity_boundary([1, 2], 0.3, 0.95) == (Boundary(1, None), Boundary(2, 2))


def test_futility_stops_up_to_the_last_count_that_convinces():
    """After 0 of n under a uniform prior P(rate > 0.2) is 0.8^(n + 1)."""
    assert futility_boundary([9, 10], 0.2, 0.1) == (Boundary(9, None), Boundary(10, 0))


def test_no_boundary_never_stops_and_both_count_together():
    assert chance_to_stop(0.5, (Boundary(3, None),)) == (0.0,)
    assert chance_to_stop(0.5, (Boundary(2, 2),), (Boundary(2, 0),)) == pytest.approx((0.5,))
    by_look = chance_to_stop(0.5, (Boundary(1, 1), Boundary(2, 2)))
    assert by_look == pytest.approx((0.5, 0.5))  # who passed the first look has had none


def test_a_future_under_the_posterior_adds_up_to_1():
    assert beta_binomial(17, Beta(16.6, 7.4)).sum() == pytest.approx(1.0)
    assert beta_binomial(3, Beta()).tolist() == pytest.approx([0.25] * 4)


def test_what_is_reached_already_is_certain_and_what_is_out_of_reach_impossible():
    assert predictive_probability(5, 10, 20, 5) == pytest.approx(1.0)
    assert predictive_probability(5, 10, 20, 16) == 0.0
    assert predictive_probability(5, 10, 10, 6) == 0.0
    assert responders_needed(3, 0.9, 0.99) is None
    with pytest.raises(ValueError, match="more than"):
        predictive_probability(5, 10, 9, 6)


@pytest.mark.parametrize("parameters", [(0, 1), (1, -1)])
def test_laws_without_positive_parameters_are_refused(parameters):
    for law in (Beta, Gamma):
        with pytest.raises(ValueError, match="positive"):
            law(*parameters)


def test_conditional_power_of_a_rate_looks_at_what_is_left():
    found = power_of_rate(4, 8, 10, 6, 0.2, 0.6)
    assert (found.under_null, found.under_design, found.trend) == pytest.approx((0.04, 0.36, 0.25))
    assert power_of_rate(0, 0, 10, 1, 0.2, 0.6).trend is None


def test_conditional_power_of_the_log_rank_test_is_worked_by_hand():
    """z 1.5 at half of the events: B 1.0607; H0 adds 0, the design 3.2415 / 2, the trend 1.0607; 1.96 is needed."""
    found = power_of_log_rank(50, 100, 1.5, 1.959964 + 1.281552)
    # (1.0607 − 1.9600) / 0.7071 = −1.2718; (1.0607 + 1.6208 − 1.9600) / 0.7071 = 1.0203; 0.2282
    assert found.under_null == pytest.approx(0.1017, abs=5e-5)
    assert found.under_design == pytest.approx(0.8462, abs=5e-4)
    assert found.trend == pytest.approx(0.5903, abs=5e-5)


def test_conditional_power_at_the_start_is_alpha_and_power_and_at_the_end_certain():
    start = power_of_log_rank(0, 100, 0.0, 1.959964 + 0.841621)
    assert (start.under_null, start.under_design, start.trend) == (
        pytest.approx(0.025),
        pytest.approx(0.80, abs=1e-6),
        None,
    )
    for events in (100, 120):
        assert power_of_log_rank(events, 100, 1.97, 3.0).under_null == 1.0
        assert power_of_log_rank(events, 100, 1.95, 3.0).trend == 0.0


def test_the_drift_of_a_design_is_schoenfelds():
    """88 events for a hazard ratio of 0.55, evenly allocated: 80 % power at one-sided 2.5 % (1.96 + 0.84)."""
    assert design_drift(88, 0.55) == pytest.approx(2.80, abs=0.01)
    assert design_drift(88, 1 / 0.55) == pytest.approx(-design_drift(88, 0.55))
    with pytest.raises(ValueError, match="positive"):
        design_drift(88, 0.0)


def test_a_conditional_power_without_planned_events_is_refused():
    with pytest.raises(ValueError, match="planned"):
        power_of_log_rank(3, 0, 1.0, 3.0)
    with pytest.raises(ValueError, match="Alpha"):
        power_of_log_rank(3, 10, 1.0, 3.0, alpha=1.0)


def test_a_published_curve_through_the_same_landmark_is_the_exponential_one():
    time, status = [10, 50, 100, 100], [1, 0, 1, 0]
    by_curve = one_sample_log_rank(time, status, PublishedCurve((50, 100), (exp(-0.5), exp(-1))))
    by_hazard = one_sample_log_rank(time, status, Exponential.of_landmark(100, exp(-1)))
    assert by_curve.expected == pytest.approx(by_hazard.expected) == pytest.approx(2.6)
    assert by_curve.observed == by_hazard.observed == 2


def test_time_and_events_beyond_a_published_curve_do_not_count():
    found = one_sample_log_rank([30, 60], [0, 1], PublishedCurve((50,), (exp(-1),)))
    assert (found.observed, found.expected) == (0, pytest.approx(0.6 + 1.0))


def test_nothing_expected_tests_nothing():
    for found in (one_sample_log_rank([], [], Exponential(0.01)), against_expected(0, 0.0)):
        assert (found.z, found.p_fewer, found.p_two_sided, found.ratio) == (None, None, None, NOT_ESTIMABLE)


@pytest.mark.parametrize(
    ("days", "survival", "match"),
    [
        ((), (), "at least one"),
        ((1, 2), (0.5,), "as many"),
        ((0, 2), (1, 0.5), "rise"),
        ((2, 2), (0.9, 0.5), "rise"),
        ((1, 2), (0.5, 0.6), "fall"),
        ((1,), (1.1,), "fall"),
        ((1,), (0.0,), "above 0"),
    ],
)
def test_points_that_are_no_curve_are_refused(days, survival, match):
    with pytest.raises(ValueError, match=match):
        PublishedCurve(days, survival)


@pytest.mark.parametrize(("day", "survival"), [(0, 0.5), (10, 0.0), (10, 1.0)])
def test_a_landmark_that_gives_no_hazard_is_refused(day, survival):
    with pytest.raises(ValueError, match="landmark"):
        Exponential.of_landmark(day, survival)


def test_a_limit_that_is_not_defined_leaves_the_landmark_open():
    curve = kaplan_meier([10, 20, 30], [0, 1, 0])
    assert landmark_test(curve, 5, 0.5).above is None  # no event yet
    assert landmark_test(curve, 31, 0.5).above is None  # nobody observed
    assert landmark_test(curve, 25, 0.01).above is True
    with pytest.raises(ValueError, match="confidence"):
        landmark_test(curve, 25, 0.5, confidence=0.5)


def test_the_exact_power_of_a_constant_hazard_is_that_of_chi_square():
    """5 events, alpha 0.05: the limit of 2 × hazard × time is 18.307 (10 degrees of freedom)."""
    from scipy.stats import chi2

    design = ExponentialDesign(null=0.002, alternative=0.001)
    assert design.power_at(5) == pytest.approx(chi2.sf(18.307 / 2, 10), abs=1e-5)
    events = design.events()
    assert design.power_at(events) >= 0.80 > design.power_at(events - 1)
    near = ((1.644854 + 0.841621) / log(2)) ** 2  # the normal approximation on log hazard: 12.9
    assert abs(events - near) < 1.5


def test_subjects_are_the_events_over_their_share():
    design = ExponentialDesign(null=0.002, alternative=0.001)
    share = event_share(0.001, 365, 730)
    assert design.subjects(365, 730) == int(np.ceil(design.events() / share))
    days = np.linspace(730, 1095, 200_001)
    assert share == pytest.approx(np.mean(1 - np.exp(-0.001 * days)), abs=1e-7)
    assert event_share(0.01, 0, 100) == pytest.approx(1 - exp(-1))


@pytest.mark.parametrize(("accrual", "follow_up"), [(-1, 10), (10, -1), (0, 0)])
def test_time_that_cannot_be_planned_is_refused(accrual, follow_up):
    with pytest.raises(ValueError, match="days from 0"):
        event_share(0.01, accrual, follow_up)


def test_a_design_without_a_fall_of_the_hazard_is_refused():
    with pytest.raises(ValueError, match="below"):
        ExponentialDesign(null=0.001, alternative=0.001)
    with pytest.raises(ValueError, match="Alpha"):
        ExponentialDesign(null=0.002, alternative=0.001, alpha=0)


def test_a_hazard_at_its_own_limit_is_just_significant():
    found = hazard_test(5, 18.307038 / 2 / 0.002, 0.002)
    assert found.p_below == pytest.approx(0.05, abs=1e-6)
    two_sided = hazard_test(5, 1000, found.hazard.upper)
    assert hazard_test(5, 1000, two_sided.hazard.upper).p_below == pytest.approx(0.025)


def test_a_hazard_without_an_event_waits_for_the_posterior():
    found = hazard_test(0, 500, 0.002)
    assert (found.hazard.value, found.hazard.upper, found.p_below) == (0.0, None, None)
    assert hazard_test(0, 0, 0.002).hazard.value is None
    assert Gamma(1, 500).after(0, 500).below(0.002) == pytest.approx(1 - exp(-2))


def test_the_posterior_of_a_hazard_gives_its_mean_and_interval():
    law = Gamma(2, 1000).after(5, 3000)
    found = law.estimate()
    assert (found.value, found.se) == pytest.approx((7 / 4000, 7**0.5 / 4000))
    assert law.below(found.lower) == pytest.approx(0.025)
    assert law.below(found.upper) == pytest.approx(0.975)


@pytest.mark.parametrize(("events", "days"), [(-1, 10), (1, -1), (1, 0)])
def test_observation_that_cannot_be_is_refused(events, days):
    with pytest.raises(ValueError, match="cannot be"):
        hazard_test(events, days, 0.01)


def test_a_boundary_by_prediction_stops_what_can_hardly_be_reached():
    """10 of 10 planned are needed: after one failure nothing can help, and at the last subject 9 are too few."""
    assert predictive_boundary([1, 5, 10], 10, 10, 0.01) == (Boundary(1, 0), Boundary(5, 4), Boundary(10, 9))
    assert predictive_boundary([1], 10, 1, 0.01) == (Boundary(1, None),)

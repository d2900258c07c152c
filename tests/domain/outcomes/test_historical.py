"""Historical controls: scores that cannot be, who is matched with whom, balance, weighted curves at their edges."""

import numpy as np
import pytest

from outcomes.domain.cox import Coefficient, Ties, cox
from outcomes.domain.historical import Method, compare_with_history
from outcomes.domain.propensity import (
    att_weights,
    balance_table,
    effective_number,
    matched_pairs,
    pooled_deviation,
    propensity_logit,
)
from outcomes.domain.survival import kaplan_meier
from outcomes.domain.weighted import weighted_cox, weighted_kaplan_meier


def made_up(n=300, seed=5):
    """Older subjects come into the trial more often and die sooner; the trial halves the hazard."""
    rng = np.random.default_rng(seed)
    age, mrd = rng.normal(40, 10, n), rng.integers(0, 2, n)
    treated = rng.random(n) < 1 / (1 + np.exp(-(age - 45) / 10 - 0.5 * mrd))
    hazard = 0.002 * np.exp(0.05 * (age - 40) + 0.4 * mrd) * np.where(treated, 0.5, 1.0)
    death, end = rng.exponential(1 / hazard), rng.uniform(200, 1500, n)
    return np.ceil(np.minimum(death, end)), (death <= end).astype(int), treated, {"age": age, "mrd": mrd}


def test_the_score_of_one_binary_covariate_is_its_observed_odds():
    treated = [1, 1, 1, 0, 1, 0, 0, 0, 0, 0]
    logit = propensity_logit(treated, {"mrd": [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]})
    assert np.exp(logit) == pytest.approx([3 / 1] * 4 + [1 / 5] * 6)


@pytest.mark.parametrize(
    ("treated", "design"),
    [
        ([1, 1, 0, 0], {"a": [3, 4, 1, 2]}),  # told apart completely
        ([1, 0, 1, 0], {"a": [2, 2, 2, 2]}),  # says nothing
        ([1, 0, 1, 0], {"a": [1, 2, 4, 3], "b": [2, 4, 8, 6]}),  # say the same
        ([1, 1, 1, 1], {"a": [1, 2, 3, 4]}),  # no control
        ([0, 0, 0, 0], {"a": [1, 2, 3, 4]}),  # no trial
    ],
)
def test_a_score_that_is_not_estimable_is_none(treated, design):
    assert propensity_logit(treated, design) is None


@pytest.mark.parametrize(
    ("design", "match"),
    [({}, "a covariate"), ({"a": [1, 2]}, "a value"), ({"a": [1, 2, np.nan]}, "known")],
)
def test_covariates_that_are_missing_are_refused(design, match):
    with pytest.raises(ValueError, match=match):
        propensity_logit([1, 0, 1], design)


def test_weights_make_the_controls_like_the_trial():
    """With one binary covariate ATT weights balance it exactly."""
    treated = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0])
    design = {"mrd": [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]}
    weights = att_weights(treated, propensity_logit(treated, design))
    (found,) = balance_table(treated, design, weights)
    assert (found.treated, found.control) == (0.75, pytest.approx(1 / 6))
    assert (found.treated_after, found.control_after) == (0.75, pytest.approx(0.75))
    # variances 0.25 and 1/6: (0.75 − 0.1667) / sqrt(0.20833)
    assert found.before == pytest.approx(1.2780, abs=5e-5)
    assert found.after == pytest.approx(0.0)


def test_a_covariate_that_varies_nowhere_has_no_difference():
    (found,) = balance_table([1, 1, 0, 0], {"a": [1, 1, 1, 1]}, np.ones(4))
    assert (found.before, found.after) == (None, None)
    with pytest.raises(ValueError, match="controls"):
        balance_table([1, 1, 0, 0], {"a": [1, 1, 1, 1]}, np.array([1.0, 1.0, 0.0, 0.0]))


# logits of the trial, of the controls → pairs (rows counted over both), caliper in standard deviations
MATCHES = [
    ([0.0], [1.0, 0.1, -0.2], 0.5, [(0, 2)]),
    ([0.0, 0.05], [0.1, 0.3, 5.0], 0.2, [(1, 2), (0, 3)]),  # the higher score chooses first
    ([0.1, 0.1], [0.1, 5.0], 0.1, [(0, 2)]),  # of equal ones the first row; nobody within reach of the second
    ([0.0, 1.0, 2.0], [1.9], 0.5, [(2, 3)]),  # one control is one
    ([0.0], [-0.5, 0.5], 2.0, [(0, 1)]),  # equally near: the first row
    ([0.0, 9.0], [1.0, 30.0], 0.01, []),
    ([], [1.0], 0.2, []),
    ([1.0], [], 0.2, []),
]


@pytest.mark.parametrize(("trial", "controls", "caliper", "pairs"), MATCHES)
def test_each_subject_is_matched_with_the_nearest_control_that_is_left(trial, controls, caliper, pairs):
    treated = [True] * len(trial) + [False] * len(controls)
    assert list(matched_pairs(treated, np.array(trial + controls), caliper)) == pairs


def test_no_match_is_wider_than_the_caliper_and_no_control_used_twice():
    _time, _status, treated, design = made_up()
    logit = propensity_logit(treated, design)
    pairs = matched_pairs(treated, logit)
    rows = [row for pair in pairs for row in pair]
    assert pairs
    assert len(rows) == len(set(rows))
    widest = 0.2 * pooled_deviation(logit, treated)
    assert all(treated[a] and not treated[b] and abs(logit[a] - logit[b]) <= widest for a, b in pairs)


def test_the_effective_number_is_that_of_equal_weights():
    assert effective_number(np.array([2.0, 2.0, 2.0])) == pytest.approx(3.0)
    assert effective_number(np.array([3.0, 1.0])) == pytest.approx(1.6)
    assert effective_number(np.array([])) == 0.0


@pytest.mark.parametrize("weight", [1.0, 0.37])
def test_equal_weights_give_the_curve_and_error_of_kaplan_and_meier(weight):
    time, status = [0, 5, 5, 5, 8, 9, 9, 12], [1, 1, 0, 1, 0, 1, 1, 1]
    ours, plain = weighted_kaplan_meier(time, status, [weight] * 8), kaplan_meier(time, status)
    assert ours.survival == pytest.approx(plain.survival)
    assert ours.survival[-1] == 0.0
    assert ours.se == pytest.approx(plain.se, nan_ok=True)
    assert ours.risk_table([5, 9]) == plain.risk_table([5, 9])
    mean, theirs = ours.restricted_mean(12), plain.restricted_mean(12)
    assert (mean.value, mean.se) == pytest.approx((theirs.value, theirs.se))


def test_a_subject_of_weight_2_counts_as_two_in_the_curve_but_not_in_its_error():
    """At day 3: 2 of 4 weights die. Xie and Liu: effective number 16/6, so variance 0.25 × 0.5 / (16/6 × 0.5)."""
    curve = weighted_kaplan_meier([3, 5, 7], [1, 0, 0], [2.0, 1.0, 1.0])
    at = curve.at(3)
    assert at.value == pytest.approx(0.5)
    assert at.se == pytest.approx((0.25 * 6 / 16) ** 0.5)
    assert kaplan_meier([3, 3, 5, 7], [1, 1, 0, 0]).at(3).se == pytest.approx(0.25)


def test_a_weighted_curve_without_subjects_estimates_nothing():
    assert weighted_kaplan_meier([], [], []).at(0).value is None


@pytest.mark.parametrize("weights", [[1.0, 0.0], [1.0, np.nan], [1.0, -1.0], [1.0]])
def test_weights_that_are_not_positive_are_refused(weights):
    with pytest.raises(ValueError, match="weight"):
        weighted_kaplan_meier([1, 2], [1, 1], weights)
    with pytest.raises(ValueError, match="weight"):
        weighted_cox([1, 2], [1, 1], {"a": [0, 1]}, weights)


def test_weights_of_1_give_the_hazard_ratio_of_efron():
    time, status, treated, design = made_up()
    columns = {"treated": treated.astype(float), "age": design["age"]}
    ours = weighted_cox(time, status, columns, np.ones(time.size))
    plain = cox(time, status, columns, ties=Ties.EFRON)
    assert [one.value for one in ours] == pytest.approx([one.value for one in plain], abs=1e-8)


def test_one_column_that_is_not_estimable_leaves_the_others():
    time, status, treated, _design = made_up()
    ghost = np.zeros(time.size)
    ghost[np.flatnonzero(status == 0)[:3]] = 1.0
    found = weighted_cox(time, status, {"ghost": ghost, "treated": treated}, np.ones(time.size))
    assert found[0] == Coefficient("ghost")
    rest = ghost == 0
    (alone,) = weighted_cox(time[rest], status[rest], {"treated": treated[rest]}, np.ones(rest.sum()))
    assert (found[1].value, found[1].se) == pytest.approx((alone.value, alone.se))


def test_weights_twice_as_large_tell_no_more():
    time, status = np.arange(1, 13), np.array([1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1])
    treated = np.array([0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1])
    (weighted,) = weighted_cox(time, status, {"treated": treated}, np.full(12, 2.0))
    (single,) = weighted_cox(time, status, {"treated": treated}, np.ones(12))
    assert (weighted.value, weighted.se) == pytest.approx((single.value, single.se))


def test_no_event_in_a_group_or_at_all_is_not_estimable():
    design = {"treated": [1.0, 1.0, 0.0, 0.0]}
    assert weighted_cox([1, 2, 3, 4], [0, 0, 1, 1], design, np.ones(4)) == (Coefficient("treated"),)
    assert weighted_cox([1, 2, 3, 4], [1, 1, 0, 0], design, np.ones(4)) == (Coefficient("treated"),)
    assert weighted_cox([1, 2, 3, 4], [0, 0, 0, 0], design, np.ones(4)) == (Coefficient("treated"),)
    assert weighted_cox([], [], {"treated": []}, []) == (Coefficient("treated"),)
    assert weighted_cox([1, 2], [1, 1], {"a": [2.0, 2.0]}, np.ones(2)) == (Coefficient("a"),)


@pytest.mark.parametrize("method", list(Method))
def test_a_comparison_undoes_the_choice_of_older_subjects(method):
    time, status, treated, design = made_up(2000)
    (crude,) = cox(time, status, {"treated": treated.astype(float)})
    found = compare_with_history(time, status, treated, design, method)
    assert crude.ratio > 0.6  # what age hides
    assert found.ratio.ratio == pytest.approx(0.5, abs=0.08)
    assert found.ratio.lower < 0.5 < found.ratio.upper
    assert all(abs(one.after) < min(0.15, abs(one.before)) for one in found.balance)
    assert abs(found.balance[0].before) > 0.5
    assert found.trial.at(500).value > found.controls.at(500).value
    assert found.effective_controls < (~treated).sum()


def test_matched_groups_are_of_one_size_and_the_rest_is_counted():
    time, status, treated, design = made_up(2000)
    found = compare_with_history(time, status, treated, design, Method.MATCHING)
    assert found.trial.n == found.controls.n == found.effective_controls
    assert found.trial.n + found.unmatched == treated.sum()
    weighed = compare_with_history(time, status, treated, design)
    assert (weighed.trial.n, weighed.controls.n, weighed.unmatched) == (treated.sum(), (~treated).sum(), 0)


def test_nobody_comparable_is_no_comparison():
    assert compare_with_history([1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 0, 0], {"a": [3, 4, 1, 2]}) is None

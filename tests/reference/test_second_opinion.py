"""Estimates against statsmodels on made-up data with many ties."""

import numpy as np
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from outcomes.domain.incidence import Variance, cumulative_incidence
from outcomes.domain.proportions import clopper_pearson, newcombe_difference, wilson
from outcomes.domain.survival import kaplan_meier

SEEDS = range(12)


def made_up(seed, causes):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 120))
    return rng.integers(1, 40, n), rng.integers(0, causes + 1, n)


@pytest.mark.parametrize("seed", SEEDS)
def test_survival_and_greenwood_error_agree_with_statsmodels(seed):
    time, status = made_up(seed, 1)
    theirs = SurvfuncRight(time, status)
    ours = kaplan_meier(time, status)
    estimates = ours.at_each(theirs.surv_times)
    assert [e.value for e in estimates] == pytest.approx(theirs.surv_prob, abs=1e-12)
    alive = theirs.surv_prob > 0
    assert [e.se for e, a in zip(estimates, alive, strict=True) if a] == pytest.approx(
        theirs.surv_prob_se[alive], abs=1e-12
    )
    assert [row.n_risk for row in ours.risk_table(theirs.surv_times)] == theirs.n_risk.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_incidence_and_delta_error_agree_with_statsmodels(seed):
    time, status = made_up(seed, 2)
    with np.errstate(divide="ignore", invalid="ignore"):  # theirs divides by zero once everybody had an event
        theirs = CumIncidenceRight(time, status)
    ours = cumulative_incidence(time, status, variance=Variance.DELTA)
    for cause in (1, 2):
        estimates = ours.cause(cause).at_each(theirs.times)
        assert [e.value for e in estimates] == pytest.approx(theirs.cinc[cause - 1], abs=1e-12)
        known = np.isfinite(theirs.cinc_se[cause - 1])
        assert known.sum() >= len(known) - 1
        assert np.array([e.se for e in estimates])[known] == pytest.approx(
            theirs.cinc_se[cause - 1][known], abs=1e-9
        )


@pytest.mark.parametrize(("responders", "n"), [(0, 12), (3, 17), (40, 45), (101, 101)])
def test_proportion_limits_agree_with_statsmodels(responders, n):
    exact, score = clopper_pearson(responders, n).estimate, wilson(responders, n).estimate
    assert (exact.lower, exact.upper) == pytest.approx(proportion_confint(responders, n, method="beta"))
    assert (score.lower, score.upper) == pytest.approx(
        proportion_confint(responders, n, method="wilson"), abs=1e-12
    )


def test_the_difference_of_proportions_agrees_with_statsmodels():
    ours = newcombe_difference((33, 35), (22, 35))
    theirs = confint_proportions_2indep(33, 35, 22, 35, method="newcomb")
    assert (ours.lower, ours.upper) == pytest.approx(theirs)

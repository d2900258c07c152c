"""Designs and tests of a single arm against published tables and R."""

import pytest

from outcomes.domain.bayes import (
    Beta,
    chance_to_stop,
    predictive_boundary,
    predictive_probability,
    responders_needed,
)
from outcomes.domain.exact_binomial import exact_test
from outcomes.domain.one_sample import (
    Exponential,
    PublishedCurve,
    against_expected,
    landmark_test,
    one_sample_log_rank,
    poisson_ratio,
)
from outcomes.domain.proportions import exact_lower, exact_upper
from outcomes.domain.survival import kaplan_meier
from outcomes.domain.two_stage import Aim, OneStage, TwoStage, one_stage_design, two_stage_designs

# Weeks of remission under 6-MP, Freireich EJ et al. Blood 1963;21:699–716; 1 relapse, 0 censored.
MERCAPTOPURINE = (
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)

# Simon R. Control Clin Trials 1989;10:1–10, tables 1 and 2, alpha 0.05, beta 0.20: p0, p1; r1/n1, r/n with the
# expected number of subjects and the chance of early termination at p0, of the optimal and of the minimax design.
SIMON = [
    (0.05, 0.25, "0/9 2/17", 12.0, 0.63, "0/12 2/16", 13.8, 0.54),
    (0.10, 0.30, "1/10 5/29", 15.0, 0.74, "1/15 5/25", 19.5, 0.55),
    (0.20, 0.40, "3/13 12/43", 20.6, 0.75, "4/18 10/33", 22.3, 0.72),
    (0.30, 0.50, "5/15 18/46", 23.6, 0.72, "6/19 16/39", 25.7, 0.67),
    (0.40, 0.60, "7/16 23/46", 24.5, 0.72, "17/34 20/39", 34.4, 0.91),
    (0.50, 0.70, "8/15 26/43", 23.5, 0.70, "12/23 23/37", 27.7, 0.66),
    (0.60, 0.80, "7/11 30/43", 20.5, 0.70, "8/13 25/35", 20.8, 0.65),
    (0.70, 0.90, "4/6 22/27", 14.8, 0.58, "19/23 21/26", 23.2, 0.95),
    (0.50, 0.65, "15/28 48/83", 43.7, 0.71, "39/66 40/68", 66.1, 0.95),
]


def design(text):
    return TwoStage(*(int(number) for stage in text.split() for number in stage.split("/")))


@pytest.mark.parametrize(("p0", "p1", "optimal", "en", "pet", "minimax", "en_minimax", "pet_minimax"), SIMON)
def test_the_search_finds_simons_designs(p0, p1, optimal, en, pet, minimax, en_minimax, pet_minimax):
    found = two_stage_designs(Aim(p0, p1))
    assert (found[0], found[-1]) == (design(minimax), design(optimal))
    for one, expected, early in ((found[-1], en, pet), (found[0], en_minimax, pet_minimax)):
        under_null = one.at(p0)
        assert under_null.expected_n == pytest.approx(expected, abs=0.051)
        assert under_null.stop_early == pytest.approx(early, abs=0.0051)
        assert under_null.reject <= 0.05
        assert one.at(p1).reject >= 0.80


def test_an_exact_test_of_20_subjects_rejects_at_15_responders():
    assert OneStage(14, 20).at(0.5).reject == pytest.approx(0.0207, abs=5e-5)
    assert OneStage(14, 20).at(0.8).reject == pytest.approx(0.804, abs=5e-4)


def test_the_smallest_exact_test_is_ahern_s():
    """A'Hern RP. Stat Med 2001;20:859–866: 24 of 37 for 50 % against 70 %."""
    assert one_stage_design(Aim(0.5, 0.7)) == OneStage(23, 37)


# R 4.2.2, binom.test(x, n, p): two-sided, greater, less. The first is Mendel's cross of Conover 1971, in R's help.
BINOMIAL = [
    (682, 925, 0.75, 0.382491559574852, 0.824089122352423, 0.196009267053883),
    (3, 20, 0.3, 0.220418267380709, 0.964516867701531, 0.107086804503731),
    (7, 20, 0.3, 0.629497966676677, 0.391990187799076, 0.772271797418161),
    (0, 12, 0.1, 0.623427284692, 1, 0.282429536481),
    (12, 12, 0.9, 0.623427284692, 0.282429536481, 1),
    (5, 10, 0.5, 1, 0.623046875, 0.623046875),
    (33, 35, 0.8, 0.033221706186043, 0.0190401120154281, 0.996044930127288),
    (17, 101, 0.25, 0.0653423575829021, 0.981396216904318, 0.0334973531821608),
]


@pytest.mark.parametrize(("responders", "n", "p0", "two_sided", "greater", "less"), BINOMIAL)
def test_the_exact_test_of_a_proportion_agrees_with_r(responders, n, p0, two_sided, greater, less):
    found = exact_test(responders, n, p0)
    assert (found.p_two_sided, found.p_greater, found.p_less) == pytest.approx(
        (two_sided, greater, less), rel=1e-10
    )


def test_one_sided_limits_of_a_proportion_agree_with_r():
    assert exact_lower(18, 20) == pytest.approx(0.717381475114139, rel=1e-12)
    assert exact_upper(2, 20, 0.90) == pytest.approx(0.244765317128612, rel=1e-12)


def test_the_predictive_probability_is_lee_and_lius():
    """Lee JJ, Liu DD. Clin Trials 2008;5:93–106, table 1: 16 of 23, 40 planned, p0 60 %, prior Beta(0.6, 0.4)."""
    prior = Beta(0.6, 0.4)
    assert prior.after(28, 40).above(0.6) == pytest.approx(0.9089, abs=5e-5)
    assert prior.after(27, 40).above(0.6) == pytest.approx(0.8415, abs=5e-5)
    needed = responders_needed(40, 0.6, 0.90, prior)
    assert needed == 28
    assert predictive_probability(16, 23, 40, needed, prior) == pytest.approx(0.5656, abs=5e-5)


def test_the_design_by_predictive_probability_is_lee_and_lius():
    """Ibid.: p0 20 %, p1 40 %, 36 planned, prior Beta(0.2, 0.8), stop below 0.001: alpha 0.088, power 0.906."""
    prior = Beta(0.2, 0.8)
    needed = responders_needed(36, 0.2, 0.90, prior)
    stop_at = predictive_boundary(range(10, 37), 36, needed, 0.001, prior)
    first = {one.count: one.n for one in reversed(stop_at)}
    published = "0/10 1/17 2/21 3/24 4/27 5/29 6/31 7/33 8/34 9/35 10/36"
    assert " ".join(f"{count}/{n}" for count, n in sorted(first.items())) == published
    by_look = chance_to_stop(0.2, lower=stop_at)
    assert 1 - by_look[-1] == pytest.approx(0.088, abs=5e-4)
    assert 1 - chance_to_stop(0.4, lower=stop_at)[-1] == pytest.approx(0.906, abs=5e-4)
    assert 10 + sum(1 - stopped for stopped in by_look[:-1]) == pytest.approx(27.67, abs=5e-3)


def test_the_one_sample_log_rank_test_agrees_with_r():
    """R 4.2.2, survival 3.5-3: survdiff(Surv(time, status) ~ offset(S)) under a median of 8 weeks."""
    found = one_sample_log_rank(*MERCAPTOPURINE, Exponential.of_landmark(8, 0.5))
    assert (found.observed, found.expected) == (9, pytest.approx(31.1049797276275))
    assert found.z**2 == pytest.approx(15.7090643696778)
    assert found.p_two_sided == pytest.approx(7.3869324375235e-05)
    assert found.p_fewer == pytest.approx(7.3869324375235e-05 / 2)


def test_deaths_of_the_iowa_patients_exceed_those_expected():
    """Klein JP, Moeschberger ML. Survival Analysis, example 7.1: 15 deaths, 4.4740 expected, chi-square 24.76."""
    found = against_expected(15, 4.4740)
    assert found.z**2 == pytest.approx(24.76, abs=0.01)
    assert found.p_fewer > 0.999


def test_a_published_curve_is_read_as_straight_log_survival_up_to_its_last_point():
    """Expected by R's approx() over −log S; the seven events up to week 20 count."""
    found = one_sample_log_rank(*MERCAPTOPURINE, PublishedCurve((5, 10, 20), (0.6, 0.45, 0.2)))
    assert (found.observed, found.expected) == (7, pytest.approx(24.2137936226592))


@pytest.mark.parametrize(
    ("observed", "lower", "upper"), [(0, 0, 3.689), (9, 4.115, 17.085), (15, 8.395, 24.740)]
)
def test_limits_of_a_poisson_count_are_garwoods(observed, lower, upper):
    """Garwood F. Biometrika 1936;28:437–442."""
    ratio = poisson_ratio(observed, 1.0)
    assert (ratio.lower, ratio.upper) == pytest.approx((lower, upper), abs=5e-4)


def test_the_one_sided_limit_at_a_landmark_is_the_end_of_the_90_percent_interval_of_r():
    curve = kaplan_meier(*MERCAPTOPURINE)
    found = landmark_test(curve, 20, 0.40)
    assert (found.survival, found.lower) == pytest.approx((0.627450980392157, 0.412612768005705))
    assert found.above is True
    assert landmark_test(curve, 20, 0.42).above is False

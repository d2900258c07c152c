"""Estimates against published numbers: the 6-MP trial, tied competing risks, exact binomial limits."""

import pytest

from outcomes.domain.incidence import cumulative_incidence
from outcomes.domain.proportions import clopper_pearson, newcombe_difference
from outcomes.domain.survival import kaplan_meier

# Freireich EJ et al. Blood 1963;21:699–716: weeks of remission, as in Kalbfleisch & Prentice and in Cox 1972.
MERCAPTOPURINE = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def weeks(line):
    """Times and statuses of a line in which + marks a censored time."""
    words = line.split()
    return [int(word.rstrip("+")) for word in words], [0 if word.endswith("+") else 1 for word in words]


@pytest.mark.parametrize(
    ("week", "survival"),
    [(6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)],
)
def test_remission_under_mercaptopurine_is_as_published(week, survival):
    assert kaplan_meier(*weeks(MERCAPTOPURINE)).at(week).value == pytest.approx(survival, abs=5e-4)


def test_log_log_limits_under_mercaptopurine_at_23_weeks_are_as_published():
    at_23 = kaplan_meier(*weeks(MERCAPTOPURINE)).at(23)
    assert (at_23.lower, at_23.upper) == (pytest.approx(0.188, abs=5e-4), pytest.approx(0.680, abs=5e-4))


def test_median_remission_is_23_weeks_under_mercaptopurine_and_8_under_placebo():
    assert kaplan_meier(*weeks(MERCAPTOPURINE)).median().value == 23
    assert kaplan_meier(*weeks(PLACEBO)).median().value == 8


def test_tied_competing_events_agree_with_cmprsk():
    risks = cumulative_incidence([5, 5, 5, 8, 9, 10], [1, 2, 1, 0, 1, 2])
    assert [e.value for e in risks.cause(1).at_each([5, 9])] == pytest.approx([0.3333, 0.5833], abs=5e-5)
    assert [e.value for e in risks.cause(2).at_each([5, 10])] == pytest.approx([0.1667, 0.4167], abs=5e-5)


@pytest.mark.parametrize(
    ("responders", "n", "lower", "upper"),
    [
        (0, 20, 0, 0.1684),
        (1, 20, 0.0013, 0.2487),
        (17, 20, 0.6211, 0.9679),
        (18, 20, 0.6830, 0.9877),
        (20, 20, 0.8316, 1),
        (33, 35, 0.8084, 0.9930),
        (40, 45, 0.7595, 0.9629),
        (95, 101, 0.8752, 0.9779),
    ],
)
def test_clopper_pearson_limits_are_exact(responders, n, lower, upper):
    estimate = clopper_pearson(responders, n).estimate
    assert estimate.value == responders / n
    assert estimate.lower == pytest.approx(lower, abs=5e-5)
    assert estimate.upper == pytest.approx(upper, abs=5e-5)


@pytest.mark.parametrize(
    ("first", "second", "lower", "upper"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_differences_are_newcombes_own_examples(first, second, lower, upper):
    """Newcombe RG. Stat Med 1998;17:873–890, table II, method 10."""
    estimate = newcombe_difference(first, second)
    assert estimate.lower == pytest.approx(lower, abs=5e-5)
    assert estimate.upper == pytest.approx(upper, abs=5e-5)

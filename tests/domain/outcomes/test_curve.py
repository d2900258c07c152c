"""What a chart of a curve is given to draw."""

import pytest

from outcomes.domain.curve import axis_ticks, days, incidence_curve, months, survival_curve
from outcomes.domain.incidence import cumulative_incidence
from outcomes.domain.survival import kaplan_meier


def test_months_are_30_4375_days():
    assert days(18) == 547.875
    assert days(24) == 730.5
    assert months(730.5) == 24.0


def test_a_curve_starts_at_one_and_steps_only_at_events():
    curve = survival_curve(kaplan_meier([30, 61, 61, 90], [1, 0, 1, 0]))
    assert [(step.day, step.value) for step in curve.steps] == [(0, 1.0), (30, 0.75), (61, 0.5)]
    assert curve.steps[0].lower is None
    assert curve.steps[1].lower < 0.75 < curve.steps[1].upper
    assert curve.steps[1].month == pytest.approx(30 / 30.4375)
    assert (curve.end_day, curve.n, curve.n_events) == (90, 4, 2)


def test_an_event_on_day_zero_is_the_first_step():
    curve = survival_curve(kaplan_meier([0, 50], [1, 0]))
    assert [(step.day, step.value) for step in curve.steps] == [(0, 0.5)]


def test_a_censor_mark_sits_on_the_curve_after_the_events_of_its_day():
    curve = survival_curve(kaplan_meier([30, 61, 61, 90, 90], [1, 0, 1, 0, 0]))
    assert [(mark.day, mark.n) for mark in curve.censored] == [(61, 1), (90, 2)]
    assert curve.censored[0].value == curve.steps[-1].value


def test_the_table_counts_those_at_risk_at_each_tick():
    curve = survival_curve(kaplan_meier([30, 61, 61, 90], [1, 0, 1, 0]), tick_months=(0, 1, 2, 3))
    assert [tick.at.n_risk for tick in curve.ticks] == [4, 3, 3, 0]
    assert [tick.at.n_event for tick in curve.ticks] == [0, 1, 1, 2]


def test_an_incidence_curve_rises_from_zero_at_events_of_its_cause():
    risks = cumulative_incidence([30, 60, 90, 90], [1, 2, 1, 0])
    curve = incidence_curve(risks.cause(1), risks.event_free)
    assert [(step.day, step.value) for step in curve.steps] == [(0, 0.0), (30, 0.25), (90, 0.5)]
    assert curve.n_events == 2


def test_a_curve_of_nobody_is_a_start_without_an_end():
    curve = survival_curve(kaplan_meier([], []))
    assert [step.value for step in curve.steps] == [1.0]
    assert (curve.n, curve.end_month, curve.censored) == (0, 0.0, ())


@pytest.mark.parametrize(
    ("end", "ticks"),
    [
        (0, (0, 1)),
        (8, (0, 1, 2, 3, 4, 5, 6, 7, 8)),
        (9, (0, 2, 4, 6, 8, 10)),
        (24, (0, 3, 6, 9, 12, 15, 18, 21, 24)),
    ],
)
def test_ticks_stay_few_and_reach_the_end(end, ticks):
    assert axis_ticks(end) == ticks

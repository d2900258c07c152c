"""Planned visits: targets, windows, repeats, what waits, and where a visit stands on a day."""

from datetime import date, timedelta
from typing import Any

import pytest

from assessments.domain.schedule import (
    PlannedVisit,
    Schedule,
    VisitState,
    WaitsFor,
    overdue,
    plan_visits,
    standing,
)
from trialsite.clinical.kleene import Truth
from trialsite.studies.domain.protocol import VisitPlan

C1D1 = date(2026, 3, 10)


def plan(key: str = "IND_D8", anchor: str = "c1d1", **more: object) -> VisitPlan:
    document: dict[str, object] = {"key": key, "name": {"en": key, "zh": key}, "anchor": anchor}
    document |= {"before_days": 2, "after_days": 5, "required": ["HEM"], "optional": ["ECG"]}
    return VisitPlan.of(document | {"offset_days": 7, "source": "assumption", "cite": "test"} | more)


def months(count: int, **more: object) -> VisitPlan:
    return plan("M", "hsct_d0", offset_days=None, offset_months=count, **more)


def schedule(
    *plans: VisitPlan, arm: str | None = None, applies: Truth = Truth.TRUE, **anchors: date | None
) -> Schedule:
    return plan_visits(plans, anchors, arm, lambda rule: applies)


def test_a_visit_is_its_anchor_plus_its_offset_with_a_window_around() -> None:
    (visit,) = schedule(plan(), c1d1=C1D1).planned
    assert (visit.target, visit.earliest, visit.latest) == (
        date(2026, 3, 17),
        date(2026, 3, 15),
        date(2026, 3, 22),
    )
    assert (visit.key, visit.repeat, visit.required_forms) == ("IND_D8", 1, ("HEM",))


@pytest.mark.parametrize(
    ("anchor", "count", "target"),
    [
        (date(2026, 8, 31), 18, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 1, 15), 12, date(2027, 1, 15)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
    ],
)
def test_months_are_calendar_months(anchor: date, count: int, target: date) -> None:
    assert schedule(months(count), hsct_d0=anchor).planned[0].target == target


def test_a_monthly_series_is_counted_from_the_anchor_so_that_month_ends_do_not_drift() -> None:
    series = schedule(months(1, repeat={"count": 3, "every_months": 1}), hsct_d0=date(2026, 1, 31)).planned
    assert [one.target for one in series] == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    assert [one.repeat for one in series] == [1, 2, 3]


def test_a_daily_series_steps_by_its_days() -> None:
    series = schedule(plan(repeat={"count": 3, "every_days": 7}), c1d1=C1D1)
    assert [(one.target - C1D1).days for one in series.planned] == [7, 14, 21]
    assert series.visit("IND_D8", 3) == series.planned[2]
    assert series.visit("IND_D8", 4) is None


@pytest.mark.parametrize("anchors", [{}, {"c1d1": None}])
def test_a_visit_without_its_anchor_waits_and_names_it(anchors: dict[str, Any]) -> None:
    found = schedule(plan(), **anchors)
    assert found.planned == ()
    assert [(one.key, one.anchor, one.waits_for) for one in found.waiting] == [
        ("IND_D8", "c1d1", WaitsFor.ANCHOR)
    ]


@pytest.mark.parametrize(
    ("arm", "planned"), [("A", True), ("B", False), (None, False)], ids=["own arm", "other arm", "before"]
)
def test_a_visit_of_an_arm_is_planned_in_that_arm_only(arm: str | None, planned: bool) -> None:
    assert bool(schedule(plan(arms=["A"]), arm=arm, c1d1=C1D1).planned) is planned


@pytest.mark.parametrize(
    ("truth", "planned", "waiting"), [(Truth.TRUE, 1, 0), (Truth.FALSE, 0, 0), (Truth.UNKNOWN, 0, 1)]
)
def test_a_rule_plans_a_visit_drops_it_or_lets_it_wait(truth: Truth, planned: int, waiting: int) -> None:
    found = schedule(plan(when={"fact": "x", "op": "=", "value": True}), applies=truth, c1d1=C1D1)
    assert (len(found.planned), len(found.waiting)) == (planned, waiting)


def test_a_rule_is_asked_only_where_the_protocol_has_one() -> None:
    assert len(schedule(plan(), applies=Truth.FALSE, c1d1=C1D1).planned) == 1


def test_follow_up_visits_before_the_end_of_treatment_are_not_created() -> None:
    series = months(0, only_after_treatment=True, repeat={"count": 4, "every_months": 3})
    d0 = date(2026, 1, 10)
    kept = schedule(series, hsct_d0=d0, last_dose=date(2026, 7, 10)).planned
    assert [(one.repeat, one.target) for one in kept] == [(3, date(2026, 7, 10)), (4, date(2026, 10, 10))]
    later = schedule(series, hsct_d0=d0, last_dose=date(2026, 7, 11)).planned
    assert [one.repeat for one in later] == [4]
    waiting = schedule(series, hsct_d0=d0).waiting
    assert [one.waits_for for one in waiting] == [WaitsFor.END_OF_TREATMENT]


@pytest.mark.parametrize(
    ("until", "targets"), [(None, [7, 14, 21]), (21, [7, 14]), (22, [7, 14, 21]), (7, [])]
)
def test_a_series_that_runs_until_an_anchor_stops_before_its_day(
    until: int | None, targets: list[int]
) -> None:
    series = plan(repeat={"count": 3, "every_days": 7}, until="conditioning")
    conditioning = None if until is None else C1D1 + timedelta(days=until)
    found = schedule(series, c1d1=C1D1, conditioning=conditioning)
    assert [(one.target - C1D1).days for one in found.planned] == targets


def test_visits_stand_in_order_of_their_targets() -> None:
    found = schedule(plan("B", offset_days=20), plan("A", offset_days=3), c1d1=C1D1)
    assert [one.key for one in found.planned] == ["A", "B"]


def visit() -> PlannedVisit:
    """Target 17 March, window 15 to 22 March."""
    return schedule(plan(), c1d1=C1D1).planned[0]


@pytest.mark.parametrize(
    ("today", "state", "days", "words"),
    [
        (10, VisitState.UPCOMING, 5, "Opens in 5 days."),
        (14, VisitState.UPCOMING, 1, "Opens in 1 day."),
        (15, VisitState.DUE, 7, "Due: 7 days left."),
        (22, VisitState.DUE, 0, "Due today."),
        (23, VisitState.LATE, 1, "1 day late."),
        (25, VisitState.LATE, 3, "3 days late."),
    ],
)
def test_where_an_open_visit_stands(today: int, state: VisitState, days: int, words: str) -> None:
    found = standing(visit(), None, date(2026, 3, today))
    assert (found.state, found.days, found.sentence.en) == (state, days, words)


@pytest.mark.parametrize(
    ("done", "state", "days"),
    [
        (14, VisitState.DONE_EARLY, 1),
        (15, VisitState.DONE, 0),
        (22, VisitState.DONE, 0),
        (23, VisitState.DONE_LATE, 1),
    ],
)
def test_a_visit_done_outside_its_window_says_by_how_many_days(
    done: int, state: VisitState, days: int
) -> None:
    found = standing(visit(), date(2026, 3, done), date(2026, 5, 1))
    assert (found.state, found.days) == (state, days)


def test_a_visit_recorded_as_not_done_is_missed_whatever_the_day() -> None:
    assert standing(visit(), None, date(2026, 3, 1), not_done=True).state is VisitState.MISSED


@pytest.mark.parametrize(("ended", "state"), [(16, VisitState.NOT_EXPECTED), (17, VisitState.LATE)])
def test_a_visit_is_not_expected_when_follow_up_ended_before_its_target(
    ended: int, state: VisitState
) -> None:
    found = standing(visit(), None, date(2026, 4, 1), ended_on=date(2026, 3, ended))
    assert found.state is state


def test_overdue_visits_are_those_past_their_window_and_not_done() -> None:
    found = schedule(plan("A", offset_days=3), plan("B", offset_days=7), plan("C", offset_days=90), c1d1=C1D1)
    after = date(2026, 3, 23)
    assert [one.key for one in overdue(found, {}, after)] == ["A", "B"]
    assert [one.key for one in overdue(found, {("A", 1): C1D1}, after)] == ["B"]
    assert [one.key for one in overdue(found, {}, after - timedelta(days=1))] == ["A"]

"""Planned starts of phases: what has not begun moves with every delay before it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.domain.treatment.test_path import ARM, DAY, phase
from treatment.domain.path import NextKind, NextStep, PhaseRun, may_follow, next_step, planned_runs
from treatment.domain.planned import (
    GraftPlan,
    PlannedStart,
    decision_day,
    earliest_start,
    expected_path,
    first_without_last_day,
    next_start,
    planned_starts,
)
from trialsite.clinical.text import Text

IND, CONS, OBS = ARM[1:]
FORBIDDEN = replace(phase("MAINT", "forbidden"), deviation="major")


def after(days: int) -> date:
    return DAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("rest", "end", "expected"),
    [(0, None, 7), (0, 5, 7), (0, 7, 7), (0, 9, 9), (7, None, 14), (7, 7, 14), (7, 10, 17), (7, -1, 7)],
)
def test_the_next_phase_is_planned_after_the_length_the_last_day_and_the_rest(
    rest: int, end: int | None, expected: int
) -> None:
    run = PhaseRun("IND", DAY, None if end is None else after(end))
    assert next_start(replace(IND, rest_days=rest), run) == after(expected)


def test_a_phase_of_open_length_plans_nothing() -> None:
    assert next_start(replace(IND, days=None), PhaseRun("IND", DAY)) is None
    assert earliest_start(replace(IND, days=None, rest_days=7), PhaseRun("IND", DAY)) is None


@pytest.mark.parametrize(("rest", "end", "earliest"), [(0, 7, None), (7, 7, 14), (7, None, 14), (7, 3, 10)])
def test_rest_counts_from_the_last_day(rest: int, end: int | None, earliest: int | None) -> None:
    run = PhaseRun("IND", DAY, None if end is None else after(end))
    expected = None if earliest is None else after(earliest)
    assert earliest_start(replace(IND, rest_days=rest), run) == expected


@pytest.mark.parametrize(("began", "late"), [(7, 0), (14, 7), (5, -2)])
def test_a_begun_phase_says_how_much_later_it_began(began: int, late: int) -> None:
    runs = [PhaseRun("IND", DAY), PhaseRun("CONS", after(began))]
    found = planned_starts(ARM, runs, ["OBS"], after(began))
    assert found["CONS", after(began)] == PlannedStart(after(7), late)
    assert found["OBS", None] == PlannedStart(after(began + 7))


@pytest.mark.parametrize(("today", "late", "later"), [(6, None, 14), (7, None, 14), (8, 1, 15), (17, 10, 24)])
def test_what_is_overdue_moves_what_comes_later(today: int, late: int | None, later: int) -> None:
    found = planned_starts(ARM, [PhaseRun("IND", DAY)], ["CONS", "OBS"], after(today))
    assert found["CONS", None] == PlannedStart(after(7), late)
    assert found["OBS", None].on == after(later)


def test_after_a_pre_phase_no_start_is_planned() -> None:
    runs = [PhaseRun("PRE", DAY), PhaseRun("IND", after(3))]
    assert planned_starts(ARM, runs, [], after(3)) == {}


def test_each_course_of_a_phase_has_its_own_plan_and_delay() -> None:
    runs = [PhaseRun("IND", DAY), PhaseRun("CONS", after(9)), PhaseRun("CONS", after(15), after(25))]
    found = planned_starts(ARM, runs, ["CONS", "OBS"], after(20))
    assert found == {
        ("CONS", after(9)): PlannedStart(after(7), 2),
        ("CONS", after(15)): PlannedStart(after(16), -1),
        ("CONS", None): PlannedStart(after(25)),
        ("OBS", None): PlannedStart(after(32)),
    }


def test_a_delay_is_told_against_the_plan_and_not_against_a_phase_that_the_protocol_forbids() -> None:
    runs = [PhaseRun("IND", DAY), PhaseRun("MAINT", after(8)), PhaseRun("CONS", after(30))]
    found = planned_starts((*ARM, FORBIDDEN), runs, [], after(30))
    assert found == {("CONS", after(30)): PlannedStart(after(7), 23)}


HSCT = phase("HSCT", "transplant")
TO_GRAFT = (IND, replace(HSCT, days=20), OBS)


@pytest.mark.parametrize(
    ("said", "planned"),
    [
        ([], PlannedStart(after(7), open=True)),
        ([(36, 40)], PlannedStart(after(7), open=True)),  # said once it had begun
        ([(35, 33)], PlannedStart(after(33), 2)),
        ([(1, 20), (9, 35)], PlannedStart(after(35), 0)),
        ([(1, 36)], PlannedStart(after(36), -1)),
    ],
)
def test_a_transplantation_is_late_only_against_the_day_that_the_donor_plans(
    said: list[tuple[int, int]], planned: PlannedStart
) -> None:
    grafts = [GraftPlan(after(day), after(on)) for day, on in said]
    runs = [PhaseRun("IND", DAY), PhaseRun("HSCT", after(35))]
    found = planned_starts(TO_GRAFT, runs, ["OBS"], after(40), grafts)
    assert found["HSCT", after(35)] == planned
    assert found["OBS", None] == PlannedStart(after(55))


@pytest.mark.parametrize(
    ("said", "today", "planned", "later"),
    [
        ([], 30, PlannedStart(after(7), open=True), 50),
        ([(2, 40)], 30, PlannedStart(after(40)), 60),
        ([(2, 40)], 41, PlannedStart(after(40), 1), 61),
    ],
)
def test_a_transplantation_to_come_is_overdue_only_against_the_day_that_the_donor_plans(
    said: list[tuple[int, int]], today: int, planned: PlannedStart, later: int
) -> None:
    grafts = [GraftPlan(after(day), after(on)) for day, on in said]
    found = planned_starts(TO_GRAFT, [PhaseRun("IND", DAY)], ["HSCT", "OBS"], after(today), grafts)
    assert found == {("HSCT", None): planned, ("OBS", None): PlannedStart(after(later))}


def test_a_second_transplantation_is_not_planned_by_the_donor_of_the_first() -> None:
    runs = [PhaseRun("IND", DAY), PhaseRun("HSCT", after(35))]
    grafts = [GraftPlan(after(2), after(35)), GraftPlan(after(90), after(120))]
    for known, planned in ((1, PlannedStart(after(55), open=True)), (2, PlannedStart(after(120)))):
        found = planned_starts(TO_GRAFT, runs, ["HSCT"], after(40), grafts[:known])
        assert found == {("HSCT", after(35)): PlannedStart(after(35), 0), ("HSCT", None): planned}


def test_before_the_first_phase_nothing_is_planned() -> None:
    assert planned_starts(ARM, [], ["IND", "CONS"], DAY) == {}


@pytest.mark.parametrize(
    ("begun", "following", "expected"),
    [
        ((), "IND", ("IND", "CONS", "OBS")),
        ((), "", ("IND", "CONS", "OBS")),
        (("IND",), "", ("CONS", "OBS")),
        (("IND",), "CONS", ("CONS", "OBS")),
        (("IND",), "OBS", ("OBS",)),
        (("CONS",), "CONS", ("CONS", "OBS")),
        (("IND", "MAINT"), "CONS", ("CONS", "OBS")),
    ],
)
def test_the_expected_path(begun: tuple[str, ...], following: str, expected: tuple[str, ...]) -> None:
    runs = [PhaseRun(key, after(n)) for n, key in enumerate(begun)]
    assert expected_path((*ARM, FORBIDDEN), runs, following) == expected


@pytest.mark.parametrize(
    ("last", "expected"),
    [("PRE", {"IND"}), ("IND", {"CONS"}), ("CONS", {"OBS"}), ("OBS", set())],
)
def test_what_may_follow_a_phase_by_any_branch(last: str, expected: set[str]) -> None:
    assert may_follow(ARM, last) == expected


def test_what_observation_leads_to_may_follow_what_leads_to_observation() -> None:
    ready = {"fact": "x", "op": "=", "value": True}
    wait, graft = phase("WAIT", "observation", ("HSCT", ready)), phase("HSCT", "transplant")
    assert may_follow((IND, CONS, wait, graft), "IND") == {"CONS"}
    assert may_follow((IND, CONS, wait, graft), "CONS") == {"WAIT", "HSCT"}


def test_a_forbidden_phase_is_no_step_of_the_path() -> None:
    phases = (*ARM, FORBIDDEN)
    runs = [PhaseRun("CONS", DAY), PhaseRun("MAINT", after(3))]
    assert planned_runs(phases, runs) == (runs[0],)
    assert next_step(phases, runs, {}).phase == next_step(phases, runs[:1], {}).phase == "OBS"


@pytest.mark.parametrize(
    ("days", "end", "kind", "due"),
    [
        (7, None, NextKind.CLEAR, 7),
        (7, None, NextKind.UNKNOWN, 7),
        (7, None, NextKind.NO_BRANCH, 7),
        (7, 3, NextKind.UNKNOWN, 3),
        (7, 9, NextKind.OFF_TREATMENT, 9),
        (7, 9, NextKind.AWAIT, None),
        (7, 9, NextKind.COMPLETE, None),
        (None, None, NextKind.CLEAR, 0),
        (None, None, NextKind.OFF_TREATMENT, 0),
        (None, None, NextKind.UNKNOWN, None),
        (None, None, NextKind.NO_BRANCH, None),
        (None, 9, NextKind.UNKNOWN, 9),
    ],
)
def test_what_follows_is_to_be_decided_when_the_phase_is_over(
    days: int | None, end: int | None, kind: NextKind, due: int | None
) -> None:
    run = PhaseRun("IND", DAY, None if end is None else after(end))
    found = decision_day(replace(IND, days=days), run, NextStep(kind, Text("", "")))
    assert found == (None if due is None else after(due))


def run(key: str, day: int, end: int | None = None, cycle: str = "form") -> PhaseRun:
    return PhaseRun(key, after(day), None if end is None else after(end), cycle)


@pytest.mark.parametrize(
    ("runs", "phase", "over"),
    [
        ([run("IND", 0)], "IND", 7),
        ([run("IND", 0, 6)], "", None),
        ([run("IND", 0), run("CONS", 9)], "IND", 7),
        ([run("IND", 0), run("CONS", 5)], "IND", 5),
        ([run("IND", 0, 6), run("CONS", 9), run("CONS", 16)], "CONS", 16),
        ([run("OBS", 0)], "", None),
        ([run("OPEN", 0)], "", None),
        ([run("OPEN", 0), run("CONS", 40)], "OPEN", 40),
        ([run("IND", 0, cycle="")], "", None),  # told by the form of a graft or of cells
        ([run("GONE", 0)], "", None),
    ],
)
def test_the_first_phase_whose_last_day_is_missing(
    runs: list[PhaseRun], phase: str, over: int | None
) -> None:
    found = first_without_last_day((*ARM, replace(CONS, key="OPEN", days=None)), runs)
    if over is None:
        assert found is None
        return
    assert found is not None
    assert (found[0].phase, found[1]) == (phase, after(over))

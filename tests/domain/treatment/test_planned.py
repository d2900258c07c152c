"""Planned starts of phases: what has not begun moves with every delay before it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.domain.treatment.test_path import ARM, DAY, phase
from treatment.domain.path import PhaseRun, may_follow, next_step, planned_runs
from treatment.domain.planned import earliest_start, expected_path, next_start, planned_starts

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
    assert (found["CONS"].on, found["CONS"].late) == (after(7), late)
    assert (found["OBS"].on, found["OBS"].late) == (after(began + 7), None)


@pytest.mark.parametrize(("today", "late", "later"), [(6, None, 14), (7, None, 14), (8, 1, 15), (17, 10, 24)])
def test_what_is_overdue_moves_what_comes_later(today: int, late: int | None, later: int) -> None:
    found = planned_starts(ARM, [PhaseRun("IND", DAY)], ["CONS", "OBS"], after(today))
    assert (found["CONS"].on, found["CONS"].late) == (after(7), late)
    assert found["OBS"].on == after(later)


def test_after_a_pre_phase_no_start_is_planned() -> None:
    runs = [PhaseRun("PRE", DAY), PhaseRun("IND", after(3))]
    assert "IND" not in planned_starts(ARM, runs, [], after(3))


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

"""The path through the phases of an arm: which state each is in, and what follows by the branches."""

from datetime import date, timedelta

import pytest

from treatment.domain.path import (
    NextKind,
    PathState,
    PhaseRun,
    first_day_of_treatment,
    next_step,
    path,
    with_begun,
)
from trialsite.clinical.facts import Fact
from trialsite.studies.domain.protocol import Phase


def phase(key: str, kind: str = "chemotherapy", *branches: tuple[str, dict], optional: bool = False) -> Phase:
    source = {"source": "assumption", "cite": "test"}
    text = {"en": key, "zh": key}
    lines = [{"when": when, "to": to, "text": {"en": f"to {to}", "zh": to}} | source for to, when in branches]
    return Phase.of(
        {"key": key, "name": text, "kind": kind, "regimen": None, "days": 7, "optional": optional}
        | {"starts": text, "branches": lines}
        | source
    )


def response(*codes: str) -> dict:
    return {"fact": "response", "op": "in", "value": list(codes)}


ARM = (
    phase("PRE", "pre-phase", optional=True),
    phase(
        "IND",
        "chemotherapy",
        ("AWAIT", response("MLFS")),
        ("OFF_TREATMENT", response("NR")),
        ("CONS", response("CR")),
    ),
    phase("CONS", "blinatumomab"),
    phase("OBS", "observation"),
)
DAY = date(2026, 1, 12)


@pytest.mark.parametrize(
    ("code", "kind", "to"),
    [
        ("CR", NextKind.CLEAR, "CONS"),
        ("MLFS", NextKind.AWAIT, ""),
        ("NR", NextKind.OFF_TREATMENT, ""),
        ("PR", NextKind.NO_BRANCH, ""),
        (None, NextKind.UNKNOWN, ""),
    ],
)
def test_the_first_true_branch_counts_and_an_unknown_one_stops(
    code: str | None, kind: NextKind, to: str
) -> None:
    facts = {"response": Fact(code) if code else Fact.missing()}
    found = next_step(ARM, [PhaseRun("IND", DAY)], facts)
    assert (found.kind, found.phase) == (kind, to)
    assert found.missing == (("response",) if code is None else ())


def test_before_the_first_phase_the_first_that_is_not_optional_follows() -> None:
    assert next_step(ARM, [], {}).phase == "IND"


def test_a_phase_without_branches_is_followed_by_the_next_of_the_arm() -> None:
    assert next_step(ARM, [PhaseRun("PRE", DAY)], {}).phase == "IND"


def test_observation_begins_by_itself_and_completes_the_path() -> None:
    found = next_step(ARM, [PhaseRun("CONS", DAY)], {})
    assert (found.kind, found.phase) == (NextKind.COMPLETE, "OBS")


def test_each_phase_shows_its_state() -> None:
    runs = [PhaseRun("IND", DAY)]
    steps = path(ARM, runs, next_step(ARM, runs, {"response": Fact("CR")}).phase)
    states = [PathState.SKIPPED, PathState.RUNNING, PathState.NEXT, PathState.NOT_STARTED]
    assert [one.state for one in steps] == states
    ended = path(ARM, [PhaseRun("IND", DAY, DAY)], "")
    assert ended[1].state is PathState.DONE


def courses(runs: list[PhaseRun], following: str) -> list[tuple[str, int, PathState, date | None]]:
    steps = path(ARM[1:], runs, following)
    return [(one.phase.key, one.course, one.state, one.run.start if one.run else None) for one in steps]


def test_each_course_of_a_phase_has_its_own_step() -> None:
    second = DAY + timedelta(days=7)
    runs = [PhaseRun("IND", second), PhaseRun("IND", DAY, DAY)]
    assert courses(runs, "CONS") == [
        ("IND", 1, PathState.DONE, DAY),
        ("IND", 2, PathState.RUNNING, second),
        ("CONS", 1, PathState.NEXT, None),
        ("OBS", 1, PathState.NOT_STARTED, None),
    ]


def test_a_phase_that_is_to_be_given_once_more_has_a_step_to_come() -> None:
    assert courses([PhaseRun("IND", DAY)], "IND")[:3] == [
        ("IND", 1, PathState.RUNNING, DAY),
        ("IND", 2, PathState.NEXT, None),
        ("CONS", 1, PathState.NOT_STARTED, None),
    ]


def test_nothing_follows_observation() -> None:
    runs = [PhaseRun("CONS", DAY), PhaseRun("OBS", DAY + timedelta(days=9))]
    found = next_step(ARM, runs, {})
    assert (found.kind, found.phase) == (NextKind.COMPLETE, "")


def test_of_two_phases_on_one_day_the_later_of_the_arm_is_the_current_one() -> None:
    runs = [PhaseRun("CONS", DAY), PhaseRun("IND", DAY)]
    assert next_step(ARM, runs, {}).phase == "OBS"


@pytest.mark.parametrize(("phases", "first"), [(["PRE"], None), (["OBS"], None), (["PRE", "IND"], DAY)])
def test_day_1_is_that_of_a_phase_that_treats(phases: list[str], first: date | None) -> None:
    assert first_day_of_treatment(ARM, [PhaseRun(key, DAY) for key in phases]) == first


GONE = {"MID": phase("MID")}
AFTER = (phase("IND"), phase("CONS"))


@pytest.mark.parametrize(
    ("begun", "keys"),
    [
        ([], ["IND", "CONS"]),
        (["IND"], ["IND", "CONS"]),
        (["IND", "MID"], ["IND", "MID", "CONS"]),
        (["MID"], ["MID", "IND", "CONS"]),
        (["IND", "CONS", "MID"], ["IND", "CONS", "MID"]),
        (["IND", "MID", "MID"], ["IND", "MID", "CONS"]),
    ],
)
def test_a_phase_that_began_stays_on_the_path_when_an_amendment_drops_it(
    begun: list[str], keys: list[str]
) -> None:
    found = with_begun(AFTER, begun, GONE if "MID" in begun else {})
    assert [one.key for one in found] == keys


def test_after_a_dropped_phase_comes_the_next_one_where_its_branches_lead_nowhere() -> None:
    gone = {"MID": phase("MID", "chemotherapy", ("ALSO_GONE", response("CR")))}
    phases = with_begun(AFTER, ["IND", "MID"], gone)
    found = next_step(phases, [PhaseRun("IND", DAY), PhaseRun("MID", DAY + timedelta(days=28))], {})
    assert (found.kind, found.phase) == (NextKind.CLEAR, "CONS")


def test_a_dropped_phase_keeps_the_branches_that_still_lead_somewhere() -> None:
    gone = {"MID": phase("MID", "chemotherapy", ("OFF_TREATMENT", response("NR")), ("CONS", response("CR")))}
    phases = with_begun(AFTER, ["MID"], gone)
    found = next_step(phases, [PhaseRun("MID", DAY)], {"response": Fact("NR")})
    assert found.kind == NextKind.OFF_TREATMENT

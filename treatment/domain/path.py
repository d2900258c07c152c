"""A subject's path through the phases of its arm, and what follows by the protocol's branches.

Branches are read from the top: the first whose rule is true counts; one whose rule is unknown stops the reading.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from trialsite.clinical.facts import Fact
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import Answer, evaluate, facts_named, parse_rule
from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import AWAIT, OFF_TREATMENT, Branch, Phase

OBSERVATION, PRE_PHASE, TRANSPLANT = "observation", "pre-phase", "transplant"
NOT_TREATMENT = frozenset({PRE_PHASE, OBSERVATION, TRANSPLANT})


@dataclass(frozen=True)
class PhaseRun:
    """A phase that began; `end` None while nobody recorded its last day. `cycle`: the record of its start."""

    phase: str
    start: date
    end: date | None = None
    cycle: str = ""


class NextKind(StrEnum):
    """What can be said about what follows."""

    CLEAR = "CLEAR"
    UNKNOWN = "UNKNOWN"
    AWAIT = "AWAIT"
    OFF_TREATMENT = "OFF_TREATMENT"
    COMPLETE = "COMPLETE"
    NO_BRANCH = "NO_BRANCH"


@dataclass(frozen=True)
class BranchAnswer:
    """A branch with how its rule came out."""

    branch: Branch
    answer: Answer


@dataclass(frozen=True)
class NextStep:
    """What follows: the phase (CLEAR, or the observation that COMPLETE begins), its words, or the facts that are
    missing; `read` is how it was found."""

    kind: NextKind
    text: Text
    phase: str = ""
    missing: tuple[str, ...] = ()
    read: tuple[BranchAnswer, ...] = ()


class PathState(StrEnum):
    """Where a phase of the path stands."""

    DONE = "done"
    RUNNING = "running"
    NEXT = "next"
    SKIPPED = "skipped"
    NOT_STARTED = "not_started"


@dataclass(frozen=True)
class PathStep:
    """One course of a phase with its state and when it ran; `run` is None of one that has not begun.

    course: 1 the first of its phase, 2 the second…"""

    phase: Phase
    state: PathState
    run: PhaseRun | None
    course: int = 1


def with_begun(phases: Sequence[Phase], begun: Sequence[str], gone: Mapping[str, Phase]) -> tuple[Phase, ...]:
    """The phases of an arm after an amendment: a phase that has begun stays on the path, also where it is gone.

    begun: the keys of the phases that began, the first first. gone: of those that the version no longer has, each as
    the version under which it began plans it. A gone phase stands behind the phase that began before it. Where one of
    its branches leads to a phase that is not on the path any more, the next phase of the path follows it."""
    path = list(phases)
    keys = {phase.key for phase in phases} | set(gone)
    before = ""
    for key in dict.fromkeys(begun):
        if key in gone:
            place = next((n for n, one in enumerate(path, start=1) if one.key == before), 0)
            path.insert(place, _with_ways_that_exist(gone[key], keys))
        before = key
    return tuple(path)


def _with_ways_that_exist(phase: Phase, keys: Collection[str]) -> Phase:
    ends = {*keys, OFF_TREATMENT, AWAIT}
    return phase if all(branch.to in ends for branch in phase.branches) else replace(phase, branches=())


def facts_of_branches(phases: Sequence[Phase]) -> set[str]:
    """The facts that the branches of these phases ask for."""
    return {
        name for phase in phases for branch in phase.branches for name in facts_named(parse_rule(branch.when))
    }


def current_run(phases: Sequence[Phase], runs: Sequence[PhaseRun]) -> PhaseRun | None:
    """The phase that began last; of two on one day the later in the arm's order. None before the first."""
    order = {phase.key: place for place, phase in enumerate(phases)}
    return max(runs, key=lambda run: (run.start, order.get(run.phase, -1)), default=None)


def planned_runs(phases: Sequence[Phase], runs: Sequence[PhaseRun]) -> tuple[PhaseRun, ...]:
    """The phases that began without those that the protocol forbids."""
    forbidden = {phase.key for phase in phases if phase.forbidden}
    return tuple(run for run in runs if run.phase not in forbidden)


def may_follow(phases: Sequence[Phase], last: str) -> frozenset[str]:
    """The phases that can follow the phase `last` of these by any branch of the protocol.

    From a phase without branches the next phases up to the first that is not optional; what observation leads to, as
    it begins by itself, follows at once."""
    keys = [phase.key for phase in phases]
    by_key = dict(zip(keys, phases, strict=True))
    if by_key[last].branches:
        found = {branch.to for branch in by_key[last].branches} & set(keys)
    else:
        rest = phases[keys.index(last) + 1 :]
        stop = next((n for n, one in enumerate(rest) if not one.optional), len(rest))
        found = {one.key for one in rest[: stop + 1]}
    for key in list(found):
        if by_key[key].kind == OBSERVATION:
            found |= {branch.to for branch in by_key[key].branches} & set(keys)
    return frozenset(found)


def next_step(phases: Sequence[Phase], runs: Sequence[PhaseRun], facts: Mapping[str, Fact]) -> NextStep:
    """What follows in an arm with these phases.

    Before any phase began it is the first that is not optional. A phase without branches is followed by the next
    one of the arm. Observation begins by itself, so that what follows it is read at once. A phase that the protocol
    forbids is no step of the path: what follows is read from the phase before it.
    """
    by_key = {phase.key: phase for phase in phases}
    last = current_run(phases, planned_runs(phases, runs))
    if last is None or last.phase not in by_key:
        first = next((phase for phase in phases if not phase.optional), None)
        found = _to(first) if first else NextStep(NextKind.NO_BRANCH, _NO_PHASE)
    else:
        found = _after(phases, by_key[last.phase], facts)
    passed = {run.phase for run in runs}
    while found.kind is NextKind.CLEAR and by_key[found.phase].kind == OBSERVATION:
        phase = by_key[found.phase]
        if phase.key in passed or not phase.branches:
            begins = "" if phase.key in passed else phase.key
            return NextStep(NextKind.COMPLETE, phase.starts, begins, read=found.read)
        passed.add(phase.key)
        found = _after(phases, phase, facts)
    return found


def path(phases: Sequence[Phase], runs: Sequence[PhaseRun], following: str) -> tuple[PathStep, ...]:
    """Every phase of the arm in order, each of its courses with its state: those that began by their day 1, then the
    one to come. `following` is the next phase, "" where that is no phase; one that began is then given once more."""
    last = current_run(phases, runs)
    begun = {run.phase for run in runs}
    furthest = max((place for place, phase in enumerate(phases) if phase.key in begun), default=-1)
    steps: list[PathStep] = []
    for place, phase in enumerate(phases):
        own = sorted((run for run in runs if run.phase == phase.key), key=lambda run: run.start)
        for course, run in enumerate(own, start=1):
            state = PathState.RUNNING if run is last and run.end is None else PathState.DONE
            steps.append(PathStep(phase, state, run, course))
        if phase.key == following:
            steps.append(PathStep(phase, PathState.NEXT, None, len(own) + 1))
        elif not own:
            state = PathState.SKIPPED if place < furthest else PathState.NOT_STARTED
            steps.append(PathStep(phase, state, None))
    return tuple(steps)


def first_day_of_treatment(phases: Sequence[Phase], runs: Sequence[PhaseRun]) -> date | None:
    """Day 1 of the first phase that treats: not the pre-phase, not observation, not transplantation."""
    treating = {phase.key for phase in phases if phase.kind not in NOT_TREATMENT}
    return min((run.start for run in runs if run.phase in treating), default=None)


def _after(phases: Sequence[Phase], phase: Phase, facts: Mapping[str, Fact]) -> NextStep:
    """The first branch of a phase that is true, or the unknown one that stops the reading."""
    if not phase.branches:
        return _following(phases, phase)
    read = []
    for branch in phase.branches:
        answer = evaluate(parse_rule(branch.when), facts)
        read.append(BranchAnswer(branch, answer))
        if answer.truth is Truth.UNKNOWN:
            return NextStep(NextKind.UNKNOWN, branch.text, missing=answer.missing, read=tuple(read))
        if answer.truth is Truth.TRUE:
            kind = {OFF_TREATMENT: NextKind.OFF_TREATMENT, AWAIT: NextKind.AWAIT}.get(
                branch.to, NextKind.CLEAR
            )
            to = branch.to if kind is NextKind.CLEAR else ""
            return NextStep(kind, branch.text, to, read=tuple(read))
    return NextStep(NextKind.NO_BRANCH, _NO_BRANCH, read=tuple(read))


def _following(phases: Sequence[Phase], phase: Phase) -> NextStep:
    keys = [one.key for one in phases]
    rest = phases[keys.index(phase.key) + 1 :]
    return _to(rest[0]) if rest else NextStep(NextKind.COMPLETE, phase.starts)


def _to(phase: Phase) -> NextStep:
    return NextStep(NextKind.CLEAR, phase.starts, phase.key)


_NO_PHASE = Text("No phase is planned for this arm.", "该组没有计划的阶段。")
_NO_BRANCH = Text(
    "No branch of the protocol fits: the investigator decides.", "方案没有适用的分支：由研究者决定。"
)

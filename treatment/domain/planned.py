"""When the phases of a path are planned to begin: what has not begun moves with every delay before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from trialsite.studies.domain.protocol import Phase

from .path import PRE_PHASE, PhaseRun, planned_runs


@dataclass(frozen=True)
class PlannedStart:
    """The planned day 1 of a phase. `late`: days by which it began later (negative: earlier), or by which a phase that
    has not begun is overdue; None where that cannot be said."""

    on: date
    late: int | None = None


def next_start(phase: Phase, run: PhaseRun) -> date | None:
    """The day on which the phase after this one is planned to begin.

    As many days after its day 1 as the phase lasts, but not before its last day; then the days of rest that the
    protocol asks for after it. None where its length is open."""
    if phase.days is None:
        return None
    planned = run.start + timedelta(days=phase.days)
    rest = timedelta(days=phase.rest_days)
    return planned + rest if run.end is None else max(planned, run.end + rest)


def earliest_start(phase: Phase, run: PhaseRun) -> date | None:
    """The first day on which another phase may begin: after the days of rest; None where none are asked for."""
    if not phase.rest_days or (run.end is None and phase.days is None):
        return None
    assert phase.days is not None or run.end is not None
    last = run.end or run.start + timedelta(days=phase.days or 0)
    return last + timedelta(days=phase.rest_days)


def planned_starts(
    phases: Sequence[Phase], runs: Sequence[PhaseRun], expected: Sequence[str], today: date
) -> Mapping[str, PlannedStart]:
    """The planned day 1 of each phase that has one.

    runs: the phases that began, by their start. expected: the phases to come, in their order (see `expected_path`).
    A phase that began has as its plan what the phase before it left; of the phases to come the first is planned from
    the phase that runs, and each later one from the day on which the one before it can begin: never before today."""
    by_key = {phase.key: phase for phase in phases}
    found: dict[str, PlannedStart] = {}
    known = [run for run in planned_runs(phases, runs) if run.phase in by_key]
    plan: date | None = None
    for run in known:
        if plan is not None:
            found[run.phase] = PlannedStart(plan, (run.start - plan).days)
        phase = by_key[run.phase]
        plan = None if phase.kind == PRE_PHASE else next_start(phase, run)
    for place, key in enumerate(expected):
        if plan is None:
            break
        begins = max(plan, today)
        overdue = (begins - plan).days
        found[key] = PlannedStart(plan, overdue if place == 0 and overdue else None)
        plan = next_start(by_key[key], PhaseRun(key, begins))
    return found


def expected_path(phases: Sequence[Phase], runs: Sequence[PhaseRun], following: str) -> tuple[str, ...]:
    """The phases that are to come as far as anybody can say: the next one, then those of the arm's order that are not
    optional (an assumption: of later branches nobody knows). `following`: the phase decided or proposed, "" where
    that is open: then the next one that is not optional."""
    keys = [phase.key for phase in phases]
    known = [run.phase for run in planned_runs(phases, runs) if run.phase in keys]
    furthest = max((keys.index(key) for key in known), default=-1)
    first = keys.index(following) if following in keys else None
    after = furthest if first is None else first
    rest = [one.key for one in phases[after + 1 :] if not one.optional and not one.forbidden]
    return tuple(key for key in ([following] if first is not None else []) + rest)

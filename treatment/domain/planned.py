"""When the phases of a path are planned to begin, and from when somebody has to decide what follows.

What has not begun moves with every delay before it. A transplantation begins once a donor is ready: only the form of
the donor plans its day; the phase before it gives the first day on which it may begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from trialsite.studies.domain.protocol import Phase

from .path import PRE_PHASE, TRANSPLANT, NextKind, NextStep, PhaseRun, planned_runs

SOON_DAYS = 3  # a phase stands in the inbox from so many days before it is planned (assumption)
WITHOUT_LAST_DAY = ("transplant", "cell-therapy", "observation")
Course = tuple[str, date | None]  # a phase, and day 1 of a course of it: None of the one to come


@dataclass(frozen=True)
class PlannedStart:
    """The planned day 1 of a course. `late`: days by which it began later (negative: earlier), or by which a phase that
    has not begun is overdue; None where that cannot be said. `open`: nobody planned a day; `on` is the first one on
    which it may begin."""

    on: date
    late: int | None = None
    open: bool = False


@dataclass(frozen=True)
class GraftPlan:
    """The first day of conditioning as planned on a form of the donor, and the day of that form."""

    said_on: date
    on: date


def due_until(today: date) -> date:
    """The last day of what is asked for today."""
    return today + timedelta(days=SOON_DAYS)


def planned_over(phase: Phase, run: PhaseRun) -> date | None:
    """The day on which a phase is planned to be over: the one after its last. None where its length is open."""
    return None if phase.days is None else run.start + timedelta(days=phase.days)


def decision_day(phase: Phase, run: PhaseRun, following: NextStep) -> date | None:
    """The day from which it is to be decided what follows a phase, whether or not the branches know.

    Its last day; while nobody recorded that, the day on which it is planned to be over. A phase of open length waits
    for a branch that holds, and then for nothing. None as long as nothing is to be decided: the protocol asks to wait,
    or no treatment follows."""
    if following.kind in (NextKind.AWAIT, NextKind.COMPLETE):
        return None
    if phase.days is None and run.end is None:
        return run.start if following.kind in (NextKind.CLEAR, NextKind.OFF_TREATMENT) else None
    return run.end or planned_over(phase, run)


def first_without_last_day(phases: Sequence[Phase], runs: Sequence[PhaseRun]) -> tuple[PhaseRun, date] | None:
    """The first phase whose last day nobody recorded, and the day on which it was over: as planned, or the one on which
    the next phase began. Phases that have no last day to record, or are of open length and run, are none.

    runs: by their start."""
    by_key = {phase.key: phase for phase in phases}
    for place, run in enumerate(runs):
        phase = by_key.get(run.phase)
        if run.end is not None or not run.cycle or phase is None or phase.kind in WITHOUT_LAST_DAY:
            continue
        days = [planned_over(phase, run), *(one.start for one in runs[place + 1 : place + 2])]
        if known := [day for day in days if day is not None]:
            return run, min(known)
    return None


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
    phases: Sequence[Phase],
    runs: Sequence[PhaseRun],
    expected: Sequence[str],
    today: date,
    grafts: Sequence[GraftPlan] = (),
) -> Mapping[Course, PlannedStart]:
    """The planned day 1 of each course that has one.

    runs: the phases that began, by their start. expected: the phases to come, in their order (see `expected_path`).
    grafts: by the day of their form. A phase that began has as its plan what the phase before it left, where a phase
    that the protocol forbids is none; of the phases to come the first is planned from the phase that runs, and each
    later one from the day on which the one before it can begin: never before today."""
    by_key = {phase.key: phase for phase in phases}
    found: dict[Course, PlannedStart] = {}
    known = [run for run in planned_runs(phases, runs) if run.phase in by_key]
    plan: date | None = None
    since = date.min
    for run in known:
        phase = by_key[run.phase]
        if phase.kind == TRANSPLANT:
            start = graft_start(plan, [one for one in grafts if since < one.said_on <= run.start])
            since = run.start
        else:
            start = PlannedStart(plan) if plan else None
        if start is not None:
            late = None if start.open else (run.start - start.on).days
            found[run.phase, run.start] = replace(start, late=late)
        plan = None if phase.kind == PRE_PHASE else next_start(phase, run)
    later = [one for one in grafts if since < one.said_on]
    for place, key in enumerate(expected):
        graft = by_key[key].kind == TRANSPLANT
        start = graft_start(plan, later) if graft else PlannedStart(plan) if plan else None
        if start is None:
            break
        begins = max(start.on, today)
        overdue = 0 if start.open or place else (begins - start.on).days
        found[key, None] = replace(start, late=overdue or None)
        plan = next_start(by_key[key], PhaseRun(key, begins))
    return found


def graft_start(earliest: date | None, plans: Sequence[GraftPlan]) -> PlannedStart | None:
    """The day that the last form of the donor plans; without one the first day after the phase before."""
    if plans:
        return PlannedStart(plans[-1].on)
    return PlannedStart(earliest, open=True) if earliest else None


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

"""Planned visits: target date and window of every visit of the protocol, from the anchors known so far.

Nothing here is stored: a planned visit is computed from the protocol and the anchors whenever it is asked
for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from trialsite.clinical.dates import add_months
from trialsite.clinical.kleene import Truth
from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import Repeat, VisitForm, VisitPlan
from trialsite.studies.domain.values import Rule

END_OF_TREATMENT = "last_dose"

Applies = Callable[[Rule], Truth]


@dataclass(frozen=True)
class PlannedVisit:
    """One visit with its target and window, both ends included. repeat: 1, 2, … of a series, 1 for a single
    visit. note: why it was added, of an unscheduled one."""

    key: str
    repeat: int
    name: Text
    target: date
    earliest: date
    latest: date
    anchor: str
    forms: tuple[VisitForm, ...]
    phase: str | None
    note: str = ""

    @property
    def required_forms(self) -> tuple[str, ...]:
        """The codes of the forms that the protocol requires here."""
        return tuple(one.form for one in self.forms if one.required)


class WaitsFor(StrEnum):
    """Why a visit has no date yet."""

    ANCHOR = "ANCHOR"
    RULE = "RULE"
    END_OF_TREATMENT = "END_OF_TREATMENT"


@dataclass(frozen=True)
class WaitingVisit:
    """A visit without a date: `anchor` has not happened, or it is not yet known whether its rule applies."""

    key: str
    name: Text
    anchor: str
    waits_for: WaitsFor
    sentence: Text


@dataclass(frozen=True)
class Schedule:
    """The visits that have dates, by target date, and those that wait."""

    planned: tuple[PlannedVisit, ...]
    waiting: tuple[WaitingVisit, ...]

    def visit(self, key: str, repeat: int = 1) -> PlannedVisit | None:
        """The planned visit with this key and repeat; None while it waits or when it does not exist."""
        return next((one for one in self.planned if (one.key, one.repeat) == (key, repeat)), None)

    def with_visits(self, others: Iterable[PlannedVisit]) -> Schedule:
        """The same with visits that no protocol plans."""
        return Schedule(tuple(sorted([*self.planned, *others], key=in_time)), self.waiting)


def in_time(visit: PlannedVisit) -> tuple[date, date, str, int]:
    """Visits by their target date."""
    return (visit.target, visit.earliest, visit.key, visit.repeat)


def plan_visits(
    plans: Iterable[VisitPlan],
    anchors: Mapping[str, date | None],
    arm: str | None,
    applies: Applies,
) -> Schedule:
    """The schedule of one subject.

    anchors: name → date, None or absent while it has not happened. arm: None before randomisation; a visit
    of named arms is then not planned. applies: answers a visit's `when` rule; FALSE drops the visit,
    UNKNOWN lets it wait. Visits for after treatment are dropped when their target is before the last dose,
    and wait while treatment goes on. Visits that run until an anchor are dropped from its day on. Months
    are calendar months (31 August + 6 months is 28 February)."""
    planned: list[PlannedVisit] = []
    waiting: list[WaitingVisit] = []
    for plan in plans:
        if plan.arms and arm not in plan.arms:
            continue
        needed = Truth.TRUE if plan.when is None else applies(plan.when)
        if needed is Truth.FALSE:
            continue
        wait = _wait(plan, anchors, needed)
        if wait is None:
            planned += _dated(plan, anchors)
        else:
            waiting.append(wait)
    planned.sort(key=in_time)
    return Schedule(tuple(planned), tuple(waiting))


def target_date(anchor: date, plan: VisitPlan, step: int) -> date:
    """The target of the step-th visit of a series (0 is the first): months counted from the anchor, then
    days.

    Each is counted from the anchor itself and not from the previous target, so that month ends do not drift.
    """
    repeat = plan.repeat or Repeat(1)
    months = (plan.offset_months or 0) + step * (repeat.every_months or 0)
    days = (plan.offset_days or 0) + step * (repeat.every_days or 0)
    return add_months(anchor, months) + timedelta(days=days)


def _wait(plan: VisitPlan, anchors: Mapping[str, date | None], needed: Truth) -> WaitingVisit | None:
    if needed is Truth.UNKNOWN:
        why = Text("It is not known yet whether this visit applies.", "尚不能确定是否需要此访视。")
        return WaitingVisit(plan.key, plan.name, plan.anchor, WaitsFor.RULE, why)
    if anchors.get(plan.anchor) is None:
        why = Text(f"Waits for {plan.anchor}.", f"等待{plan.anchor}的日期。")
        return WaitingVisit(plan.key, plan.name, plan.anchor, WaitsFor.ANCHOR, why)
    if plan.only_after_treatment and anchors.get(END_OF_TREATMENT) is None:
        why = Text("Starts after the end of treatment.", "治疗结束后开始。")
        return WaitingVisit(plan.key, plan.name, END_OF_TREATMENT, WaitsFor.END_OF_TREATMENT, why)
    return None


def _dated(plan: VisitPlan, anchors: Mapping[str, date | None]) -> list[PlannedVisit]:
    anchor = anchors[plan.anchor]
    assert anchor is not None
    last_dose = anchors.get(END_OF_TREATMENT)
    until = None if plan.until is None else anchors.get(plan.until)
    visits = []
    for step in range(plan.repeat.count if plan.repeat else 1):
        target = target_date(anchor, plan, step)
        if plan.only_after_treatment and last_dose is not None and target < last_dose:
            continue
        if until is not None and target >= until:
            continue
        visits.append(
            PlannedVisit(
                key=plan.key,
                repeat=step + 1,
                name=plan.name,
                target=target,
                earliest=target - timedelta(days=plan.before_days),
                latest=target + timedelta(days=plan.after_days),
                anchor=plan.anchor,
                forms=plan.forms,
                phase=plan.phase,
            )
        )
    return visits


class VisitState(StrEnum):
    """Where a planned visit stands on a day."""

    UPCOMING = "UPCOMING"
    DUE = "DUE"
    LATE = "LATE"
    DONE = "DONE"
    DONE_EARLY = "DONE_EARLY"
    DONE_LATE = "DONE_LATE"
    MISSED = "MISSED"
    NOT_EXPECTED = "NOT_EXPECTED"


@dataclass(frozen=True)
class VisitStanding:
    """The state with its number of days (never negative).

    UPCOMING: days until the window opens. DUE: days left, 0 on the last day. LATE: days since the window
    closed. DONE_EARLY and DONE_LATE: days outside the window. Otherwise 0."""

    state: VisitState
    days: int
    sentence: Text


def standing(
    visit: PlannedVisit,
    done_on: date | None,
    today: date,
    *,
    not_done: bool = False,
    ended_on: date | None = None,
) -> VisitStanding:
    """Where a visit stands today (the site's day).

    not_done: recorded as missed. ended_on: death or withdrawal from follow-up; a visit not done whose
    target lies beyond it is not expected any more."""
    if done_on is not None:
        return _done(visit, done_on)
    if not_done:
        return VisitStanding(VisitState.MISSED, 0, Text("Recorded as not done.", "已记录为未做。"))
    if ended_on is not None and visit.target > ended_on:
        ended = Text("Not expected: follow-up has ended.", "随访已结束，不再需要。")
        return VisitStanding(VisitState.NOT_EXPECTED, 0, ended)
    if today < visit.earliest:
        days = (visit.earliest - today).days
        return VisitStanding(VisitState.UPCOMING, days, Text(f"Opens in {_days(days)}.", f"{days}天后开始。"))
    if today <= visit.latest:
        days = (visit.latest - today).days
        left = (
            Text(f"Due: {_days(days)} left.", f"应做：还剩{days}天。")
            if days
            else Text("Due today.", "今天应做。")
        )
        return VisitStanding(VisitState.DUE, days, left)
    days = (today - visit.latest).days
    return VisitStanding(
        VisitState.LATE, days, Text(f"{_days(days)} late.".capitalize(), f"已超窗{days}天。")
    )


def overdue(schedule: Schedule, done: Mapping[tuple[str, int], date], today: date) -> Sequence[PlannedVisit]:
    """The visits whose window has closed without a visit, oldest first; done: (key, repeat) → day."""
    late = [one for one in schedule.planned if today > one.latest and (one.key, one.repeat) not in done]
    return sorted(late, key=lambda one: one.latest)


def _done(visit: PlannedVisit, done_on: date) -> VisitStanding:
    if done_on < visit.earliest:
        days = (visit.earliest - done_on).days
        return VisitStanding(
            VisitState.DONE_EARLY, days, Text(f"Done {_days(days)} early.", f"提前{days}天完成。")
        )
    if done_on > visit.latest:
        days = (done_on - visit.latest).days
        return VisitStanding(
            VisitState.DONE_LATE, days, Text(f"Done {_days(days)} late.", f"延后{days}天完成。")
        )
    return VisitStanding(VisitState.DONE, 0, Text("Done in the window.", "在窗口期内完成。"))


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"

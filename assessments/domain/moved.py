"""What differs between two schedules of a subject: before and after an anchor moved, or under another version.

One rule for both: a correction of day 1 shows the same list as the dry run of an amendment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from .schedule import PlannedVisit, Schedule, WaitingVisit

VisitKey = tuple[str, int]
Visit = PlannedVisit | WaitingVisit


@dataclass(frozen=True)
class Moved:
    """One visit that differs. was, now: None where the visit does not exist; a WaitingVisit where it has no date."""

    place: VisitKey
    was: Visit | None
    now: Visit | None

    @property
    def dates_differ(self) -> bool:
        """Whether it comes, goes, or has another target, window or anchor to wait for."""
        return placed(self.was) != placed(self.now)

    @property
    def days(self) -> timedelta | None:
        """By how much the target moved; None where it had or has none."""
        if isinstance(self.was, PlannedVisit) and isinstance(self.now, PlannedVisit):
            return self.now.target - self.was.target
        return None


def moved(before: Schedule, after: Schedule, kept: Collection[VisitKey] = ()) -> tuple[Moved, ...]:
    """The visits that differ, in the order of the later schedule, then those that went.

    kept: visits that have begun or are recorded as not done: what was done keeps the day on which it was done, so they
    are left out. Visits that are the same in both are left out too."""
    old, new = by_place(before), by_place(after)
    found = []
    for place in dict.fromkeys([*new, *old]):
        one = Moved(place, old.get(place), new.get(place))
        if place not in kept and (one.dates_differ or forms_of(one.was) != forms_of(one.now)):
            found.append(one)
    return tuple(found)


def by_place(schedule: Schedule) -> dict[VisitKey, Visit]:
    found: dict[VisitKey, Visit] = {(one.key, one.repeat): one for one in schedule.planned}
    return found | {(one.key, 1): one for one in schedule.waiting}


def placed(visit: Visit | None) -> tuple[object, ...] | None:
    """Where a visit stands in time: its target and window, or what it waits for."""
    if visit is None:
        return None
    if isinstance(visit, WaitingVisit):
        return (visit.waits_for, visit.anchor)
    return (visit.target, visit.earliest, visit.latest)


def forms_of(visit: Visit | None) -> frozenset[str]:
    return frozenset(one.form for one in visit.forms) if isinstance(visit, PlannedVisit) else frozenset()

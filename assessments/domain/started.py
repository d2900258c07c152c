"""What an amendment leaves alone: a visit that has begun stays as the version plans it under which it began."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from .schedule import PlannedVisit, Schedule, WaitingVisit, in_time

VisitKey = tuple[str, int]


def keep_started(
    now: Schedule, begun: Mapping[VisitKey, Schedule], gone_forms: Collection[str] = ()
) -> Schedule:
    """The schedule of a subject who came to another version with some visits begun.

    now: the schedule by the version the subject follows. begun: (key, repeat) of each visit that began under another
    version (something was recorded of it, or that it was not done) → the schedule by that version. gone_forms: the
    forms that the version now no longer has; nobody is asked for them, not even at a visit that has begun.

    A visit that has begun keeps target, window and forms, also where the version now plans it otherwise or not at
    all; every other visit is as the version now plans it. A begun visit that its own version does not date (an
    unplanned one, or one whose anchor was corrected away) is left as it is now.
    """
    kept = [visit for place, then in begun.items() if (visit := _of(then, place)) is not None]
    places = {(visit.key, visit.repeat) for visit in kept}
    planned = [one for one in now.planned if (one.key, one.repeat) not in places]
    planned += [_without(visit, gone_forms) for visit in kept]
    planned.sort(key=in_time)
    waiting = [one for one in now.waiting if (one.key, 1) not in places]
    return Schedule(tuple(planned), tuple(waiting + _waiting(now, begun, places)))


def _of(schedule: Schedule, place: VisitKey) -> PlannedVisit | None:
    return schedule.visit(*place)


def _without(visit: PlannedVisit, gone: Collection[str]) -> PlannedVisit:
    return replace(visit, forms=tuple(one for one in visit.forms if one.form not in gone))


def _waiting(
    now: Schedule, begun: Mapping[VisitKey, Schedule], dated: Collection[VisitKey]
) -> list[WaitingVisit]:
    """Visits that began before their own date was known and that the version now does not plan."""
    known = {one.key for one in now.waiting} | {one.key for one in now.planned}
    return [
        one
        for (key, repeat), then in begun.items()
        if (key, repeat) not in dated and key not in known
        for one in then.waiting
        if one.key == key and repeat == 1
    ]

"""Planned visits that never took place, and why: cells that were not made, subjects unwell, away or lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from assessments.models import PlannedVisit
from assessments.visits.standing import needless
from trialsite.casebook.models import MissedReason

from .draws import Draw
from .story import Course

SETTLED_DAYS = (7, 90)  # how long after its window a missed visit stays in the inbox
EVERYDAY = {
    (MissedReason.UNWELL, ""): 26.0,
    (MissedReason.UNWELL, "fever, seen in the emergency department"): 12.0,
    (MissedReason.DECLINED, ""): 18.0,
    (MissedReason.DECLINED, "family event, offered another day in vain"): 8.0,
    (MissedReason.UNREACHABLE, "three telephone calls"): 16.0,
    (MissedReason.SITE, "no bed on the ward"): 10.0,
    (MissedReason.SITE, "public holiday"): 6.0,
    (MissedReason.OTHER, "seen at the local hospital, no report sent"): 4.0,
}


@dataclass(frozen=True)
class MissedVisit:
    """A planned visit that was not done."""

    visit: str
    repeat: int
    reason: MissedReason
    text: str


def missed_visits(
    draw: Draw, course: Course, planned: Iterable[PlannedVisit], today: date
) -> Iterator[MissedVisit]:
    """The visits that the coordinator has recorded as not done by today; the latest are still in the inbox.

    planned: the subject's visits as derived from what is recorded. Visits that wait for cells which will never come
    are recorded with the first of them.
    """
    no_cells = False
    for visit in planned:
        patience = draw.whole(*SETTLED_DAYS)
        reason, text = why(draw, course, visit)
        if visit.done_on is not None or needless(visit):
            continue
        if visit.latest is None:
            if no_cells and visit.phase == "CAR_T":
                yield MissedVisit(visit.key, visit.repeat, MissedReason.NOT_APPLICABLE, "")
        elif (today - visit.latest).days > patience:
            no_cells = no_cells or visit.key == "CAR_APH"
            yield MissedVisit(visit.key, visit.repeat, reason, text)


def why(draw: Draw, course: Course, visit: PlannedVisit) -> tuple[MissedReason, str]:
    """What kept the subject from a visit: what ended its course first, otherwise one of the everyday reasons."""
    everyday = draw.weighted(EVERYDAY)
    on, ending = visit.target, course.ending
    if on is None or not treated(course, visit.phase, on):
        return MissedReason.NOT_APPLICABLE, ""
    if ending.withdrawn_on and on >= ending.withdrawn_on:
        return MissedReason.DECLINED, "consent to follow-up withdrawn"
    if ending.lost_on and on >= ending.lost_on:
        return MissedReason.UNREACHABLE, ""
    if ending.relapse_on and on >= ending.relapse_on:
        return MissedReason.OTHER, "after relapse: survival contacts only"
    return everyday


def treated(course: Course, phase: str, on: date) -> bool:
    """Whether the phase of a visit was given, and had not ended early by that day. Follow-up needs none."""
    if phase in ("", "OBSERVATION"):
        return True
    span = course.span(phase)
    return span is not None and (span.end_reason == "COMPLETED" or on <= span.end)

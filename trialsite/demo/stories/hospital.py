"""Stays in hospital and the reports of serious adverse events, as a course makes them necessary.

What differs from event to event follows from its day: no chance is drawn, so that the rest of a story stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from assessments.domain.sae import Criterion

from .story import LOG, Course, Entry, Event

SITE_CLOCK = ZoneInfo("Asia/Shanghai")
REPORTED_AFTER_DAYS = 3  # of what happened later than that the report is still to be written
SEEN_TO_BE_LATE_DAYS = 6
BLINATUMOMAB_DAYS, TRANSPLANT_DAYS = 10, 35
COURSE_OF = {
    "Febrile neutropenia": "Fever above 38.5 °C in neutropenia, blood cultures taken, no focus found at first.",
    "Lung infection": "Cough and fever; CT shows new consolidation of the right lower lobe.",
    "Cytokine release syndrome": "Fever and hypotension within days of the infusion; infusion interrupted.",
}


def hospital_entries(course: Course, events: Sequence[Event], until: date) -> Iterator[Entry]:
    """The stays that have begun, and a report for each serious event that is some days old; events by number from 1."""
    yield from planned_stays(course, until)
    for number, event in enumerate(events, start=1):
        if not event.serious or event.onset > until - timedelta(days=REPORTED_AFTER_DAYS):
            continue
        admitted = comes_from_home(course, event)
        if admitted:
            yield stay_for(event, number, until)
        yield report_of(event, number, admitted, until)


def planned_stays(course: Course, until: date) -> Iterator[Entry]:
    """The first days of blinatumomab, and transplantation; some of the latter last longer than planned."""
    first = next((span for span in course.spans if "BLINA" in (span.regimen or "")), None)
    if first is not None and first.start <= until:
        yield stay(first.start, "BLINATUMOMAB", BLINATUMOMAB_DAYS, BLINATUMOMAB_DAYS, until)
    if course.graft and course.graft.conditioning_on <= until:
        day = course.graft.conditioning_on
        yield stay(
            day, "HSCT", TRANSPLANT_DAYS, TRANSPLANT_DAYS + (6 if day.toordinal() % 4 == 0 else -2), until
        )


def stay(on: date, reason: str, planned_days: int, days: int, until: date) -> Entry:
    left = on + timedelta(days=days)
    values: dict[str, Any] = {
        "ward": "Haematology",
        "reason": reason,
        "planned": True,
        "planned_days": planned_days,
        "left_on": left if left <= until else None,
    }
    return Entry(LOG, "ADM", on, values)


def comes_from_home(course: Course, event: Event) -> bool:
    """Whether the event brought the subject to hospital: nobody is planned to be in, and it is one of several."""
    graft = course.graft.conditioning_on if course.graft else None
    inside = graft is not None and graft <= event.onset <= graft + timedelta(days=TRANSPLANT_DAYS + 6)
    first = next((span.start for span in course.spans if "BLINA" in (span.regimen or "")), None)
    begun = first is not None and first <= event.onset <= first + timedelta(days=BLINATUMOMAB_DAYS)
    return not inside and not begun and event.onset.toordinal() % 2 == 0


def stay_for(event: Event, number: int, until: date) -> Entry:
    """An admission that nobody had planned."""
    left = event.stop
    values: dict[str, Any] = {
        "ward": "Haematology",
        "reason": "ADVERSE_EVENT",
        "planned": False,
        "left_on": left if left and left <= until else None,
        "event": number,
    }
    return Entry(LOG, "ADM", event.onset, values)


def report_of(event: Event, number: int, admitted: bool, until: date) -> Entry:
    """The initial report: known on the day, sent within hours, a few of them too late."""
    met = {Criterion.HOSPITALISATION} if admitted else {Criterion.IMPORTANT}
    if event.grade == 4:
        met |= {Criterion.LIFE_THREATENING}
    known = datetime.combine(event.onset, time(10, 20), tzinfo=SITE_CLOCK)
    old = event.onset <= until - timedelta(days=SEEN_TO_BE_LATE_DAYS)
    sent = known + timedelta(hours=31 if old and event.onset.toordinal() % 9 == 0 else 5)
    values: dict[str, Any] = {
        "event": number,
        "report_kind": "INITIAL",
        **{one.value: one in met for one in Criterion},
        "site_aware_at": known,
        "sponsor_told_at": sent,
        "ethics_told_at": sent + timedelta(hours=1) if event.grade == 4 else None,
        "narrative": COURSE_OF.get(
            event.term, f"{event.term}, grade {event.grade}, under protocol treatment."
        ),
        "treatment": "Antibiotics and supportive care."
        if event.special == "INFECTION"
        else "Supportive care.",
        "outcome": "NOT_RECOVERED",
        "reporter": "Ward physician, haematology",
    }
    return Entry(LOG, "SAE", event.onset, values, investigator=True)

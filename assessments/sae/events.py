"""What SAE reports and stays read of adverse events: everything they know of that form stands here."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.selectors import current_records

from ..domain.admissions import Onset
from ..models import AdverseEvent

AGENTS = ("chemo", "blinatumomab", "venetoclax", "car_t", "hsct")
CAUSE_ITEMS = tuple(f"cause_{agent}" for agent in AGENTS)


def events_of(subject_ids: Iterable[UUID]) -> dict[UUID, dict[int, AdverseEvent]]:
    """Subject → number in the log → the adverse event that stands there; one query."""
    found: dict[UUID, dict[int, AdverseEvent]] = {}
    for event in current_records(AdverseEvent, subject_ids).filter(visit__key=LOG):
        found.setdefault(event.subject_id, {})[event.form_repeat] = event
    return found


def event_choices(subject: Subject) -> list[tuple[int, str]]:
    """The adverse events of a subject as choices, the latest onset first."""
    events = events_of([subject.pk]).get(subject.pk, {})
    ordered = sorted(
        events.items(), key=lambda one: (one[1].performed_on is None, one[1].performed_on, one[0])
    )
    return [(number, named(number, event)) for number, event in reversed(ordered)]


def named(number: int, event: AdverseEvent | None) -> str:
    """An adverse event in one line: its number, term, onset and grade."""
    if event is None:
        return f"{number}"
    parts = [f"{number}. {event.words}", str(event.onset or ""), f"G{event.grade}" if event.grade else ""]
    return " · ".join(part for part in parts if part)


def causality(record: Any) -> Mapping[str, str]:
    """Treatment → code of causality, as an adverse event or an assessment of the sponsor says; {} without either."""
    return {item: getattr(record, item) for item in CAUSE_ITEMS} if record is not None else {}


def onsets(events: Mapping[int, AdverseEvent]) -> list[Onset]:
    """The onsets that stays in hospital are compared with."""
    return [
        Onset(number, event.onset.earliest, event.onset.latest)
        for number, event in events.items()
        if event.onset is not None
    ]

"""The adverse events of a subject as a table: grades over the days as a strip, cause, outcome; filters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import current_records
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.clinical.kleene import Truth
from trialsite.listing import listed
from trialsite.studies.words import AGENTS

from ..domain.ae_window import Window, began_inside
from ..domain.grade_track import Step
from ..models.safety import AdverseEvent, Causality
from .tracks import steps_of
from .windows import window_of

WIDTH = 200  # of a strip, in its own units
NARROWEST = 3
SUSPECTED = (Causality.RELATED, Causality.POSSIBLE)


@dataclass(frozen=True)
class Band:
    """A stretch of one grade on the strip, with its words."""

    x: str
    width: str
    grade: int
    words: str


@dataclass(frozen=True)
class EventLine:
    """One event of the list."""

    record: AdverseEvent
    url: str
    track: str
    bands: Sequence[Band]
    cause: str
    inside: Truth


def event_lines(subject: Subject, chosen: Mapping[str, str] | None = None) -> list[EventLine]:
    """The events, latest onset first. chosen: filters "grade" (the lowest), "serious", "special", "ongoing" ("yes")."""
    records = list(
        current_records(AdverseEvent, [subject.pk])
        .select_related("visit")
        .prefetch_related("track")
        .order_by("-onset_earliest", "-pk")
    )
    today, span = site_today(subject), window_of(subject)
    days = [one.onset.earliest for one in records if one.onset]
    axis = (min(days), max(today, *days)) if days else (today, today)
    return [event_line(one, axis, today, span) for one in records if wanted(one, chosen or {})]


def wanted(record: AdverseEvent, chosen: Mapping[str, str]) -> bool:
    lowest = chosen.get("grade", "")
    if lowest.isdigit() and (record.grade or 0) < int(lowest):
        return False
    if chosen.get("serious") and not record.serious:
        return False
    if chosen.get("special") and not record.special_interest:
        return False
    return not chosen.get("ongoing") or record.stop is None


def event_line(record: AdverseEvent, axis: tuple[date, date], today: date, span: Window) -> EventLine:
    steps = steps_of(record)
    grades = " → ".join(str(step.grade) for step in steps if step.grade)
    return EventLine(
        record,
        Slot.of_record(record).url(),
        grades or "—",
        list(bands(steps, record, axis, today)),
        cause_words(record),
        began_inside(record.onset, span),
    )


def bands(
    steps: Sequence[Step], record: AdverseEvent, axis: tuple[date, date], today: date
) -> Iterator[Band]:
    """The grades as stretches between the first and the last day of the list; a partial day counts from its first."""
    first, last = axis
    length = max((last - first).days + 1, 1)
    over = record.stop.latest if record.stop else today
    for place, step in enumerate(steps):
        if step.since is None or step.grade is None:
            continue
        begin = max(step.since.earliest, first)
        following = steps[place + 1].since if place + 1 < len(steps) else None
        end = following.earliest if following else over
        days = max((end - begin).days + (0 if following else 1), 1)
        x = Decimal(WIDTH) * (begin - first).days / length
        width = max(Decimal(WIDTH) * days / length, Decimal(NARROWEST))
        words = _("grade %(grade)s from %(day)s") % {"grade": step.grade, "day": step.since}
        yield Band(f"{min(x, Decimal(WIDTH - NARROWEST)):.1f}", f"{width:.1f}", step.grade, words)


def cause_words(record: AdverseEvent) -> str:
    """The agents that are suspected; "not related" where all were judged and none is; a dash while none was judged."""
    judged = {agent: getattr(record, f"cause_{agent}") for agent in AGENTS}
    suspected = [str(AGENTS[agent]) for agent, said in judged.items() if said in SUSPECTED]
    if suspected:
        return listed(suspected)
    return (
        _("none suspected") if any(said and said != Causality.NOT_GIVEN for said in judged.values()) else "—"
    )

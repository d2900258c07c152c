"""The infusion of each cycle as the treatment page shows it: sums, picture, bags, premedication, advice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot

from ..domain.bags import as_planned, changes_to_come, infusion_day, planned_rate
from ..domain.hospital import hospital_days
from ..domain.infusion import Infusion, escalation_reached, infusion_course
from ..domain.modification import FIXED_FROM_KG
from ..domain.premedication import Answer
from ..doses.words import working_words
from ..models import InfusionSegment
from ..selectors import as_segment
from .advice import Advised, advised
from .bars import Mark, infusion_bars
from .courses import CourseOfPhase, age_of, courses_of, premedication_answers, premedication_of
from .words import (
    STANDINGS,
    advice_line,
    event_name,
    graded_name,
    premedication_line,
    rate_words,
)

BAGS_TOLD = 3  # changes of bags to come that the legend tells; the others are folded away


@dataclass(frozen=True)
class Ledger:
    """One course of blinatumomab: its stretches, what they add up to, and the picture.

    changes: the changes of bags to come, the first may be late. hospital: first and last day advised, None without."""

    segments: Sequence[Any]
    course: Infusion
    planned_days: int
    planned_micrograms: Decimal | None
    working: Sequence[tuple[Sequence[int], str]]
    drawing: dict[str, Any]
    marks: Sequence[Mark]
    weight_class: str
    hospital: tuple[date, date] | None
    hospital_cite: str
    changes: Sequence[datetime]
    late: bool
    premedication: Sequence[dict[str, Any]]
    advice: Sequence[dict[str, Any]]
    not_reached: bool
    flushed: Sequence[str]

    @property
    def legend(self) -> tuple[list[Mark], list[Mark]]:
        """The marks that are told beneath the picture, and the later changes of bags, which are folded away."""
        later = [one for one in self.marks if one.kind == "bag"][BAGS_TOLD:]
        return [one for one in self.marks if one not in later], later


def ledgers_of(subject: Subject) -> dict[UUID, Ledger]:
    """Cycle → its infusion; cycles without blinatumomab are left out."""
    courses = courses_of(subject)
    if not courses:
        return {}
    events, lines = advised(subject, courses), premedication_of(subject)
    age, now = age_of(subject), timezone.now()
    return {
        one.cycle.pk: ledger_of(
            one, [each for each in events if each.course is one], premedication_answers(one, lines, age), now
        )
        for one in courses
    }


def ledger_of(
    one: CourseOfPhase, events: Sequence[Advised], premedication: Sequence[Answer], now: datetime
) -> Ledger:
    """One course with everything that is said of it."""
    course = one.course(now)
    running = next((row for row in one.rows if row.stop is None), None)
    changes = changes_to_come(running.start, running.bag, course, now) if running else []
    marks = marks_of(one, events, premedication, changes)
    stay = hospital_days(one.rules, one.number)
    return Ledger(
        segments=[segment_line(one, row, now) for row in one.rows],
        course=course,
        planned_days=one.planned_days,
        planned_micrograms=one.planned_micrograms,
        working=[(line.days, working_words(line)) for line in one.planned],
        drawing=infusion_bars(
            one.segments, course.gaps, one.planned_days, now, one.zone, rates=one.rates, marks=marks
        ),
        marks=marks,
        weight_class=class_words(one),
        hospital=(one.first, one.first + timedelta(days=stay - 1)) if stay else None,
        hospital_cite=one.rules.hospital_cite if one.rules else "",
        changes=changes,
        late=bool(changes) and changes[0] < now,
        premedication=[premedication_line(each) for each in premedication],
        advice=[advice_line(each) for each in events],
        not_reached=step_not_reached(one, course),
        flushed=list(
            dict.fromkeys(Slot.of_record(row.record).url() for row in one.rows if row.record.line_flushed)
        ),
    )


def segment_line(one: CourseOfPhase, row: InfusionSegment, now: datetime) -> dict[str, Any]:
    """A stretch with its hours and micrograms, and the planned rate where it differs."""
    alone = infusion_course([as_segment(row)], now, 0)
    days = (one.day_of(row.start), infusion_day(one.segments, row.start))
    planned = planned_rate(one.rates, *days)
    return {
        "row": row,
        "url": Slot.of_record(row.record).url(),
        "hours": alone.hours,
        "micrograms": alone.micrograms,
        "planned": planned,
        "differs": not as_planned(row.rate, one.rates, *days),
    }


def class_words(one: CourseOfPhase) -> str:
    """The weight class that the start of the cycle fixed."""
    weight = one.body.weight_kg
    if weight is None:
        return ""
    return _("fixed dose, 45 kg or more") if weight >= FIXED_FROM_KG else _("by body surface, below 45 kg")


def step_not_reached(one: CourseOfPhase, course: Infusion) -> bool:
    """Whether the course runs at its starting rate, below the highest planned, with no time left to escalate."""
    highest = max(one.rates.values(), default=Decimal(0))
    last = one.rows[-1] if one.rows else None
    if last is None or last.stop is not None or not course.gaps:
        return False
    return round(last.rate, 2) < round(highest, 2) and not escalation_reached(course.remaining_hours)


def marks_of(
    one: CourseOfPhase,
    events: Sequence[Advised],
    premedication: Sequence[Answer],
    changes: Sequence[datetime],
) -> list[Mark]:
    """What the picture marks, by time, each with its number and words: events, steps, premedication, bags to come."""
    found = [
        Mark(each.event.onset, "event", graded_name(each.episode), event_name(each.episode))
        for each in events
    ]
    for answer in premedication:
        line = premedication_line(answer)
        word = STANDINGS[answer.standing][1]
        given_at = answer.given.at if answer.given else None
        words = _("Premedication: %(word)s") % {"word": word}
        found.append(Mark(given_at or answer.moment.at, "premedication", words, line["due"]))
    ordered = one.segments
    for before, after in pairwise(ordered):
        if after.rate_ug_day > before.rate_ug_day:
            found.append(
                Mark(after.start, "step", _("Step to %(rate)s") % {"rate": rate_words(after.rate_ug_day)}, "")
            )
    found += [Mark(when, "bag", _("Bag change to come"), "") for when in changes]
    return [
        Mark(each.at, each.kind, each.words, each.detail, number)
        for number, each in enumerate(sorted(found, key=lambda each: each.at), start=1)
    ]

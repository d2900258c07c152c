"""What the label advises for the events under a subject's infusions, whether it stands, and whether it was followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from trialsite.casebook.models import Subject

from ..domain.infusion import StopReason, escalation_reached
from ..domain.infusion_events import SEVERE, Episode, event_of, under_infusion
from ..domain.modification import Action, Advice, Event, EventKind, Followed, Outcome, advice_on, outcome_of
from .courses import CourseOfPhase, courses_of
from .episodes import episodes_of


@dataclass(frozen=True)
class Advised:
    """One event under a course with its advice and what was done; `stands` while something is still to be done.

    short: a restart at the starting dose leaves no time to escalate before the planned end."""

    course: CourseOfPhase
    episode: Episode
    event: Event
    advice: Advice
    outcome: Outcome
    stands: bool
    short: bool = False


def advised(subject: Subject, courses: Sequence[CourseOfPhase] | None = None) -> list[Advised]:
    """The advice on every event that began under an infusion, the earliest first."""
    found = courses_of(subject) if courses is None else courses
    ran = [one for one in found if one.rows and one.protocol_plan.dose_modification]
    if not ran:
        return []
    now, lines = timezone.now(), []
    table = ran[-1].protocol_plan.dose_modification
    assert table is not None
    episodes = episodes_of(subject, table)
    for course in ran:
        for episode in episodes:
            if under_infusion(episode, course.segments, course.zone):
                one = advised_on(course, episode, episodes, now, last=course is found[-1])
                if one is not None:
                    lines.append(one)
    return lines


def advised_on(
    course: CourseOfPhase, episode: Episode, all_of_them: Sequence[Episode], now: datetime, *, last: bool
) -> Advised | None:
    """The advice on one event; None where the table has no row for it."""
    table = course.protocol_plan.dose_modification
    assert table is not None
    before = [one for one in all_of_them if one.kind is episode.kind and one.onset < episode.onset]
    segments = course.segments
    event = event_of(
        episode,
        segments,
        course.zone,
        number=len(before) + 1 if episode.kind is EventKind.SEIZURE else 1,
        recurred=any((one.grade or 0) >= SEVERE for one in before),
    )
    restarts = [one.start for one in segments if event.stopped is not None and one.start >= event.stopped]
    restarted = min(restarts, default=None)
    advice = advice_on(table, event, course.body, now, course.planned_days, restarted)
    if advice is None:
        return None
    outcome = outcome_of(advice, event, segments)
    infusion = course.course(now)
    opened = (
        last
        and (infusion.running or course.rows[-1].stop_reason == StopReason.AE)
        and not course.cycle.ended_on
    )
    short = (
        advice.action is Action.INTERRUPT
        and restarted is None
        and not escalation_reached(infusion.remaining_hours)
    )
    stands = opened and to_be_done(advice, event, outcome, restarted, now)
    return Advised(course, episode, event, advice, outcome, stands, short)


def to_be_done(
    advice: Advice, event: Event, outcome: Outcome, restarted: datetime | None, now: datetime
) -> bool:
    """Whether an advice still asks for something: a grade, a decision, a hold, a restart, the days to the full dose."""
    if advice.action in (Action.QUERY, Action.STOP):
        return True
    if advice.action is Action.WATCH:
        return False
    if advice.action is Action.DECIDE or event.stopped is None:
        return event.at_grade_1 is None
    if restarted is None:
        return True
    wait = advice.earliest_escalation
    return outcome.followed is not Followed.NO and wait is not None and now < wait


def advice_not_followed(subject: Subject) -> list[Advised]:
    """The advice that what was given did not follow: evidence for a deviation."""
    return [one for one in advised(subject) if one.outcome.followed is Followed.NO]

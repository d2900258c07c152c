"""Adverse events under an infusion as the decision table takes them: episodes by day, and one of two sources.

Days are days of the site; the instant of a day is its midnight, so that lengths between days are whole days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .infusion import Segment, StopReason
from .modification import Event, EventKind

SEVERE = 3


@dataclass(frozen=True)
class Episode:
    """One event by its days. grade: CTCAE at its worst, None not entered. grade_1_on: the first day at grade 1 or less
    again, None while it lasts or nobody said. ended_on: its last day, None while open. sources: the forms behind it.
    judged: an investigator graded the whole of it, not only a day. unchanged: the action recorded with blinatumomab is
    none."""

    kind: EventKind
    grade: int | None
    onset: date
    grade_1_on: date | None
    ended_on: date | None
    sources: tuple[str, ...] = ()
    name: str = ""
    judged: bool = False
    unchanged: bool = False


def daily_episodes(kind: EventKind, days: Iterable[tuple[date, int | None, str]]) -> list[Episode]:
    """Episodes of (day, CTCAE grade, source): from a grade above 0, or one that is not entered, to the next 0.

    A grade that is missing on one day leaves the worst unknown, unless another day is grade 3 or more."""
    found: list[list[tuple[date, int | None, str]]] = []
    open_now = False
    for each in sorted(days, key=lambda one: one[0]):
        if each[1] == 0:
            if open_now:
                found[-1].append(each)
            open_now = False
        elif open_now:
            found[-1].append(each)
        else:
            found.append([each])
            open_now = True
    return [_episode(kind, run) for run in found]


def _episode(kind: EventKind, run: Sequence[tuple[date, int | None, str]]) -> Episode:
    known = [grade for _day, grade, _source in run if grade is not None]
    highest = max(known, default=0)
    grade = highest if len(known) == len(run) or highest >= SEVERE else None
    worse = [place for place, (_day, each, _source) in enumerate(run) if each is None or each > 1]
    after = run[worse[-1] + 1 :] if worse else run
    ended = run[-1][0] if run[-1][1] == 0 else None
    return Episode(
        kind, grade, run[0][0], after[0][0] if after else None, ended, tuple(each[2] for each in run)
    )


def joined(episodes: Iterable[Episode]) -> list[Episode]:
    """Episodes of one kind that share days, or touch, as one: forms of a day and the adverse event tell the same."""
    found: list[Episode] = []
    for one in sorted(episodes, key=lambda each: each.onset):
        place = next((i for i, other in enumerate(found) if _meet(other, one)), None)
        if place is None:
            found.append(one)
        else:
            found[place] = _both(found[place], one)
    return found


def _meet(one: Episode, other: Episode) -> bool:
    end = one.ended_on or one.grade_1_on or date.max
    if one.kind is not other.kind or (one.name and other.name and one.name != other.name):
        return False
    return other.onset <= end + timedelta(days=1) if end != date.max else True


def _both(one: Episode, other: Episode) -> Episode:
    """The worse grade; the investigator's for the whole event counts where a day lacks its own."""
    grades = [each.grade for each in (one, other) if each.grade is not None]
    judged = [each for each in (one, other) if each.judged and each.grade is not None]
    known = len(grades) == 2 or judged or max(grades, default=0) >= SEVERE
    ends = [each for each in (one, other) if each.judged] or [one, other]
    back = [each.grade_1_on for each in ends]
    last = [each.ended_on for each in ends]
    return replace(
        one,
        grade=max(grades) if known else None,
        onset=min(one.onset, other.onset),
        grade_1_on=None if None in back else max(day for day in back if day),
        ended_on=None if None in last else max(day for day in last if day),
        sources=tuple(dict.fromkeys((*one.sources, *other.sources))),
        name=one.name or other.name,
        judged=one.judged or other.judged,
        unchanged=one.unchanged or other.unchanged,
    )


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def under_infusion(episode: Episode, segments: Sequence[Segment], zone: ZoneInfo) -> bool:
    """Whether an episode began on a day from the first start to the last stop; while it runs, on any later day."""
    if not segments:
        return False
    first = min(one.start for one in segments).astimezone(zone).date()
    stops = [one.stop for one in segments]
    last = date.max if None in stops else max(one for one in stops if one).astimezone(zone).date()
    return first <= episode.onset <= last


def event_of(
    episode: Episode, segments: Sequence[Segment], zone: ZoneInfo, *, number: int = 1, recurred: bool = False
) -> Event:
    """An episode with what the infusion did: when it was stopped for it, and at which rate it ran.

    The stop is the first one for an adverse event from the day of the onset to the day on which it was resolved. The
    rate is that of the stretch that stopped, else of the last one that began by the end of the day of the onset."""
    until = episode.grade_1_on or date.max
    ordered = sorted(segments, key=lambda one: one.start)
    stopped = next(
        (
            one
            for one in ordered
            if one.stop is not None
            and one.stop_reason is StopReason.AE
            and episode.onset <= one.stop.astimezone(zone).date() <= until
        ),
        None,
    )
    begun = [one for one in ordered if one.start.astimezone(zone).date() <= episode.onset]
    at_onset = stopped or (begun[-1] if begun else None)
    return Event(
        kind=episode.kind,
        grade=episode.grade,
        onset=midnight(episode.onset, zone),
        at_grade_1=midnight(episode.grade_1_on, zone) if episode.grade_1_on else None,
        stopped=stopped.stop if stopped else None,
        rate=at_onset.rate_ug_day if at_onset else None,
        number=number,
        recurred=recurred,
    )

"""Serial laboratory values of one CTCAE term as episodes: when one begins, how its grade goes, when it is over.

An episode begins with the first value after the start of treatment that is graded above the baseline, and is over with
the first value that is graded at the baseline or below. Values whose grade is open do not end it; where a lowest grade
is certain they count with that. Of several values of a day the worst counts. Source: CTCAE v5.0; the merging of serial
values is an assumption, to be confirmed by the sponsor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True)
class GradedDay:
    """One value: its day, its grade and the lowest that is certain (`grade` None while open), as people read it."""

    on: date
    grade: int | None
    least: int
    text: str = ""


@dataclass(frozen=True)
class Change:
    """From this day on the grade was this, by this value."""

    on: date
    grade: int
    text: str = ""


@dataclass(frozen=True)
class Episode:
    """Values that belong together: the changes of grade, the last value seen, and the day of recovery (None: open)."""

    track: tuple[Change, ...]
    last_on: date
    ended_on: date | None
    baseline: int

    @property
    def start(self) -> date:
        return self.track[0].on

    @property
    def worst(self) -> int:
        return max(change.grade for change in self.track)


def episodes(values: Iterable[GradedDay], after: date, baseline: int | None = None) -> list[Episode]:
    """The episodes of one term in one subject, the earliest first.

    values: of one term, in any order. after: the last day of the baseline; values up to it give the baseline, later
    ones the episodes. baseline: a grade (0 to 4) where it is known otherwise; without one, and without a value up to
    `after`, it counts as 0. No values: no episodes.
    """
    days = worst_of_days(values)
    if baseline is None:
        before = [one for one in days if one.on <= after and one.grade is not None]
        baseline = before[-1].grade or 0 if before else 0
    found: list[Episode] = []
    track: list[Change] = []
    last = after
    for day in (one for one in days if one.on > after):
        known = day.grade if day.grade is not None else day.least
        if known > baseline:
            if not track or track[-1].grade != known:
                track.append(Change(day.on, known, day.text))
            last = day.on
        elif track and day.grade is not None:
            found.append(Episode(tuple(track), day.on, day.on, baseline))
            track = []
        elif track:
            last = day.on
    if track:
        found.append(Episode(tuple(track), last, None, baseline))
    return found


def worst_of_days(values: Iterable[GradedDay]) -> Sequence[GradedDay]:
    """One value a day, the worst; the days in order. A certain grade stands before an open one of the same height."""
    worst: dict[date, GradedDay] = {}
    for value in values:
        known = worst.get(value.on)
        if known is None or _height(value) > _height(known):
            worst[value.on] = value
    return [worst[day] for day in sorted(worst)]


def _height(value: GradedDay) -> tuple[int, bool]:
    return (value.grade if value.grade is not None else value.least, value.grade is not None)


class Apart(StrEnum):
    """Why a value belongs to no episode: no treatment yet, of the baseline, or not above it."""

    NOT_BEGUN = "NOT_BEGUN"
    BEFORE = "BEFORE"
    BASELINE = "BASELINE"


def severe_apart(
    values: Iterable[GradedDay], after: date | None, from_grade: int
) -> dict[Apart, list[GradedDay]]:
    """The values of one term from a grade on (1 to 4) that belong to no episode, by the reason.

    after: the last day of the baseline, None where no treatment began. An open grade counts with its lowest."""
    days = worst_of_days(values)
    found: dict[Apart, list[GradedDay]] = {}
    within = [(one.start, one.ended_on or one.last_on) for one in episodes(days, after)] if after else []
    for day in days:
        if _height(day)[0] < from_grade:
            continue
        if after is None:
            found.setdefault(Apart.NOT_BEGUN, []).append(day)
        elif day.on <= after:
            found.setdefault(Apart.BEFORE, []).append(day)
        elif not any(first <= day.on <= last for first, last in within):
            found.setdefault(Apart.BASELINE, []).append(day)
    return found

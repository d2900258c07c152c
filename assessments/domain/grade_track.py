"""The grade of an adverse event over its days: one line for each change, the worst grade, and what cannot be.

Days may be partial. Sources: CTCAE v5.0 (grade 5 is death); ICH E6 for one event being one episode."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.text import Text

FATAL = 5


@dataclass(frozen=True)
class Step:
    """From this day on the event had this grade (1 to 5); None is not known."""

    since: PartialDate | None
    grade: int | None


def worst(steps: Iterable[Step]) -> int | None:
    """The highest grade that is known; None without one."""
    return max((step.grade for step in steps if step.grade), default=None)


def in_order(steps: Iterable[Step]) -> list[Step]:
    """The steps with a day, the earliest first; two of one day by grade."""
    dated = [step for step in steps if step.since is not None]
    return sorted(dated, key=lambda step: (step.since.earliest, step.since.latest, step.grade or 0))  # type: ignore[union-attr]


def grade_on(steps: Iterable[Step], day: date) -> int | None:
    """The grade on a day: of the last step that began by then; None before the first."""
    begun = [step for step in in_order(steps) if step.since and step.since.earliest <= day]
    return begun[-1].grade if begun else None


@dataclass(frozen=True)
class Problem:
    """Something that cannot be: at a line (its place in the list) or, with None, at an item of the event."""

    line: int | None
    item: str
    sentence: Text


def problems(
    steps: Sequence[Step], onset: PartialDate | None, stop: PartialDate | None, outcome: str
) -> list[Problem]:
    """What does not agree in a track.

    A line before the onset or after the end, two lines that leave the grade as it was, grade 5 without a fatal outcome
    or the other way round, an end before the last change. A partial day is refused only where no day of it fits.
    An empty track agrees with everything: the grade may not be known yet.
    """
    found: list[Problem] = []
    for place, step in enumerate(steps):
        if step.since is None or step.grade is None:
            continue
        if onset is not None and step.since.latest < onset.earliest:
            found.append(Problem(place, "since", _BEFORE))
        if stop is not None and step.since.earliest > stop.latest:
            found.append(Problem(place, "since", _AFTER))
    order = sorted(
        (place for place, step in enumerate(steps) if step.since and step.grade),
        key=lambda place: (steps[place].since.earliest, steps[place].since.latest),  # type: ignore[union-attr]
    )
    for before, place in pairwise(order):
        if steps[before].since == steps[place].since:
            found.append(Problem(place, "since", _TWICE))
        elif steps[before].grade == steps[place].grade:
            found.append(Problem(place, "grade", _SAME))
    found += _of_death(steps, outcome)
    return found


def _of_death(steps: Sequence[Step], outcome: str) -> list[Problem]:
    highest = worst(steps)
    if highest is None:
        return []
    if outcome == "FATAL" and highest != FATAL:
        return [Problem(None, "outcome", _FATAL_NEEDS_5)]
    if highest == FATAL and outcome not in ("FATAL", ""):
        place = next(place for place, step in enumerate(steps) if step.grade == FATAL)
        return [Problem(place, "grade", _5_NEEDS_FATAL)]
    return []


_BEFORE = Text("This day lies before the onset.", "该日期早于发生日期。")
_AFTER = Text("This day lies after the end.", "该日期晚于结束日期。")
_TWICE = Text("Two lines begin on this day: keep the worse grade.", "该日期有两行：请保留较重的分级。")
_SAME = Text(
    "The grade does not change here: a line is entered only where it does.",
    "此处分级没有变化：仅在分级变化时填写一行。",
)
_FATAL_NEEDS_5 = Text("A fatal event is grade 5: enter the line.", "致死事件为5级：请填写该行。")
_5_NEEDS_FATAL = Text("Grade 5 is death: the outcome must be fatal.", "5级为死亡：转归须为“死亡”。")

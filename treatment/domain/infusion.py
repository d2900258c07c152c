"""Blinatumomab as it ran: hours, micrograms and interruptions of a continuous infusion, from its segments.

Times are instants (aware datetimes), so that an interruption over a change of clocks counts its true length.
Rules for interruptions: manufacturer's dosing information for blinatumomab.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from trialsite.clinical.text import Text

SUPERVISED_FROM = timedelta(hours=4)  # exactly 4 h is "4 hours or more"
SAME_CYCLE_UP_TO = timedelta(days=7)  # exactly 7 d is "no longer than 7 days"
STARTING_DOSE_DAYS = 7
FULL_COURSE_DAYS = 28
_MICROSECONDS_PER_HOUR = Decimal(3_600_000_000)


class StopReason(StrEnum):
    """Why a segment ended."""

    BAG_CHANGE = "BAG_CHANGE"
    PUMP = "PUMP"
    LINE = "LINE"
    AE = "AE"
    PROCEDURE = "PROCEDURE"
    END = "END"
    ERROR = "ERROR"


@dataclass(frozen=True)
class Segment:
    """One bag or stretch of infusion at one rate; stop None while it runs."""

    start: datetime
    stop: datetime | None
    rate_ug_day: Decimal
    stop_reason: StopReason | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or (self.stop is not None and self.stop.tzinfo is None):
            raise ValueError("An infusion segment needs times with their zone.")
        if self.stop is not None and self.stop < self.start:
            raise ValueError(f"An infusion cannot stop at {self.stop} before its start at {self.start}.")
        if self.rate_ug_day < 0:
            raise ValueError("An infusion rate cannot be negative.")


class GapRule(StrEnum):
    """What an interruption calls for at restart."""

    CONTINUE = "CONTINUE"
    SUPERVISED_RESTART = "SUPERVISED_RESTART"


class CycleRule(StrEnum):
    """Whether the cycle goes on after an interruption."""

    SAME_CYCLE = "SAME_CYCLE"
    NEW_CYCLE = "NEW_CYCLE"
    INVESTIGATOR_DECIDES = "INVESTIGATOR_DECIDES"


@dataclass(frozen=True)
class Gap:
    """An interruption: from the stop of one segment to the start of the next, and the rules for it."""

    start: datetime
    stop: datetime
    length: timedelta
    reason: StopReason | None
    restart: GapRule
    cycle: CycleRule
    sentence: Text


@dataclass(frozen=True)
class Infusion:
    """A course so far. problems: sentences about segments that overlap or run on under another."""

    hours: Decimal
    micrograms: Decimal
    gaps: tuple[Gap, ...]
    remaining_hours: Decimal
    running: bool
    problems: tuple[Text, ...]


def infusion_course(segments: Sequence[Segment], now: datetime, planned_days: int) -> Infusion:
    """Hours and micrograms infused up to `now`, interruptions, and the hours left of the planned days.

    planned_days: infusion days of the course (28 by label, 14 in the 14-day courses), counted before and
    after interruptions. Overlapping segments are reported, and both count as recorded."""
    ordered = sorted(segments, key=lambda one: one.start)
    hours = sum((_hours(one, now) for one in ordered), Decimal(0))
    micrograms = sum((_hours(one, now) * one.rate_ug_day / 24 for one in ordered), Decimal(0))
    gaps, problems = [], []
    for before, after in pairwise(ordered):
        if before.stop is None or before.stop > after.start:
            problems.append(_overlap(after))
        elif before.stop < after.start:
            gaps.append(gap_between(before.stop, after.start, before.stop_reason, planned_days))
    return Infusion(
        hours=hours,
        micrograms=micrograms,
        gaps=tuple(gaps),
        remaining_hours=max(Decimal(planned_days * 24) - hours, Decimal(0)),
        running=any(one.stop is None for one in ordered),
        problems=tuple(problems),
    )


def gap_between(stop: datetime, restart: datetime, reason: StopReason | None, planned_days: int) -> Gap:
    """The rules for one interruption.

    Less than 4 hours: go on. 4 hours or more: restart under supervision with premedication. An interruption
    for an adverse event of up to 7 days belongs to the same cycle; a longer one starts a new cycle in a
    28-day course, and in a shorter course the investigator decides. So it is, for want of a rule, after a
    longer interruption for another reason."""
    length = restart - stop
    rule = GapRule.CONTINUE if length < SUPERVISED_FROM else GapRule.SUPERVISED_RESTART
    if length <= SAME_CYCLE_UP_TO:
        cycle = CycleRule.SAME_CYCLE
    elif reason is StopReason.AE and planned_days >= FULL_COURSE_DAYS:
        cycle = CycleRule.NEW_CYCLE
    else:
        cycle = CycleRule.INVESTIGATOR_DECIDES
    return Gap(stop, restart, length, reason, rule, cycle, _gap_sentence(length, rule, cycle))


def escalation_reached(remaining_hours: Decimal) -> bool:
    """Whether a restart at the starting dose leaves time to escalate: more than 7 days remain."""
    return remaining_hours > STARTING_DOSE_DAYS * 24


def shown_length(length: timedelta) -> str:
    """A length as `2 d 3 h 59 min`, without parts that are zero."""
    minutes = int(length.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    parts = [f"{days} d" if days else "", f"{rest // 60} h" if rest // 60 else ""]
    parts.append(f"{rest % 60} min" if rest % 60 else "")
    return " ".join(part for part in parts if part) or "0 min"


def _hours(segment: Segment, now: datetime) -> Decimal:
    """The hours a segment ran up to `now`, exact to the microsecond; 0 when it starts later."""
    end = now if segment.stop is None else min(segment.stop, now)
    length = max(end - segment.start, timedelta(0))
    return Decimal(length // timedelta(microseconds=1)) / _MICROSECONDS_PER_HOUR


def _overlap(after: Segment) -> Text:
    at = after.start.isoformat(sep=" ", timespec="minutes")
    return Text(
        f"The segment that starts at {at} begins before the one before it has ended.",
        f"{at}开始的输注段早于上一段的结束时间。",
    )


_RESTART_SAYS = {
    GapRule.CONTINUE: Text("go on without premedication", "继续输注，无需预处理用药"),
    GapRule.SUPERVISED_RESTART: Text(
        "restart under supervision with premedication", "在监护下重启并给予预处理用药"
    ),
}
_CYCLE_SAYS = {
    CycleRule.SAME_CYCLE: Text("same cycle", "同一周期"),
    CycleRule.NEW_CYCLE: Text("start a new cycle", "开始新周期"),
    CycleRule.INVESTIGATOR_DECIDES: Text(
        "the investigator decides on the remaining days", "剩余天数由研究者决定"
    ),
}


def _gap_sentence(length: timedelta, rule: GapRule, cycle: CycleRule) -> Text:
    restart, goes_on, shown = _RESTART_SAYS[rule], _CYCLE_SAYS[cycle], shown_length(length)
    return Text(
        f"Interrupted for {shown}: {restart.en}; {goes_on.en}.", f"中断{shown}：{restart.zh}；{goes_on.zh}。"
    )

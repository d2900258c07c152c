"""What the label advises after an adverse event under blinatumomab: hold, restart, escalate or stop, with its row.

Grades are those of the CTCAE, never of the ASTCT. A grade that nobody entered is advice too: hold and ask. Rows are
data of the protocol file. Source: manufacturer's dosing information, dose modification for adverse reactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.text import Text
from trialsite.studies.domain.blinatumomab_plan import DoseByWeight, DoseModification, ModificationRow

from .infusion import CycleRule, Segment, StopReason, gap_between

FIXED_FROM_KG = Decimal(45)  # exactly 45 kg belongs to the fixed dose
HUNDREDTH = Decimal("0.01")


class EventKind(StrEnum):
    """What the table tells apart."""

    CRS = "CRS"
    SEIZURE = "SEIZURE"
    NEUROTOXICITY = "NEUROTOXICITY"
    OTHER = "OTHER"
    LIVER = "LIVER"


class Action(StrEnum):
    """What is advised. QUERY: hold, and ask for what is missing."""

    WATCH = "WATCH"
    INTERRUPT = "INTERRUPT"
    STOP = "STOP"
    DECIDE = "DECIDE"
    QUERY = "QUERY"


class Missing(StrEnum):
    """What an answer lacks."""

    GRADE = "GRADE"
    STOP = "STOP"  # no interruption is recorded
    RESOLVED = "RESOLVED"  # when it was grade 1 or less
    DOSE = "DOSE"  # the rate at which it began
    WEIGHT = "WEIGHT"  # the weight at the start of the cycle, or the body surface


@dataclass(frozen=True)
class Event:
    """One adverse event under the infusion.

    grade: CTCAE 1 to 5 at its worst; None not entered. onset, at_grade_1 (first instant at grade 1 or less; None while
    it lasts) and stopped (the infusion was interrupted for it) are instants. rate: µg/day at onset, None not known.
    number: how many seizures the subject has had with this one. recurred: the same came before and was resolved.
    """

    kind: EventKind
    grade: int | None
    onset: datetime
    at_grade_1: datetime | None = None
    stopped: datetime | None = None
    rate: Decimal | None = None
    number: int = 1
    recurred: bool = False


@dataclass(frozen=True)
class Body:
    """The size at the start of the cycle that fixes the weight class of the whole cycle; None is not known."""

    weight_kg: Decimal | None
    bsa_m2: Decimal | None

    def rate(self, dose: DoseByWeight) -> Decimal | None:
        """The rate in µg/day: fixed from 45 kg, below it by body surface with its cap; None while unknown."""
        if self.weight_kg is None:
            return None
        if self.weight_kg >= FIXED_FROM_KG:
            return dose.fixed
        return None if self.bsa_m2 is None else min(dose.cap, (dose.per_m2 * self.bsa_m2))


@dataclass(frozen=True)
class Advice:
    """What follows an event: the action, the row that says so, and what it still lacks.

    restart, full: rates in µg/day. cycle: whether the cycle goes on after the gap that the earliest restart makes.
    why: which limit turned a hold into a stop; None where the row itself says so."""

    action: Action
    row: str
    text: Text
    cite: str
    restart: Decimal | None = None
    earliest_restart: datetime | None = None
    full: Decimal | None = None
    earliest_escalation: datetime | None = None
    cycle: CycleRule | None = None
    missing: tuple[Missing, ...] = ()
    why: Text | None = None


HOLD_AND_ASK = Text(
    "the CTCAE grade is not entered: hold, and enter the grade; without it nothing says that the infusion may go on",
    "未填写CTCAE分级：暂停输注并填写分级；无分级时不能视为可继续输注",
)


def advice_on(
    table: DoseModification,
    event: Event,
    body: Body,
    now: datetime,
    planned_days: int,
    restarted: datetime | None = None,
) -> Advice | None:
    """What the table advises on an event; None where no row speaks of its grade (neurotoxicity grade 1, say).

    planned_days: days of the course, for the rule of a gap above 7 days. restarted: when the infusion went on after it,
    from which the days until the full dose are counted; None while it stands still. An event that lasts beyond its
    limit counts as resolved too late before it is resolved. Exactly the limit (7 d, 14 d) is in time.
    """
    row = row_of(table, event)
    if row is None and event.grade is None:
        return Advice(Action.QUERY, rows_named(table, event.kind), HOLD_AND_ASK, "", missing=(Missing.GRADE,))
    if row is None:
        return None
    limits = next((one for one in table.rows if one.row == row.as_row), row)
    found = Advice(Action(row.action), row.row, row.text, row.cite)
    if found.action is not Action.INTERRUPT:
        return found
    start = body.rate(table.start_dose)
    if why := stop_for_good(row, limits, event, start, now):
        return replace(found, action=Action.STOP, why=why)
    return _restart(table, limits, replace(found, restart=start), event, body, planned_days, restarted)


def row_of(table: DoseModification, event: Event) -> ModificationRow | None:
    """The row for an event's kind and grade; a row without grades is for any, known or not."""
    ours = [row for row in table.rows if row.event == event.kind]
    return next((row for row in ours if not row.grades or event.grade in row.grades), None)


def rows_named(table: DoseModification, kind: EventKind) -> str:
    """The rows that would speak of an event of this kind: "B1–B3"."""
    names = [row.row for row in table.rows if row.event == kind]
    return names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}" if names else ""


def stop_for_good(
    row: ModificationRow, limits: ModificationRow, event: Event, start: Decimal | None, now: datetime
) -> Text | None:
    """The limit that an event went beyond, as a sentence; None within all of them.

    A row with limits of its own (more than one seizure) has no others; else those of the row it goes by count."""
    if row.stop_above_events is not None and event.number > row.stop_above_events:
        return Text(f"seizure number {event.number}", f"第{event.number}次癫痫发作")
    if row.stop_above_events is not None:
        return None
    if limits.stop_on_recurrence and event.recurred:
        return Text("it came again", "再次发生")
    if limits.stop_at_start_dose and None not in (event.rate, start) and event.rate <= start:  # type: ignore[operator]
        return Text("it occurred at the starting dose", "发生在起始剂量时")
    days = limits.stop_after_days
    if days is not None and (event.at_grade_1 or now) - event.onset > timedelta(days=days):
        return Text(f"it took more than {days} days to resolve", f"恢复时间超过{days}天")
    return None


def _restart(
    table: DoseModification,
    limits: ModificationRow,
    found: Advice,
    event: Event,
    body: Body,
    planned_days: int,
    restarted: datetime | None,
) -> Advice:
    """When and at which rate an interrupted infusion may go on, and when the full rate may follow."""
    missing = [Missing.WEIGHT] if found.restart is None else []
    if limits.stop_at_start_dose and event.rate is None:
        missing.append(Missing.DOSE)
    if event.at_grade_1 is None:
        missing.append(Missing.RESOLVED)
    if event.stopped is None:
        missing.append(Missing.STOP)
    full = body.rate(table.full_dose)
    if event.at_grade_1 is None or event.stopped is None:
        return replace(found, full=full, missing=tuple(missing))
    earliest = max(event.at_grade_1, event.stopped + timedelta(days=limits.hold_days))
    gap = gap_between(event.stopped, restarted or earliest, StopReason.AE, planned_days)
    up = max(restarted or earliest, earliest) + timedelta(days=table.escalate_after_days)
    return replace(
        found,
        full=full,
        earliest_restart=earliest,
        earliest_escalation=up,
        cycle=gap.cycle,
        missing=tuple(missing),
    )


class Followed(StrEnum):
    """Whether what was done is what was advised. OPEN: nothing has been done yet that could differ."""

    YES = "YES"
    NO = "NO"
    OPEN = "OPEN"


@dataclass(frozen=True)
class Outcome:
    """Whether an advice was followed, and what was done otherwise."""

    followed: Followed
    sentence: Text | None = None


def outcome_of(advice: Advice, event: Event, segments: Sequence[Segment]) -> Outcome:
    """What the segments of a course say of an advice: held, restarted in time and at the rate, raised in time.

    An advice that lacks something, that only watches or that leaves the decision to the investigator is never "not
    followed". Rates are compared to a hundredth."""
    if advice.action not in (Action.INTERRUPT, Action.STOP):
        return Outcome(Followed.OPEN)
    if event.stopped is None:
        later = [one for one in segments if one.start > event.onset + timedelta(days=1)]
        if later or any(ran_on(one, event) for one in segments):
            return Outcome(Followed.NO, _RAN_ON)
        return Outcome(Followed.OPEN)
    after = sorted((one for one in segments if one.start >= event.stopped), key=lambda one: one.start)
    if not after:
        return Outcome(Followed.YES if advice.action is Action.STOP else Followed.OPEN)
    if advice.action is Action.STOP:
        return Outcome(Followed.NO, _RESTARTED)
    return restart_outcome(advice, after)


def ran_on(segment: Segment, event: Event) -> bool:
    """Whether a segment ran from the onset of an event to more than a day after it."""
    return segment.start <= event.onset + timedelta(days=1) and (
        segment.stop is not None and segment.stop > event.onset + timedelta(days=1)
    )


def restart_outcome(advice: Advice, after: Sequence[Segment]) -> Outcome:
    """What was done after an interruption: the first segment, and the first one at a higher rate."""
    first = after[0]
    if advice.earliest_restart is None or advice.restart is None:
        return Outcome(Followed.OPEN)
    if first.start < advice.earliest_restart:
        return Outcome(Followed.NO, _TOO_EARLY)
    if _hundredth(first.rate_ug_day) > _hundredth(advice.restart):
        return Outcome(Followed.NO, _TOO_HIGH)
    raised = next((one for one in after if _hundredth(one.rate_ug_day) > _hundredth(advice.restart)), None)
    if raised is not None and advice.earliest_escalation and raised.start < advice.earliest_escalation:
        return Outcome(Followed.NO, _RAISED_EARLY)
    return Outcome(Followed.YES)


def _hundredth(rate: Decimal) -> Decimal:
    return rate.quantize(HUNDREDTH)


_RAN_ON = Text("the infusion was not interrupted", "未中断输注")
_RESTARTED = Text("the infusion was restarted", "重新开始了输注")
_TOO_EARLY = Text("the infusion was restarted too early", "重启过早")
_TOO_HIGH = Text("the infusion was restarted above the starting dose", "重启时的剂量高于起始剂量")
_RAISED_EARLY = Text("the rate was raised before 7 days", "未满7天即提高剂量")

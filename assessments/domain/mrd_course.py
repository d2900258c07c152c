"""MRD over time: first negativity, persistence, recurrence, single positives that wait for confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from assessments.domain.mrd import Verdict
from trialsite.clinical.kleene import Truth
from trialsite.clinical.text import Text

# Assumptions: a second sample 1 to 4 weeks later confirms a recurrence.
CONFIRM_EARLIEST_DAYS = 7
CONFIRM_LATEST_DAYS = 28


class TimePoint(StrEnum):
    """Where in the treatment a sample was taken."""

    END_OF_INDUCTION = "END_OF_INDUCTION"
    AFTER_CONSOLIDATION = "AFTER_CONSOLIDATION"
    OTHER = "OTHER"


class MrdState(StrEnum):
    """What the samples together say."""

    NEG_FIRST = "MRD_NEG_FIRST"
    CONVERSION = "MRD_CONVERSION"
    PERSISTENT = "MRD_PERSISTENT"
    RECURRENCE = "MRD_RECURRENCE"
    POSITIVE_UNCONFIRMED = "MRD_POSITIVE_UNCONFIRMED"


class Standing(StrEnum):
    """MRD as it stands now: the value of the fact `mrd_state`."""

    NEGATIVE = "NEGATIVE"
    POSITIVE_UNCONFIRMED = "POSITIVE_UNCONFIRMED"
    POSITIVE_EOI = "POSITIVE_EOI"
    PERSISTENT = "PERSISTENT"
    RECURRENCE = "RECURRENCE"


@dataclass(frozen=True)
class Sample:
    """One MRD result in time. in_crc: whether the subject was in CR, CRh or CRi at that sample."""

    on: date
    method: str
    verdict: Verdict
    in_crc: Truth
    time_point: TimePoint = TimePoint.OTHER


@dataclass(frozen=True)
class MrdEvent:
    """A state and the day it is dated to; `confirm` is the window in which a second sample confirms it."""

    state: MrdState
    on: date
    sentence: Text
    confirm: tuple[date, date] | None = None


@dataclass(frozen=True)
class MrdCourse:
    """The events in order, and how MRD stands after the last decided sample (None: nothing decided yet)."""

    events: tuple[MrdEvent, ...]
    standing: Standing | None

    def first(self, state: MrdState) -> date | None:
        """The first day of a state; None when it was never reached."""
        return next((event.on for event in self.events if event.state is state), None)


def mrd_course(samples: Sequence[Sample], method: str, relapse_on: date | None = None) -> MrdCourse:
    """The course of MRD by the study's method.

    Only decided samples (positive or negative) taken in CRc count, and none from a haematological relapse
    on: relapse supersedes MRD recurrence of the same day. Another method neither makes nor ends a state; a
    positive one on the same day confirms a recurrence. The definitions are assumptions: the registrations
    give none."""
    counted = sorted(
        (one for one in samples if _counts(one, relapse_on)),
        key=lambda one: (one.on, one.verdict == "POSITIVE"),
    )
    own = [one for one in counted if one.method == method]
    others = [one for one in counted if one.method != method]
    events = [*_negatives(own), *_persistence(own), *_recurrences(own, others)]
    return MrdCourse(tuple(sorted(events, key=lambda event: (event.on, event.state))), _standing(own, events))


def _counts(sample: Sample, relapse_on: date | None) -> bool:
    before_relapse = relapse_on is None or sample.on < relapse_on
    return before_relapse and sample.in_crc is Truth.TRUE and sample.verdict is not Verdict.INDETERMINATE


def _negatives(own: list[Sample]) -> list[MrdEvent]:
    events: list[MrdEvent] = []
    previous: Verdict | None = None
    for one in own:
        if one.verdict is Verdict.NEGATIVE:
            if not any(event.state is MrdState.NEG_FIRST for event in events):
                first = Text("First MRD-negative sample in remission.", "缓解期首次MRD阴性。")
                events.append(MrdEvent(MrdState.NEG_FIRST, one.on, first))
            if previous is Verdict.POSITIVE:
                turned = Text("MRD turned from positive to negative.", "MRD由阳性转为阴性。")
                events.append(MrdEvent(MrdState.CONVERSION, one.on, turned))
        previous = one.verdict
    return events


def _persistence(own: list[Sample]) -> list[MrdEvent]:
    """Positive at the end of induction and at the next decided scheduled sample, never negative between."""
    open_since: date | None = None
    for one in own:
        if one.verdict is Verdict.NEGATIVE:
            open_since = None
        elif one.time_point is TimePoint.END_OF_INDUCTION and open_since is None:
            open_since = one.on
        elif one.time_point is TimePoint.AFTER_CONSOLIDATION and open_since is not None:
            sentence = Text(
                f"MRD positive at end of induction ({open_since}) and again after consolidation ({one.on}).",
                f"诱导结束（{open_since}）与巩固后（{one.on}）MRD均为阳性。",
            )
            return [MrdEvent(MrdState.PERSISTENT, one.on, sentence)]
    return []


def _recurrences(own: list[Sample], others: list[Sample]) -> list[MrdEvent]:
    events: list[MrdEvent] = []
    run: list[Sample] = []
    negative_before = False
    for one in own:
        if one.verdict is Verdict.NEGATIVE:
            events += _run_events(run, others)
            run, negative_before = [], True
        elif negative_before:
            run.append(one)
    return events + _run_events(run, others)


def _run_events(run: list[Sample], others: list[Sample]) -> list[MrdEvent]:
    """What a run of positives after a negative says: a recurrence from its first confirmed sample on, or
    none yet."""
    if not run:
        return []
    for one in run:
        confirmed_by = _confirmation(one, run, others)
        if confirmed_by is not None:
            sentence = Text(
                f"MRD positive again on {one.on}, confirmed on {confirmed_by}.",
                f"{one.on}MRD再次阳性，{confirmed_by}复查证实。",
            )
            return [MrdEvent(MrdState.RECURRENCE, one.on, sentence)]
    last = run[-1].on
    window = (last + timedelta(days=CONFIRM_EARLIEST_DAYS), last + timedelta(days=CONFIRM_LATEST_DAYS))
    sentence = Text(
        f"MRD positive on {run[0].on}, not confirmed: a second sample is due {window[0]} to {window[1]}.",
        f"{run[0].on}MRD阳性，尚未证实：应于{window[0]}至{window[1]}复查。",
    )
    return [MrdEvent(MrdState.POSITIVE_UNCONFIRMED, run[0].on, sentence, window)]


def _confirmation(one: Sample, run: list[Sample], others: list[Sample]) -> date | None:
    for other in others:
        if other.on == one.on and other.verdict is Verdict.POSITIVE:
            return other.on
    for later in run:
        if CONFIRM_EARLIEST_DAYS <= (later.on - one.on).days <= CONFIRM_LATEST_DAYS:
            return later.on
    return None


def _standing(own: list[Sample], events: list[MrdEvent]) -> Standing | None:
    if not own:
        return None
    if own[-1].verdict is Verdict.NEGATIVE:
        return Standing.NEGATIVE
    since = max((one.on for one in own if one.verdict is Verdict.NEGATIVE), default=date.min)
    now = {event.state for event in events if event.on > since}
    if MrdState.RECURRENCE in now:
        return Standing.RECURRENCE
    if MrdState.PERSISTENT in now:
        return Standing.PERSISTENT
    at_eoi = any(one.time_point is TimePoint.END_OF_INDUCTION for one in own if one.on > since)
    return Standing.POSITIVE_EOI if at_eoi else Standing.POSITIVE_UNCONFIRMED

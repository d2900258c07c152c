"""Samples for MRD between vein and report: which are planned, and what each waits for until which day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from trialsite.studies.domain.sample_plan import SamplePlan

Place = tuple[str, int, str]  # visit, its repeat, method


class Wait(StrEnum):
    """What a logged sample waits for."""

    SEND = "SEND"
    RECEIPT = "RECEIPT"
    REPORT = "REPORT"
    REDRAW = "REDRAW"


@dataclass(frozen=True)
class LoggedSample:
    """A sample as its days tell it; None where that has not happened (or nobody said so)."""

    method: str
    drawn_on: date
    sent_on: date | None = None
    received_on: date | None = None
    rejected_on: date | None = None
    reported_on: date | None = None
    redrawn: bool = False


@dataclass(frozen=True)
class Chase:
    """What is waited for, and the last day on which nobody has to ask yet."""

    wait: Wait
    by: date


def chase(sample: LoggedSample, days: SamplePlan) -> Chase | None:
    """What a sample waits for by the days of its protocol; None when its report is there, or another was drawn for a
    rejected one.

    A rejected sample asks for another one from its day on. A report that came ends every chase."""
    if sample.reported_on is not None:
        return None
    if sample.rejected_on is not None:
        return None if sample.redrawn else Chase(Wait.REDRAW, sample.rejected_on)
    if sample.received_on is not None:
        wait, since, allowed = Wait.REPORT, sample.received_on, days.report_within(sample.method)
    elif sample.sent_on is not None:
        wait, since, allowed = Wait.RECEIPT, sample.sent_on, days.receipt_days
    else:
        wait, since, allowed = Wait.SEND, sample.drawn_on, days.send_days
    return Chase(wait, since + timedelta(days=allowed))


@dataclass(frozen=True)
class VisitWithMrd:
    """A planned visit that asks for MRD; without a target it waits for its anchor."""

    key: str
    repeat: int
    target: date | None
    earliest: date | None
    latest: date | None
    expected: bool = True


@dataclass(frozen=True)
class PlannedSample:
    """A sample that the protocol asks for and that nobody has logged."""

    visit: VisitWithMrd
    method: str


def planned_samples(
    visits: Iterable[VisitWithMrd],
    methods: Sequence[str],
    logged: Collection[Place],
    resulted: Collection[Place],
) -> tuple[PlannedSample, ...]:
    """A sample for each method at each visit that asks for MRD, as far as none is logged and no result is entered.

    methods: of the study, each once. A visit that is not expected any more (not done, death, off study) plans none."""
    known = {*logged, *resulted}
    return tuple(
        PlannedSample(visit, method)
        for visit in visits
        if visit.expected
        for method in dict.fromkeys(methods)
        if (visit.key, visit.repeat, method) not in known
    )

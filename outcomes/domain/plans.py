"""What endpoint derivation needs to know of a protocol's endpoint, and who belongs to its analysis set."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

from outcomes.domain.history import Dated, History
from trialsite.clinical.dates import add_months

TIME_TO_EVENT = "time-to-event"
CUMULATIVE_INCIDENCE = "cumulative-incidence"
PROPORTION = "proportion"
BINARY_LANDMARK = "binary-landmark"

# Assumption: the landmark visit has a window of 30 days after, and results need another two weeks.
DAYS_AFTER_LANDMARK = 45


class EndpointPlan(Protocol):
    """One endpoint of a protocol file, as `trialsite.studies.domain.protocol.EndpointPlan` has it."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def analysis_set(self) -> str: ...
    @property
    def origin(self) -> str | None: ...
    @property
    def events(self) -> Sequence[str]: ...
    @property
    def competing(self) -> Sequence[str]: ...
    @property
    def censor(self) -> str | None: ...
    @property
    def landmark_months(self) -> Decimal | None: ...
    @property
    def horizon_months(self) -> Decimal | None: ...
    @property
    def assessed_at(self) -> Sequence[str]: ...
    @property
    def method(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Switches:
    """Sensitivity analyses; all off is the primary analysis (treatment policy).

    failure_on_first_day: treatment failure, and death before any response assessment, count on the first
    day, as in the outcome table of the ELN 2022 AML recommendations (Döhner H et al. Blood
    2022;140:1345–1377); off: on their own day, as registration 002 says. censor_at: any of `hsct`, `car_t`,
    `new_therapy`. relapse_on_last_day: a partial relapse date counts on its last possible day.
    """

    failure_on_first_day: bool = False
    censor_at: frozenset[str] = frozenset()
    relapse_on_last_day: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a subject belongs to an analysis set; the reason when not; None when a cut-off is needed to
    say.
    """

    in_set: bool | None
    reason_code: str = ""
    evaluable_on: date | None = None
    months: int | None = None


ORIGINS: dict[str, Callable[[History], Dated | None]] = {
    "first_crc": lambda history: history.first_crc,
    "c1d1": lambda history: history.c1d1,
    "hsct_d0": lambda history: history.hsct_d0,
    "randomisation": lambda history: history.randomised_on,
}

SETS: dict[str, tuple[Callable[[History], Dated | None], str]] = {
    "ALL_TREATED": (lambda history: history.c1d1, "not_treated"),
    "CRC": (lambda history: history.first_crc, "no_crc"),
    "TRANSPLANTED": (lambda history: history.hsct_d0, "not_transplanted"),
    "RANDOMISED": (lambda history: history.randomised_on, "not_randomised"),
    "SAFETY": (lambda history: history.c1d1 or history.randomised_on, "not_treated"),
}
EVALUABLE = re.compile(r"EVALUABLE_([0-9]+)M")


def last_day_used(history: History, data_cut_off: date | None) -> date | None:
    """The last day whose records count: the data cut-off, or the day follow-up was withdrawn if that is
    earlier.
    """
    withdrawn = history.follow_up_withdrawn
    ends = [day for day in (data_cut_off, withdrawn.earliest if withdrawn else None) if day is not None]
    return min(ends, default=None)


def used(day: date, cut: date | None) -> bool:
    """Whether a day's records count."""
    return cut is None or day <= cut


def membership(analysis_set: str, history: History, data_cut_off: date | None) -> Membership:
    """Whether the subject is in the set as far as the records that count go.

    `EVALUABLE_24M`: transplanted, and 24 calendar months and 45 days have passed by the cut-off, whatever the
    outcome. ValueError for a set nobody knows.
    """
    cut = last_day_used(history, data_cut_off)
    if found := EVALUABLE.fullmatch(analysis_set):
        return _evaluable(int(found[1]), history, cut, data_cut_off)
    if analysis_set not in SETS:
        raise ValueError(f"There is no analysis set called {analysis_set}.")
    entry, reason = SETS[analysis_set]
    dated = entry(history)
    inside = dated is not None and used(dated.earliest, cut)
    return Membership(inside, "" if inside else reason)


def _evaluable(months: int, history: History, cut: date | None, data_cut_off: date | None) -> Membership:
    graft = history.hsct_d0
    if graft is None or not used(graft.earliest, cut):
        return Membership(False, "not_transplanted")
    evaluable_on = add_months(graft.latest, months) + timedelta(days=DAYS_AFTER_LANDMARK)
    if data_cut_off is None:
        return Membership(None, "no_cut_off", evaluable_on, months)
    inside = evaluable_on <= data_cut_off
    return Membership(inside, "" if inside else "follow_up_too_short", evaluable_on, months)

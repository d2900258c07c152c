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
    @property
    def analysis(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Switches:
    """What a sensitivity analysis turns; all off is the primary analysis (treatment policy).

    failure_on_first_day: treatment failure, and death before any response assessment, count on the first
    day, as in the outcome table of the ELN 2022 AML recommendations (Döhner H et al. Blood
    2022;140:1345–1377); off: on their own day, as registration 002 says. censor_at: any of `hsct`, `car_t`,
    `new_therapy`. relapse_on_last_day: a partial relapse date counts on its last possible day.
    before_gap: an event after two missed disease assessments in a row is censored at the assessment before
    them. death_competes: only death competes. not_evaluable_fails: a landmark that cannot be evaluated was
    not reached. response_by_counts: a remission needs its counts, MLFS is no CRi (registration 002 says "with or
    without recovery"). only: the subjects it is restricted to, a name of `RESTRICTIONS`. investigator: events
    as the investigators recorded them, also where a committee decided.
    """

    failure_on_first_day: bool = False
    censor_at: frozenset[str] = frozenset()
    relapse_on_last_day: bool = False
    before_gap: bool = False
    death_competes: bool = False
    not_evaluable_fails: bool = False
    response_by_counts: bool = False
    only: str = ""
    investigator: bool = False


ANALYSES: dict[str, Switches] = {
    "": Switches(),
    "censored_at_hsct": Switches(censor_at=frozenset({"hsct"})),
    "censored_at_car_t": Switches(censor_at=frozenset({"car_t"})),
    "censored_at_new_therapy": Switches(censor_at=frozenset({"new_therapy"})),
    "censored_before_gap": Switches(before_gap=True),
    "failure_on_first_day": Switches(failure_on_first_day=True),
    "relapse_on_last_day": Switches(relapse_on_last_day=True),
    "competing_death_only": Switches(death_competes=True),
    "not_evaluable_as_failure": Switches(not_evaluable_fails=True),
    "response_by_counts": Switches(response_by_counts=True),
    "response_evaluable": Switches(only="response_evaluable"),
    "per_protocol": Switches(only="per_protocol"),
    "investigator": Switches(investigator=True),
}


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
# Who is left in a restricted analysis, and the reason of who is not.
RESTRICTIONS: dict[str, tuple[Callable[[History, date | None], bool], str]] = {
    "response_evaluable": (
        lambda history, cut: any(used(one.earliest, cut) for one in history.responses),
        "no_response_assessed",
    ),
    "per_protocol": (
        lambda history, cut: not any(used(one.earliest, cut) for one in history.major_deviations),
        "major_deviation",
    ),
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


def membership(analysis_set: str, history: History, data_cut_off: date | None, only: str = "") -> Membership:
    """Whether the subject is in the set, and among those an analysis is restricted to, as far as the records
    that count go.

    `EVALUABLE_24M`: transplanted, and 24 calendar months and 45 days have passed by the cut-off, whatever the
    outcome. ValueError for a set nobody knows.
    """
    cut = last_day_used(history, data_cut_off)
    if found := EVALUABLE.fullmatch(analysis_set):
        member = _evaluable(int(found[1]), history, cut, data_cut_off)
        return _restricted(history, cut, only) if member.in_set else member
    if analysis_set not in SETS:
        raise ValueError(f"There is no analysis set called {analysis_set}.")
    entry, reason = SETS[analysis_set]
    dated = entry(history)
    if dated is None or not used(dated.earliest, cut):
        return Membership(False, reason)
    return _restricted(history, cut, only)


def _restricted(history: History, cut: date | None, only: str) -> Membership:
    if only:
        stays, reason = RESTRICTIONS[only]
        if not stays(history, cut):
            return Membership(False, reason)
    return Membership(True)


def _evaluable(months: int, history: History, cut: date | None, data_cut_off: date | None) -> Membership:
    graft = history.hsct_d0
    if graft is None or not used(graft.earliest, cut):
        return Membership(False, "not_transplanted")
    evaluable_on = add_months(graft.latest, months) + timedelta(days=DAYS_AFTER_LANDMARK)
    if data_cut_off is None:
        return Membership(None, "no_cut_off", evaluable_on, months)
    inside = evaluable_on <= data_cut_off
    return Membership(inside, "" if inside else "follow_up_too_short", evaluable_on, months)

"""Which laboratory checks for tumour lysis the days of a ramp need, and which are not recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from trialsite.studies.domain.protocol import LysisPlan


@dataclass(frozen=True)
class LysisCheck:
    """One check as recorded: its day, time point, whether lysis was found, whether the drug was held; None is open."""

    on: date | None
    point: str
    lysis: bool | None
    held: bool | None


@dataclass(frozen=True)
class MissingCheck:
    """A check that a day of the cycle needs and that nobody has recorded."""

    day: int
    on: date
    point: str


def missing_checks(
    plan: LysisPlan, start: date, recorded: Iterable[LysisCheck], today: date
) -> tuple[MissingCheck, ...]:
    """Checks of the days that have come (today's too), in their order. start: day 1 of the cycle."""
    known = {(one.on, one.point) for one in recorded}
    found = []
    for group in plan.checks:
        for day in group.days:
            on = start + timedelta(days=day - 1)
            if on <= today:
                found += [MissingCheck(day, on, each) for each in group.points if (on, each) not in known]
    return tuple(sorted(found, key=lambda one: one.day))


def lysis_unheld(recorded: Iterable[LysisCheck], start: date) -> LysisCheck | None:
    """The latest check of a cycle, where it found lysis and the drug is not known to be held."""
    here = [one for one in recorded if one.on is not None and one.on >= start]
    last = max(here, key=lambda one: one.on or start, default=None)
    return last if last is not None and last.lysis and not last.held else None

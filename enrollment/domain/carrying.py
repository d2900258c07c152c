"""Which results of an earlier screening still hold in a new one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

NEVER = ("ICF", "EL")  # consent and the investigator's statements are given anew


def window_of(days: Iterable[int | None]) -> int | None:
    """How many days a form's results hold: the shortest window of its facts; None where none has a limit."""
    limits = [one for one in days if one is not None]
    return min(limits) if limits else None


def holds_until(performed_on: date, window_days: int | None) -> date | None:
    """The last day on which results of a day still count; None without limit."""
    return None if window_days is None else performed_on + timedelta(days=window_days)


def still_holds(performed_on: date | None, window_days: int | None, on: date) -> bool:
    """Whether results count on a day, the last day of the window included; a form without a date cannot be told."""
    if performed_on is None or performed_on > on:
        return False
    until = holds_until(performed_on, window_days)
    return until is None or on <= until

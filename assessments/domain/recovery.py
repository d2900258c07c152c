"""Blasts below 5 % without recovery of the counts: what is repeated until when, and from when it may be failure.

All days are assumptions: counts again every week, the marrow again within 14 days, no failure before day 42.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from assessments.domain.response import REPEAT_MARROW_DAYS, Category
from trialsite.clinical.kleene import Truth

COUNTS_AGAIN_DAYS = 7
FAILURE_FROM_DAY = 42
CLEAR_MARROW = frozenset({Category.CR, Category.CRH, Category.CRI, Category.MLFS})


@dataclass(frozen=True)
class Awaited:
    """Until when counts and marrow are repeated, and the first day on which an assessment may be failure."""

    counts_by: date
    marrow_by: date
    failure_from: date


def day_of_treatment(on: date, first_dose: date) -> int:
    """The day of treatment; the first dose is day 1, the day before it day -1: there is no day 0."""
    days = (on - first_dose).days
    return days + 1 if days >= 0 else days


def awaits_recovery(
    categories: Collection[str],
    in_crc: Truth,
    *,
    marrow_on: date,
    counts_on: date | None,
    first_dose: date | None,
) -> Awaited | None:
    """What is repeated after a marrow that is clear while the counts have not recovered; None where nothing is.

    categories: those still open, or the investigator's own. in_crc: a remission waits for nothing. counts_on: the last
    counts; without any the marrow's day stands for it. A marrow before the first dose is no response; one from day 42
    on may be failure."""
    if in_crc is Truth.TRUE or first_dose is None or marrow_on < first_dose:
        return None
    if not categories or not set(categories) <= {one.value for one in CLEAR_MARROW}:
        return None
    if day_of_treatment(marrow_on, first_dose) >= FAILURE_FROM_DAY:
        return None
    return Awaited(
        counts_by=(counts_on or marrow_on) + timedelta(days=COUNTS_AGAIN_DAYS),
        marrow_by=marrow_on + timedelta(days=REPEAT_MARROW_DAYS),
        failure_from=first_dose + timedelta(days=FAILURE_FROM_DAY - 1),
    )

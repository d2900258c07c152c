"""Recovery after transplantation from the series of counts: a proposal for the form, never the record itself.

Neutrophils: the first of 3 successive days at 0.5 × 10⁹/L or more. Platelets: the first of 3 consecutive days at
20 × 10⁹/L or more without a platelet transfusion in the 7 days before (EBMT). Counts are not taken on every day: 3
successive measured days are taken, no two of them more than `MAX_GAP_DAYS` apart (assumption)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from trialsite.clinical.kleene import Truth, all_of
from trialsite.clinical.quantity import Quantity, compare

ANC_LIMIT, PLATELET_LIMIT = Decimal("0.5"), Decimal(20)
DAYS_IN_A_ROW = 3
MAX_GAP_DAYS = 3
TRANSFUSION_FREE_DAYS = 7
FAILURE_DAY, FAILURE_DAY_CORD = 30, 42


@dataclass(frozen=True)
class Count:
    """One count of one day, × 10⁹/L."""

    on: date
    value: Quantity | Decimal


@dataclass(frozen=True)
class Recovery:
    """The first of the days that count, and the days it rests on."""

    on: date
    days: tuple[date, ...]


def neutrophil_recovery(counts: Sequence[Count], day0: date) -> Recovery | None:
    """The recovery of neutrophils after a graft; None while no 3 days show it."""
    return first_run([(one.on, compare(one.value, ">=", ANC_LIMIT)) for one in counts if one.on > day0])


def platelet_recovery(counts: Sequence[Count], transfused: Sequence[date], day0: date) -> Recovery | None:
    """The recovery of platelets after a graft, each of its days without transfusion in the 7 days before."""
    return first_run(
        [
            (one.on, all_of((compare(one.value, ">=", PLATELET_LIMIT), unsupported(one.on, transfused))))
            for one in counts
            if one.on > day0
        ]
    )


def unsupported(day: date, transfused: Sequence[date]) -> Truth:
    """No platelet transfusion on a day or in the 7 before it; what is not recorded was not given (assumption)."""
    since = day - timedelta(days=TRANSFUSION_FREE_DAYS)
    return Truth.of(not any(since <= one <= day for one in transfused))


def first_run(days: Sequence[tuple[date, Truth]]) -> Recovery | None:
    """The first 3 measured days in a row that all hold; of several counts on a day all must."""
    by_day: dict[date, Truth] = {}
    for day, holds in sorted(days, key=lambda one: one[0]):
        by_day[day] = all_of((by_day.get(day, Truth.TRUE), holds))
    run: list[date] = []
    for day, holds in by_day.items():
        if holds is not Truth.TRUE:
            run = []
            continue
        if run and (day - run[-1]).days > MAX_GAP_DAYS:
            run = []
        run.append(day)
        if len(run) == DAYS_IN_A_ROW:
            return Recovery(run[0], tuple(run))
    return None


def primary_failure(counts: Sequence[Count], day0: date, today: date, cord: bool = False) -> Truth:
    """No neutrophils of 0.5 × 10⁹/L or more by day +30 (cord blood +42).

    FALSE once a count reached it by then; TRUE when that day has passed and no count did; UNKNOWN before it, and where
    nothing was measured."""
    last = day0 + timedelta(days=FAILURE_DAY_CORD if cord else FAILURE_DAY)
    seen = [compare(one.value, ">=", ANC_LIMIT) for one in counts if day0 < one.on <= last]
    if Truth.TRUE in seen:
        return Truth.FALSE
    return Truth.TRUE if today > last and seen and Truth.UNKNOWN not in seen else Truth.UNKNOWN

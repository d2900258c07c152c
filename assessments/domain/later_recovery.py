"""Counts reported after a clear marrow: whether the response is better from their day on.

A later recovery upgrades the category from the day of the counts while the marrow is not too old (assumption: 28 days;
the protocol file says how many); within the window around the marrow it is dated to the marrow, as all its parts lie
there. Counts under growth factor or transfusion, or without an answer on blasts in blood, leave it open: they neither
upgrade nor fail."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from assessments.domain.criteria import ResponseRulesLike
from assessments.domain.recovery import CLEAR_MARROW
from assessments.domain.response import Assessment, Category, Response, classify_response
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity

BEST_FIRST = (Category.CR, Category.CRH, Category.CRI, Category.MLFS)


@dataclass(frozen=True)
class LaterCounts:
    """Blood counts of one day. anc, platelets: 10⁹/L. pb_blasts: any blasts in blood that day. The rest as in
    `Assessment`; empty is unknown."""

    on: date
    anc: Quantity | Decimal | None = None
    platelets: Quantity | Decimal | None = None
    pb_blasts: Truth = Truth.UNKNOWN
    gcsf_7d: Truth = Truth.UNKNOWN
    platelets_7d: Truth = Truth.UNKNOWN


@dataclass(frozen=True)
class Recovery:
    """What counts of a later day do to a response.

    upgrades: TRUE, better from `response.on` on; UNKNOWN, the numbers would do but something forbids or is missing;
    FALSE, they have not recovered further. response: the marrow classified with these counts."""

    counts: LaterCounts
    upgrades: Truth
    response: Response


def later_recovery(
    seen: Assessment,
    standing: Collection[str],
    counts: Iterable[LaterCounts],
    rules: ResponseRulesLike,
    before: date | None = None,
) -> tuple[Recovery, ...]:
    """Each later day with both counts and what it does, the earliest first; () for a marrow that is not clear.

    standing: the categories still open at the marrow, or the investigator's own. before: the day of the next marrow,
    which is judged by itself. Days up to the counts already used say nothing new."""
    if seen.marrow_on is None or not _clear(standing):
        return ()
    used = max(seen.marrow_on, seen.counts_on or seen.marrow_on)
    found: list[Recovery] = []
    for one in sorted(counts, key=lambda each: each.on):
        late = (one.on - seen.marrow_on).days > rules.marrow_max_age_days or (before and one.on >= before)
        if one.on <= used or late or one.anc is None or one.platelets is None:
            continue
        recovery = _judge(seen, standing, one, rules)
        if recovery.upgrades is Truth.TRUE:
            standing = (recovery.response.category.value,)
        found.append(recovery)
    return tuple(found)


def _judge(
    seen: Assessment, standing: Collection[str], counts: LaterCounts, rules: ResponseRulesLike
) -> Recovery:
    then = replace(
        seen,
        counts_on=counts.on,
        anc=counts.anc,
        platelets=counts.platelets,
        pb_blasts=counts.pb_blasts,
        pb_blasts_confirmed=Truth.UNKNOWN,
        gcsf_7d=counts.gcsf_7d,
        platelets_7d=counts.platelets_7d,
    )
    response = classify_response(then, rules)
    if _better(response.category, standing):
        return Recovery(counts, Truth.TRUE, response)
    # What the numbers would give if nothing stood behind them.
    blasts = Truth.FALSE if counts.pb_blasts is Truth.UNKNOWN else counts.pb_blasts
    plain = replace(then, pb_blasts=blasts, gcsf_7d=Truth.FALSE, platelets_7d=Truth.FALSE)
    hopeful = classify_response(plain, rules).category
    decided = response.category is not Category.UNKNOWN or not _better(hopeful, standing)
    return Recovery(counts, Truth.FALSE if decided else Truth.UNKNOWN, response)


def _clear(standing: Collection[str]) -> bool:
    return bool(standing) and set(standing) <= {one.value for one in CLEAR_MARROW}


def _better(category: Category, standing: Collection[str]) -> bool:
    """Whether a category is better than the worst that is still open."""
    if category not in BEST_FIRST:
        return False
    return BEST_FIRST.index(category) < max(BEST_FIRST.index(Category(one)) for one in standing)

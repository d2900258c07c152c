"""Minimisation after Pocock and Simon: the next subject goes, with high probability, where it balances best.

For each arm the subject is tried there: within each of its factor levels the arms are counted, each count divided by
the arm's share of the ratio, and the range (largest minus smallest) taken; the weighted sum of the ranges is the arm's
imbalance. The arms with the least share the protocol's probability, the others what is left; where all are equal the
draw decides alone. The random element is a number of the sealed list, so that the sequence can be made again.

Source: Pocock SJ, Simon R. Sequential treatment assignment with balancing for prognostic factors in the controlled
clinical trial. Biometrics 1975;31:103-115. The database function `randomisation_minimised` does the same where no
role of the application can read the draws; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import prod

from .randomisation import DRAW_SPAN

BY_RATIO, EQUAL = "ratio", "equal"


@dataclass(frozen=True)
class MinimisationPlan:
    """ratio: arm → share. weights: factor → weight. probability: of the best arms together, above their share of the
    ratio and at most 1. ties: how equally good arms share it, by RATIO or EQUALly."""

    ratio: Mapping[str, int]
    weights: Mapping[str, int]
    probability: Decimal
    ties: str = BY_RATIO


@dataclass(frozen=True)
class Earlier:
    """One subject randomised before: its arm, and its level of each factor ("risk=HIGH")."""

    arm: str
    levels: frozenset[str]


def imbalance(plan: MinimisationPlan, levels: Iterable[str], earlier: Sequence[Earlier], arm: str) -> int:
    """The weighted sum of ranges if the subject went to `arm`, times the product of the shares (so it is whole)."""
    whole = prod(plan.ratio.values())
    total = 0
    for level in levels:
        counts = {
            one: sum(level in other.levels for other in earlier if other.arm == one) for one in plan.ratio
        }
        counts[arm] += 1
        scaled = [counts[one] * whole // share for one, share in plan.ratio.items()]
        total += plan.weights[level.partition("=")[0]] * (max(scaled) - min(scaled))
    return total


def minimised_arm(
    plan: MinimisationPlan, levels: Iterable[str], earlier: Sequence[Earlier], draw: int
) -> str:
    """The arm of the next subject. levels: its level of each factor. draw: from 0 to DRAW_SPAN - 1."""
    own = list(levels)
    scores = {arm: imbalance(plan, own, earlier, arm) for arm in plan.ratio}
    best = {arm for arm, score in scores.items() if score == min(scores.values())}
    share = plan.ratio if plan.ties == BY_RATIO else dict.fromkeys(plan.ratio, 1)
    of_best = sum(share[arm] for arm in best)
    of_rest = sum(share[arm] for arm in plan.ratio if arm not in best)
    likely = int(plan.probability * DRAW_SPAN) if of_rest else DRAW_SPAN
    place, reached = draw * of_best * max(of_rest, 1), 0
    for arm in sorted(plan.ratio):
        part = likely * max(of_rest, 1) if arm in best else (DRAW_SPAN - likely) * of_best
        reached += share[arm] * part
        if place < reached:
            return arm
    raise AssertionError("A draw lies below DRAW_SPAN.")

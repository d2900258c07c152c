"""Minimisation after Pocock and Simon: the imbalance by hand, both sides of the probability, ties, ratios."""

from collections import Counter
from decimal import Decimal

import pytest

from enrollment.domain.minimisation import EQUAL, Earlier, MinimisationPlan, imbalance, minimised_arm
from enrollment.domain.randomisation import DRAW_SPAN, draw_list

PLAN = MinimisationPlan({"A": 1, "B": 1}, {"sex": 1, "age": 1}, Decimal("0.8"))
EARLIER = [
    Earlier("A", frozenset({"sex=M", "age=YOUNG"})),
    Earlier("B", frozenset({"sex=M", "age=OLD"})),
    Earlier("A", frozenset({"sex=F", "age=YOUNG"})),
]
NEXT = ("sex=M", "age=YOUNG")


@pytest.mark.parametrize(
    ("plan", "arm", "expected"),
    [
        # sex=M: A 2, B 1 → 1; age=YOUNG: A 3, B 0 → 3
        (PLAN, "A", 4),
        # sex=M: A 1, B 2 → 1; age=YOUNG: A 2, B 1 → 1
        (PLAN, "B", 2),
        # age counts three times
        (MinimisationPlan(PLAN.ratio, {"sex": 1, "age": 3}, PLAN.probability), "A", 10),
        # 2:1, counts divided by the share, times 2: M: A 2/2, B 1 → 0; YOUNG: A 3/2, B 0 → 3
        (MinimisationPlan({"A": 2, "B": 1}, PLAN.weights, PLAN.probability), "A", 3),
    ],
)
def test_the_imbalance_is_the_weighted_sum_of_ranges(plan: MinimisationPlan, arm: str, expected: int) -> None:
    assert imbalance(plan, NEXT, EARLIER, arm) == expected


@pytest.mark.parametrize(("draw", "arm"), [(0, "A"), (199_999, "A"), (200_000, "B"), (999_999, "B")])
def test_the_better_arm_is_given_with_the_probability_of_the_protocol(draw: int, arm: str) -> None:
    assert minimised_arm(PLAN, NEXT, EARLIER, draw) == arm


@pytest.mark.parametrize(
    ("ratio", "ties", "draw", "arm"),
    [
        ({"A": 1, "B": 1}, "ratio", 499_999, "A"),
        ({"A": 1, "B": 1}, "ratio", 500_000, "B"),
        ({"A": 2, "B": 1}, "ratio", 666_666, "A"),
        ({"A": 2, "B": 1}, "ratio", 666_667, "B"),
        ({"A": 2, "B": 1}, EQUAL, 499_999, "A"),
        ({"A": 2, "B": 1}, EQUAL, 500_000, "B"),
    ],
)
def test_equally_good_arms_share_by_ratio_or_equally(
    ratio: dict[str, int], ties: str, draw: int, arm: str
) -> None:
    plan = MinimisationPlan(ratio, {}, Decimal("0.8"), ties)
    assert minimised_arm(plan, (), [], draw) == arm


def test_three_arms_share_what_the_best_leaves() -> None:
    plan = MinimisationPlan({"A": 1, "B": 1, "C": 1}, {"sex": 1}, Decimal("0.7"))
    earlier = [Earlier("A", frozenset({"sex=M"})), Earlier("B", frozenset({"sex=M"}))]
    given = Counter(minimised_arm(plan, ("sex=M",), earlier, draw) for draw in range(0, DRAW_SPAN, 1000))
    assert given == {"A": 150, "B": 150, "C": 700}


def test_a_probability_of_one_leaves_nothing_to_the_draw_but_ties() -> None:
    plan = MinimisationPlan(PLAN.ratio, PLAN.weights, Decimal(1))
    assert {minimised_arm(plan, NEXT, EARLIER, draw) for draw in (0, 500_000, 999_999)} == {"B"}


def test_a_trial_stays_balanced_within_every_level() -> None:
    levels = [(f"sex={'MF'[n * 7 % 3 % 2]}", f"age={'YO'[n * 5 % 7 % 2]}") for n in range(120)]
    earlier: list[Earlier] = []
    for own, draw in zip(levels, draw_list("a seed for a trial", 120), strict=True):
        earlier.append(Earlier(minimised_arm(PLAN, own, earlier, draw), frozenset(own)))
    for level in ("sex=M", "sex=F", "age=Y", "age=O"):
        count = Counter(one.arm for one in earlier if level in one.levels)
        assert abs(count["A"] - count["B"]) <= 5, level

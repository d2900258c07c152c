"""The randomisation list: reproducible, balanced block by block, independent between strata."""

from collections import Counter
from dataclasses import replace
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment.domain.randomisation import (
    DRAW_SPAN,
    AllocationSlot,
    all_strata,
    allocation_list,
    draw_list,
    list_digest,
    list_lines,
    stratum_key,
)

EVEN = {"A": 1, "B": 1}
GOLDEN = ["BBAABABABABABA", "ABABBAABABABBA"]
GOLDEN_DIGEST = "82a9e1b2e3ef492dff62a4ac98a9917f35eed0513dfc14c1081003e302e59fc7"
GOLDEN_DRAWS = (155535, 324230, 240750, 248394, 93279)
STRATA = ("risk=HIGH;site=SZ01", "risk=OTHER;site=SZ01")


def arms(seed: str, slots: int = 24, stratum: str = STRATA[0]) -> str:
    made = allocation_list(seed, [stratum], EVEN, (4, 6), slots)
    return "".join(one.arm for one in made)


def blocks(made: tuple[AllocationSlot, ...]) -> list[list[AllocationSlot]]:
    return [list(group) for _, group in groupby(made, key=lambda one: (one.stratum, one.block))]


def test_the_list_of_a_seed_never_changes() -> None:
    """Written down once: another Python version or a changed generator would break running trials."""
    made = allocation_list("seed-2026", STRATA, EVEN, (4, 6), 12)
    assert ["".join(one.arm for one in made if one.stratum == key) for key in STRATA] == GOLDEN
    assert list_digest(list_lines(made), "seed-2026") == GOLDEN_DIGEST
    assert draw_list("seed-2026", 5) == GOLDEN_DRAWS


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1), st.integers(1, 40), st.sampled_from([(4,), (6,), (4, 6), (2, 4, 8)]))
def test_every_block_holds_each_arm_equally_often(seed: str, slots: int, sizes: tuple[int, ...]) -> None:
    made = allocation_list(seed, STRATA, EVEN, sizes, slots)
    for block in blocks(made):
        count = Counter(one.arm for one in block)
        assert count["A"] == count["B"] == block[0].block_size // 2
        assert len(block) == block[0].block_size


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1))
def test_within_a_stratum_the_arms_never_differ_by_more_than_half_the_largest_block(seed: str) -> None:
    difference = 0
    for arm in arms(seed, 60):
        difference += 1 if arm == "A" else -1
        assert abs(difference) <= 3


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1), st.integers(1, 30))
def test_a_list_holds_at_least_the_places_asked_for_and_ends_with_a_whole_block(
    seed: str, slots: int
) -> None:
    made = allocation_list(seed, STRATA[:1], EVEN, (4, 6), slots)
    assert slots <= len(made) < slots + 6
    assert [one.number for one in made] == list(range(1, len(made) + 1))


def test_a_longer_list_begins_with_the_shorter_one() -> None:
    assert arms("s", 60).startswith(arms("s", 12))


def test_a_ratio_of_two_to_one_is_kept_in_every_block() -> None:
    made = allocation_list("s", STRATA, {"A": 2, "B": 1}, (3, 6), 30)
    assert all(Counter(one.arm for one in block)["A"] * 3 == 2 * len(block) for block in blocks(made))


def test_strata_have_lists_of_their_own_that_a_new_site_does_not_change() -> None:
    alone = allocation_list("s", STRATA[:1], EVEN, (4, 6), 40)
    both = allocation_list("s", STRATA, EVEN, (4, 6), 40)
    assert both[: len(alone)] == alone
    assert arms("s", 40, STRATA[0]) != arms("s", 40, STRATA[1])


def test_another_seed_makes_another_list() -> None:
    assert len({arms(f"seed {number}") for number in range(50)}) == 50


def test_both_block_sizes_and_all_orders_of_a_block_occur_about_equally_often() -> None:
    made = allocation_list("s", [str(number) for number in range(300)], EVEN, (4, 6), 20)
    found = blocks(made)
    sizes = Counter(len(block) for block in found)
    assert abs(sizes[4] - sizes[6]) < 4 * len(found) ** 0.5
    orders = Counter("".join(one.arm for one in block) for block in found if len(block) == 4)
    assert len(orders) == 6
    expected = sizes[4] / 6
    # Chi-squared with five degrees of freedom: 20.5 is exceeded once in a thousand seeds; this seed is fixed.
    assert sum((seen - expected) ** 2 / expected for seen in orders.values()) < 20.5


def test_the_order_of_arms_and_sizes_in_the_arguments_does_not_matter() -> None:
    one = allocation_list("s", STRATA, {"A": 1, "B": 1}, (4, 6), 20)
    assert allocation_list("s", STRATA, {"B": 1, "A": 1}, (6, 4, 4), 20) == one


@pytest.mark.parametrize(
    ("ratio", "sizes", "strata", "says"),
    [
        (EVEN, (5,), STRATA, "multiple of 2"),
        (EVEN, (), STRATA, "multiple of 2"),
        (EVEN, (0,), STRATA, "multiple of 2"),
        ({"A": 2, "B": 1}, (4,), STRATA, "multiple of 3"),
        ({"A": 1, "B": 0}, (4,), STRATA, "at least 1"),
        ({}, (4,), STRATA, "at least 1"),
        (EVEN, (4,), (STRATA[0], STRATA[0]), "twice"),
    ],
)
def test_a_list_that_cannot_be_balanced_is_refused(
    ratio: dict[str, int], sizes: tuple[int, ...], strata: tuple[str, ...], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        allocation_list("s", strata, ratio, sizes, 10)


def test_a_list_without_a_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed"):
        allocation_list("", STRATA, EVEN, (4,), 10)


def test_the_digest_shows_a_changed_place() -> None:
    made = allocation_list("s", STRATA, EVEN, (4,), 8)
    digest = list_digest(list_lines(made), "s")
    assert list_digest(list_lines(reversed(made)), "s") == digest
    changed = replace(made[0], arm="B" if made[0].arm == "A" else "A")
    assert list_digest(list_lines((changed, *made[1:])), "s") != digest


def test_the_digest_tells_nothing_to_who_has_the_list_but_not_the_key() -> None:
    """Otherwise who has seen most of a stratum could try what is left of it against the published digest."""
    lines = list_lines(allocation_list("s", STRATA, EVEN, (4,), 8))
    assert list_digest(lines, "s") != list_digest(lines, "t")


def test_draws_are_even_and_a_longer_list_begins_as_the_shorter() -> None:
    draws = draw_list("a seed for draws", 2000)
    assert draws[:100] == draw_list("a seed for draws", 100)
    assert all(0 <= one < DRAW_SPAN for one in draws)
    tenths = Counter(one * 10 // DRAW_SPAN for one in draws)
    # Chi-squared with nine degrees of freedom: 27.9 is exceeded once in a thousand seeds; this seed is fixed.
    assert sum((tenths[one] - 200) ** 2 / 200 for one in range(10)) < 27.9
    with pytest.raises(ValueError, match="seed"):
        draw_list("", 3)


def test_strata_are_named_by_their_factors_in_alphabetical_order() -> None:
    assert stratum_key({"site": "SZ01", "risk": "HIGH"}) == STRATA[0]
    assert all_strata({"site": ["SZ01", "GZ01"], "risk": ["HIGH", "OTHER"]}) == [
        "risk=HIGH;site=SZ01",
        "risk=HIGH;site=GZ01",
        "risk=OTHER;site=SZ01",
        "risk=OTHER;site=GZ01",
    ]

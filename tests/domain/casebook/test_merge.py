"""Two people in one form, as rules: what differs, whose answer is preselected, what results."""

import random
from typing import Any

import pytest

from trialsite.casebook.domain.merge import (
    Answer,
    Choice,
    Content,
    Difference,
    differences,
    is_asked,
    merged,
    undecided,
)

MINE, THEIRS = Choice.MINE, Choice.THEIRS


def content(lines: dict[int, dict[str, Any]] | None = None, **items: Any) -> Content:
    return Content(
        {name: value if isinstance(value, Answer) else Answer(value) for name, value in items.items()},
        {("results", number): line for number, line in (lines or {}).items()},
    )


def places(found: list[Difference]) -> dict[str, Choice | None]:
    return {one.place: one.preselected for one in found}


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "expected"),
    [
        (1, 1, 1, {}),
        (1, 2, 1, {"a": THEIRS}),
        (1, 1, 2, {"a": MINE}),
        (1, 2, 3, {"a": None}),
        (1, 2, 2, {}),
        (None, 2, 3, {"a": None}),
        (None, 2, None, {"a": THEIRS}),
        (None, None, 0, {"a": MINE}),  # zero is an answer
        (1, Answer(None, "NOT_DONE"), 1, {"a": THEIRS}),
        (1, Answer(None, "NOT_DONE"), Answer(None, "UNKNOWN"), {"a": None}),
    ],
)
def test_an_item_differs_and_is_preselected_by_who_changed_it(
    base: Any, theirs: Any, mine: Any, expected: dict[str, Any]
) -> None:
    assert places(list(differences(content(a=base), content(a=theirs), content(a=mine)))) == expected


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "expected"),
    [
        ({1: {"x": 1}}, {1: {"x": 2}}, {1: {"x": 1}}, {"results.1.x": THEIRS}),
        (
            {1: {"x": 1, "y": 1}}, {1: {"x": 2, "y": 1}}, {1: {"x": 1, "y": 3}},
            {"results.1.x": THEIRS, "results.1.y": MINE},
        ),
        ({1: {"x": 1}}, {}, {1: {"x": 1}}, {"results.1": THEIRS}),
        ({1: {"x": 1}}, {}, {1: {"x": 2}}, {"results.1": None}),
        ({1: {"x": 1}}, {1: {"x": 2}}, {}, {"results.1": None}),
        ({1: {"x": 1}}, {1: {"x": 1}}, {}, {"results.1": MINE}),
        ({}, {1: {"x": 1}}, {-1: {"x": 2}}, {"results.1": THEIRS, "results.-1": MINE}),
        ({}, {1: {"x": 1}}, {1: {"x": 2}}, {"results.1.x": None}),  # both entered the same printed line
    ],
)  # fmt: skip
def test_lines_differ_by_number(base: Any, theirs: Any, mine: Any, expected: dict[str, Any]) -> None:
    assert places(list(differences(content(base), content(theirs), content(mine)))) == expected


def test_nobody_is_asked_where_only_the_second_changed_something() -> None:
    found = list(differences(content(a=1, b=1), content(a=1, b=2), content(a=5, b=2)))
    assert places(found) == {"a": MINE}
    assert not is_asked(found)


SEEDS = range(300)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_of_either_is_lost_without_having_been_shown(seed: int) -> None:
    draw = random.Random(seed)
    names, numbers = "abcd", range(1, 5)

    def line() -> dict[str, Any]:
        return {name: draw.randint(0, 3) for name in "xy"}

    base = content(
        {n: line() for n in numbers if draw.random() < 0.7}, **{n: draw.randint(0, 3) for n in names}
    )

    def edited(new: int) -> Content:
        items = {n: Answer(draw.randint(0, 3)) if draw.random() < 0.4 else base.items[n] for n in names}
        lines = {
            key: {**old, **({"x": draw.randint(0, 3)} if draw.random() < 0.4 else {})}
            for key, old in base.lines.items()
            if draw.random() < 0.8
        }
        if draw.random() < 0.5:
            lines["results", new] = line()
        return Content(items, lines)

    theirs, mine = edited(9), edited(-1)
    found = list(differences(base, theirs, mine))
    shown = {one.place for one in found}
    choices = {one.place: draw.choice([MINE, THEIRS]) for one in found if one.preselected is None}
    assert undecided(found, {}) == set(choices)
    result = merged(theirs, mine, found, choices)

    for side in (theirs, mine):
        for name in names:
            assert result.items[name] == side.items[name] or name in shown
        for key in {*side.lines, *result.lines}:
            place = f"results.{key[1]}"
            kept = result.lines.get(key) == side.lines.get(key)
            assert kept or place in shown or {f"{place}.x", f"{place}.y"} & shown
    for one in found:
        winner = choices.get(one.place, one.preselected)
        wanted = one.mine if winner is MINE else one.theirs
        key = (one.kind, one.line)
        actual = (
            result.items[one.item]
            if not one.kind
            else result.lines[key][one.item]
            if one.item
            else result.lines.get(key)
        )
        assert actual == wanted

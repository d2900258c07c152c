"""Charts of the dashboards: their places, and numbers that agree with what they are given."""

from decimal import Decimal as D
from typing import Any

import pytest

from outcomes.dashboards.drawing import (
    Bar,
    Fall,
    Interval,
    Piece,
    Spread,
    bar_chart,
    box_chart,
    forest_chart,
    waterfall,
)
from outcomes.dashboards.numbers import five_numbers


def shapes(drawing: dict[str, Any], css: str) -> list[Any]:
    return [one for one in drawing["shapes"] if css in one.css.split()]


@pytest.mark.parametrize("width", [860, 358])
def test_the_parts_of_a_bar_lie_end_to_end_and_keep_their_links(width: int) -> None:
    bars = [Bar("Fever", [Piece(2, "good", "two", "/a/"), Piece(0, "fair"), Piece(1, "bad", "one")], "3")]
    drawn = bar_chart(bars, label="x", width=width)
    (two,), (one,) = shapes(drawn, "tone-good"), shapes(drawn, "tone-bad")
    assert float(two.at["x"]) + float(two.at["width"]) == pytest.approx(float(one.at["x"]), abs=0.11)
    assert float(two.at["width"]) == pytest.approx(2 * float(one.at["width"]), abs=0.2)
    assert (two.href, two.title, one.href) == ("/a/", "two", "")
    assert shapes(drawn, "tone-fair") == []
    assert all(0 <= float(each.at.get("x", 0)) <= width for each in drawn["shapes"])


def test_a_waterfall_hangs_falls_below_zero_and_rises_above_it() -> None:
    drawn = waterfall([Fall(2, "plain", "a"), Fall(-1, "bad", "b")], [], label="x", y_label="y", width=860)
    (fall,), (rise,) = shapes(drawn, "tone-plain"), shapes(drawn, "tone-bad")
    assert float(rise.at["y"]) + float(rise.at["height"]) == pytest.approx(float(fall.at["y"]), abs=0.2)
    assert float(fall.at["height"]) == pytest.approx(2 * float(rise.at["height"]), abs=0.3)
    assert float(rise.at["x"]) < float(fall.at["x"])


def test_a_box_lies_between_the_quartiles() -> None:
    drawn = box_chart([Spread("A", (0, 25, 50, 75, 100))], label="x", reference=100, width=860)
    (box,), (middle,) = shapes(drawn, "box"), shapes(drawn, "middle")
    assert float(box.at["x"]) + float(box.at["width"]) / 2 == pytest.approx(float(middle.at["x1"]), abs=0.2)


def test_what_is_not_estimable_has_no_mark_in_a_forest() -> None:
    lines = [Interval("A", 0.5, 0.25, 1.0, "0.5"), Interval("B", None, None, None, "not estimable")]
    drawn = forest_chart(lines, label="x", ratio=True, x_label="HR", width=860)
    assert len(shapes(drawn, "whisker")) == len(shapes(drawn, "tone-plain")) == 1
    (whisker,) = shapes(drawn, "whisker")
    (one,) = shapes(drawn, "reference")
    assert whisker.at["x2"] == one.at["x1"]


def test_quartiles_of_counted_values() -> None:
    assert five_numbers([(D(1), 1), (D(2), 3), (D(10), 1)]) == (1, 2, 2, 2, 10)
    assert five_numbers([(D(4), 1)]) == (4, 4, 4, 4, 4)

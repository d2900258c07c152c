"""The flow of people: sums over sites and arms, reasons in order, boxes that do not overlap."""

import itertools

from outcomes.domain.consort import Box, Counted, branch, draw, line_of, reasons_of, tally

ROWS = [
    (True, "", "assessed", "", 5),
    (False, "", "assessed", "", 7),
    (True, "", "not_screened", "NOT_ELIGIBLE", 1),
    (False, "", "not_screened", "REFUSES_BURDEN", 3),
    (False, "", "not_screened", "REFUSES_BURDEN", 1),  # of a second other site
    (True, "A", "received", "", 2),
    (False, "B", "received", "", 4),
    (True, "A", "discontinued", "TOXICITY", 1),
]
COUNTS = tally(ROWS)


def test_other_sites_are_counted_together() -> None:
    (refused,) = [one for one in COUNTS if one.reason == "REFUSES_BURDEN"]
    assert (refused.own, refused.others, refused.all) == (0, 4, 4)


def test_a_station_sums_its_reasons_and_arms() -> None:
    assert line_of(COUNTS, "not_screened").all == 5
    assert line_of(COUNTS, "received").all == 6
    assert (line_of(COUNTS, "received", "A").all, line_of(COUNTS, "received", "B").all) == (2, 4)


def test_a_station_that_nobody_reached_is_zero() -> None:
    assert line_of(COUNTS, "left").all == 0
    assert reasons_of(COUNTS, "left") == []


def test_the_most_frequent_reason_comes_first_and_ties_by_name() -> None:
    rows = [(True, "", "failed", "b", 2), (True, "", "failed", "a", 2), (True, "", "failed", "c", 9)]
    assert [line.reason for line in reasons_of(tally(rows), "failed")] == ["c", "a", "b"]


def test_a_branch_has_each_station_before_its_reasons() -> None:
    lines = branch(COUNTS, "discontinued", "left", arm="A")
    assert [(line.station, line.reason) for line in lines] == [
        ("discontinued", ""), ("discontinued", "TOXICITY"), ("left", ""),
    ]  # fmt: skip


def test_each_arm_has_a_column_and_a_single_arm_none_of_its_name() -> None:
    two = draw(COUNTS, [("A", "Arm A"), ("B", "Arm B")], randomised=True)
    assert [box.name for box in two.boxes if box.name] == ["Arm A", "Arm B"]
    one = draw(COUNTS, [(None, "")], randomised=False)
    assert not any(box.name for box in one.boxes)
    assert len(two.boxes) == len(one.boxes) + 3


def test_boxes_do_not_overlap_and_stay_inside_the_drawing() -> None:
    many = COUNTS + [Counted("", "failed", f"reason {n}", 1, 0) for n in range(8)]
    drawing = draw(many, [("A", "Arm A"), ("B", "Arm B")], randomised=True)
    for first, second in itertools.combinations(drawing.boxes, 2):
        assert apart(first, second), (first, second)
    assert all(box.x >= 0 and box.x + box.width <= drawing.width for box in drawing.boxes)
    assert all(box.bottom <= drawing.height for box in drawing.boxes)


def apart(first: Box, second: Box) -> bool:
    beside = first.x + first.width <= second.x or second.x + second.width <= first.x
    return beside or first.bottom <= second.y or second.bottom <= first.y

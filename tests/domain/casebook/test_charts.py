"""Drawings: places in pixels follow from the data and from nothing else."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsite.casebook.charts import (
    NARROW,
    WIDE,
    Bar,
    Count,
    Curve,
    Landmark,
    Mark,
    Scale,
    Series,
    Step,
    accrual_chart,
    band_paths,
    bar_chart,
    both,
    km_chart,
    month_ticks,
    nice_step,
    nice_ticks,
    px,
    spread,
    step_dots,
    step_path,
    text_width,
)

UNIT = Scale(0, 1, 100, 0)  # a height: 1 at the top
TIME = Scale(0, 10, 0, 100)


@pytest.mark.parametrize(
    ("span", "wanted", "step"),
    [(45, 5, 10), (50, 5, 10), (51, 5, 20), (4, 5, 1), (0.9, 5, 0.2), (100, 5, 20), (101, 5, 50), (0, 5, 1)],
)
def test_a_nice_step_is_one_two_or_five_and_never_makes_more_pieces_than_wanted(
    span: float, wanted: int, step: float
) -> None:
    assert nice_step(span, wanted) == pytest.approx(step)


@given(st.floats(min_value=0.01, max_value=1e6), st.integers(min_value=1, max_value=12))
def test_nice_ticks_start_at_zero_and_reach_the_highest_value(high: float, wanted: int) -> None:
    ticks = nice_ticks(high, wanted, whole=False)
    assert ticks[0] == 0
    assert ticks[-1] >= high * (1 - 1e-9)
    assert len(ticks) <= wanted + 2


def test_counts_get_no_tick_between_whole_numbers() -> None:
    assert nice_ticks(2) == [0, 1, 2]
    assert nice_ticks(0) == [0, 1]


def test_months_on_the_axis_reach_past_the_last_day() -> None:
    assert month_ticks(date(2026, 1, 12), date(2026, 3, 31), 8) == [
        date(2026, 1, 1),
        date(2026, 2, 1),
        date(2026, 3, 1),
        date(2026, 4, 1),
    ]


def test_many_months_are_ticked_by_quarter_or_year() -> None:
    quarters = month_ticks(date(2025, 9, 1), date(2027, 3, 1), 8)
    assert quarters[0] == date(2025, 7, 1)
    assert quarters[1] == date(2025, 10, 1)
    assert quarters[-1] >= date(2027, 3, 1)
    years = month_ticks(date(2020, 5, 1), date(2027, 5, 1), 8)
    assert {tick.month for tick in years} == {1}


def test_an_axis_without_span_still_has_two_ticks() -> None:
    assert month_ticks(date(2026, 5, 4), date(2026, 5, 4), 8) == [date(2026, 5, 1), date(2026, 6, 1)]


def test_coordinates_are_text_that_no_locale_changes() -> None:
    assert (px(12.0), px(12.34), px(-0.06)) == ("12", "12.3", "-0.1")


def test_a_scale_without_range_maps_everything_to_its_start() -> None:
    assert Scale(5, 5, 40, 90)(5) == 40
    assert Scale(0, 10, 40, 90)(5) == 65


def test_a_curve_holds_its_height_until_the_next_step_and_runs_to_its_end() -> None:
    assert step_path([(0, 0), (30, 25), (50, 60)], 80) == "M0 0H30V25H50V60H80"


def test_a_curve_that_ends_at_its_last_event_does_not_run_backwards() -> None:
    assert step_path([(0, 0), (30, 25)], 10) == "M0 0H30V25H30"
    assert step_path([], 10) == ""


def test_the_band_begins_where_limits_are_defined_and_ends_where_they_are_not() -> None:
    steps = [Step(0, 1), Step(2, 0.8, 0.6, 0.9), Step(5, 0.5, 0.3, 0.7), Step(8, 0)]
    assert band_paths(steps, 10, TIME, UNIT) == ["M20 40V10H50V30H80V70H50V40H20Z"]


def test_a_gap_in_the_limits_cuts_the_band_in_two() -> None:
    steps = [Step(1, 0.8, 0.6, 0.9), Step(2, 0.7), Step(3, 0.6, 0.4, 0.8)]
    assert len(band_paths(steps, 10, TIME, UNIT)) == 2


def test_subjects_with_an_event_on_one_day_stand_one_above_the_other_on_the_fall() -> None:
    steps = [Step(0, 1), Step(4, 0.5, links=(("/a", "A"), ("/b", "B")))]
    assert [(d["x"], d["y"], d["href"]) for d in step_dots(steps, 1, TIME, UNIT)] == [
        ("40", "25", "/a"),
        ("40", "50", "/b"),
    ]


def curve(label: str = "All", **options: Any) -> Curve:
    steps = (Step(0, 1), Step(6, 0.9, 0.7, 0.97, (("/subjects/1/", "S-1: relapse"),)))
    defaults: dict[str, Any] = {
        "end": 12,
        "marks": (Mark(8, 0.9, "censored"),),
        "at_risk": (10, 9, 4),
        "landmark": Landmark(12, 0.9, "12 months: 90%"),
    }
    return Curve(label, steps, **defaults | options)


def draw(curves: list[Curve], width: int = WIDE) -> dict[str, Any]:
    return km_chart(curves, (0, 6, 12), x_label="months", y_label="RFS", width=width)


def test_the_numbers_at_risk_stand_under_their_ticks() -> None:
    chart = draw([curve()])
    (row,) = chart["risk"]
    assert [cell["n"] for cell in row["cells"]] == [10, 9, 4]
    assert [cell["x"] for cell in row["cells"]] == [tick["x"] for tick in chart["x_ticks"]]


def test_numbers_at_risk_that_do_not_fit_the_ticks_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        draw([curve(at_risk=(10, 9))])


def test_one_curve_has_no_legend_and_two_have_names_in_legend_and_table() -> None:
    one, two = draw([curve()]), draw([curve("A"), curve("B")])
    assert one["legend"] == []
    assert [row["label"] for row in one["risk"]] == [""]
    assert [key["label"] for key in two["legend"]] == ["A", "B"]
    assert [row["label"] for row in two["risk"]] == ["A", "", "B", ""]
    assert [key["colour"] for key in two["legend"]] == [1, 2]


def test_the_table_grows_downwards_and_stays_inside_the_drawing() -> None:
    chart = draw([curve("A"), curve("B"), curve("C")])
    heights = [float(row["y"]) for row in chart["risk"]]
    assert heights == sorted(set(heights))
    assert heights[-1] < float(chart["height"])
    assert float(chart["x_label_y"]) < float(chart["risk_title_y"]) < heights[0]


def test_a_step_opens_its_subject_and_a_censored_subject_is_a_mark_on_the_curve() -> None:
    (drawn,) = draw([curve()])["curves"]
    assert [(dot["href"], dot["title"]) for dot in drawn["dots"]] == [("/subjects/1/", "S-1: relapse")]
    assert float(drawn["marks"][0]["y1"]) < float(drawn["marks"][0]["y2"])


def test_words_of_a_landmark_at_the_edge_stay_inside_the_drawing() -> None:
    words = "12 months: 90% (95% CI 47–99)"
    for width in (WIDE, NARROW):
        (mark,) = draw([curve(landmark=Landmark(12, 0.9, words))], width)["landmarks"]
        assert float(mark["text_x"]) + text_width(words) / 2 <= width
        assert float(mark["text_x"]) - text_width(words) / 2 >= 0


def test_a_curve_of_nobody_is_empty_and_one_event_on_day_zero_is_not() -> None:
    assert draw([Curve("All", (Step(0, 1),), 0, at_risk=(0, 0, 0))])["empty"]
    assert not draw([Curve("All", (Step(0, 1), Step(0, 0.5)), 0, at_risk=(2, 0, 0))])["empty"]


def test_incidence_dots_start_from_the_bottom() -> None:
    rising = Curve("CIR", (Step(0, 0), Step(6, 0.2, links=(("/a", "A"),))), 12, at_risk=(5, 4, 1))
    drawn = km_chart([rising], (0, 6, 12), x_label="", y_label="", rising=True)
    assert float(drawn["curves"][0]["dots"][0]["y"]) == pytest.approx(float(drawn["y_ticks"][0]["y"]) - 54)


def test_every_chart_is_made_for_a_screen_and_for_a_telephone() -> None:
    made = both(km_chart, [curve()], (0, 6, 12), x_label="months", y_label="RFS")
    assert (made["wide"]["width"], made["narrow"]["width"]) == (WIDE, NARROW)


COUNTS = (Count(date(2026, 1, 5), 1, "/s/1/", "S-1"), Count(date(2026, 3, 2), 2))


def accrual(plan: tuple[Count, ...] = (), **options: Any) -> dict[str, Any]:
    return accrual_chart([Series("enrolled", COUNTS)], plan=plan, today=date(2026, 4, 1), **options)


def test_without_a_stated_enrolment_there_is_no_plan_line() -> None:
    assert accrual()["plan"] is None


def test_the_plan_runs_from_its_first_to_its_last_point() -> None:
    chart = accrual((Count(date(2026, 1, 1), 0), Count(date(2026, 12, 1), 45)), plan_label="planned")
    assert chart["plan"]["label"] == "45 planned"
    first, last = (point.split(",") for point in chart["plan"]["points"].split())
    assert first[1] == chart["bottom"]
    assert float(last[0]) > float(first[0])


def test_accrual_rises_from_zero_and_is_held_until_today() -> None:
    chart = accrual()
    (line,) = chart["series"]
    assert line["path"].startswith("M")
    assert line["path"].endswith(f"H{chart['today']}")
    assert line["label"] == "2 enrolled"
    assert [dot["href"] for dot in line["dots"]] == ["/s/1/"]


def test_nobody_enrolled_is_an_empty_chart() -> None:
    assert accrual_chart([Series("enrolled", ())], today=date(2026, 4, 1))["empty"]


@given(st.lists(st.floats(min_value=20, max_value=238), max_size=8))
def test_labels_at_the_ends_of_lines_never_cover_each_other(heights: list[float]) -> None:
    placed = sorted(spread(heights, 15, 20, 238))
    assert all(after - before >= 15 - 1e-6 for before, after in pairwise(placed))
    assert all(20 - 1e-6 <= height <= 238 + 1e-6 for height in placed)


def test_labels_that_have_room_stay_where_they_are() -> None:
    assert spread([100, 50, 200], 15, 20, 238) == [100, 50, 200]


def test_bars_share_one_scale_and_a_target_is_shown_behind() -> None:
    chart = bar_chart([Bar("A", 18, of=20), Bar("B", 5, shown="5 of 10", of=10)])
    assert [bar["parts"][0]["width"] for bar in chart["bars"]] == ["90", "25"]
    assert [bar["target"] for bar in chart["bars"]] == ["100", "50"]
    assert [bar["shown"] for bar in chart["bars"]] == ["18", "5 of 10"]


def test_parts_of_a_bar_follow_each_other() -> None:
    (bar,) = bar_chart([Bar("CRS", 10, parts=((6, "still", "G1–2"), (4, "warn", "G3")))])["bars"]
    assert [(part["x"], part["width"]) for part in bar["parts"]] == [("0", "60"), ("60", "40")]


def test_bars_of_zero_have_no_width_and_no_error() -> None:
    assert bar_chart([Bar("A", 0)])["bars"][0]["parts"][0]["width"] == "0"
    assert bar_chart([])["empty"]


def test_chinese_text_is_counted_as_wide_as_it_is_high() -> None:
    assert text_width("移植", 12) == 24
    assert text_width("ab", 12) == pytest.approx(13.44)

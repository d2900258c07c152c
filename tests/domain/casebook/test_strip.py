"""A subject's strip: what lies where on the time axis."""

from datetime import date
from typing import Any

from trialsite.casebook.strip import draw_strip


def lane(*items: dict[str, Any], label: str = "Phases") -> dict[str, Any]:
    return {"label": label, "items": list(items)}


def item(start: date | None, end: date | None = None, **more: Any) -> dict[str, Any]:
    return {"label": "IND", "start": start, "end": end, "kind": "phase"} | more


DAY = date(2026, 1, 10)
LATER = date(2026, 6, 10)


def test_an_item_with_an_end_is_a_bar_and_one_without_is_a_mark() -> None:
    drawn = draw_strip([lane(item(DAY, LATER), item(LATER))])
    assert [place["bar"] for place in drawn["lanes"][0]["places"]] == [True, False]


def test_an_ongoing_phase_runs_until_today() -> None:
    drawn = draw_strip([lane(item(DAY, ongoing=True))], today=LATER)
    (bar,) = drawn["lanes"][0]["places"]
    assert float(bar["x"]) + float(bar["width"]) == float(drawn["today"])
    assert bar["title"] == "IND · 2026-01-10 – 2026-06-10"


def test_bars_that_overlap_stand_in_two_rows_and_bars_that_follow_in_one() -> None:
    over = draw_strip([lane(item(DAY, LATER), item(date(2026, 2, 1), date(2026, 3, 1)))])
    after = draw_strip([lane(item(DAY, date(2026, 2, 1)), item(date(2026, 2, 2), LATER))])
    assert [place["row"] for place in over["lanes"][0]["places"]] == [0, 1]
    assert [place["row"] for place in after["lanes"][0]["places"]] == [0, 0]


def test_a_label_is_written_only_where_it_has_room() -> None:
    long = item(DAY, LATER, label="Induction")
    short = item(DAY, date(2026, 1, 12), label="Induction")
    drawn = draw_strip([lane(long), lane(short, item(LATER))])
    assert drawn["lanes"][0]["places"][0]["text"] == "Induction"
    assert drawn["lanes"][1]["places"][0]["text"] == ""


def test_today_is_on_the_strip_while_the_course_goes_on_and_off_it_long_after() -> None:
    lanes = [lane(item(DAY, date(2026, 2, 1)))]
    assert draw_strip(lanes, today=date(2026, 6, 1))["today"] != ""
    assert draw_strip(lanes, today=date(2026, 6, 2))["today"] == ""


def test_items_without_a_date_and_lanes_without_items_are_left_out() -> None:
    drawn = draw_strip([lane(item(None)), lane(item(DAY), label="MRD")])
    assert [one["label"] for one in drawn["lanes"]] == ["MRD"]
    assert draw_strip([lane(item(None))])["empty"]


def test_a_single_event_has_an_axis_of_four_weeks() -> None:
    drawn = draw_strip([lane(item(DAY))])
    (mark,) = drawn["lanes"][0]["places"]
    assert float(mark["x"]) == float(drawn["left"])
    assert float(drawn["right"]) > float(drawn["left"])


def test_on_a_telephone_the_name_of_a_lane_stands_above_it() -> None:
    wide, narrow = (draw_strip([lane(item(DAY, LATER))], width=width) for width in (900, 358))
    assert float(narrow["left"]) < float(wide["left"])
    assert float(narrow["lanes"][0]["label_y"]) < float(narrow["lanes"][0]["top"])


def test_a_window_has_its_mark_on_the_day_of_the_visit_and_is_cut_at_the_ends_of_the_strip() -> None:
    late = {"label": "Day 8 · done 9 days late", "start": DAY, "end": date(2026, 1, 14), "at": date(2026, 1, 23),
            "kind": "visit-outside"}  # fmt: skip
    ahead = late | {"start": date(2026, 6, 1), "end": date(2026, 8, 1), "at": LATER, "kind": "visit-coming"}
    drawn = draw_strip([lane(late, ahead, label="Visits") | {"windows": True}])
    first, second = drawn["lanes"][0]["places"]
    assert float(first["mark_x"]) > float(first["x"]) + float(first["width"])
    assert first["title"] == "Day 8 · done 9 days late · 2026-01-23 (2026-01-10 – 2026-01-14)"
    assert float(second["mark_x"]) == float(drawn["right"])
    assert float(second["x"]) + float(second["width"]) <= float(drawn["right"]) + 0.1


def test_windows_stand_in_one_row_whatever_covers_what() -> None:
    window = {"label": "a", "start": DAY, "end": LATER, "at": DAY, "kind": "visit-late"}
    drawn = draw_strip([lane(*[window] * 9) | {"windows": True}, lane(item(DAY))])
    assert float(drawn["lanes"][1]["top"]) - float(drawn["lanes"][0]["top"]) < 30

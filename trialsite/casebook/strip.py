"""A subject's course as a strip: lanes of phases, infusions, MRD and events on one time axis, in pixels."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from .charts import NARROW, WIDE, Drawing, Scale, month_ticks, px, text_width

ROW, BAR, MARK = 20, 16, 5
MAX_ROWS = 4
TODAY_WITHIN = timedelta(days=120)  # after the last thing recorded, today is off the strip


def draw_strip(lanes: Sequence[Mapping[str, Any]], today: date | None = None, width: int = WIDE) -> Drawing:
    """Lanes of {label, items: [{label, short, start, end, kind, url, ongoing}]} in pixels.

    An item with an end is a bar, one without is a mark; `ongoing` bars run until today. Items that would cover
    each other stand in rows; in a lane of `windows` they stand in one, each a thin window with a mark on the day `at`.
    Items without a start are left out; without any item the strip is empty.
    """
    shown = [(lane, [item for item in lane["items"] if item.get("start")]) for lane in lanes]
    shown = [(lane, items) for lane, items in shown if items]
    if not shown:
        return {"empty": True}
    first, last = ends_of([item for _, items in shown for item in items], today)
    gutter = 0 if width < 500 else max(text_width(str(lane["label"])) for lane, _ in shown) + 14
    x = Scale(first.toordinal(), last.toordinal(), gutter + 8, width - 14)
    drawn, top = [], 26
    for lane, items in shown:
        top += 0 if gutter else ROW - 4  # on a telephone the name stands above its lane
        windows = bool(lane.get("windows"))
        rows = [(item, 0) for item in items] if windows else place_items(items, x, today)
        depth = max(row for _, row in rows) + 1
        drawn.append(
            {
                "label": lane["label"],
                "label_y": px(top + 12 if gutter else top - 5),
                "top": px(top),
                "line_y": px(top + depth * ROW + 3),
                "places": [
                    draw_window(item, top, x) if windows else draw_item(item, row, top, x, today)
                    for item, row in rows
                ],
            }
        )
        if not windows:
            fit_texts(drawn[-1]["places"], x.end)
        top += depth * ROW + 7
    ticks = [t for t in month_ticks(first, last, 9 if gutter else 4) if first <= t <= last]
    return {
        "empty": False,
        "width": width,
        "height": top,
        "left": px(x.start),
        "right": px(x.end),
        "bottom": top - 4,
        "ticks": [{"x": px(x(t.toordinal())), "label": f"{t:%Y-%m}"} for t in ticks],
        "today": px(x(today.toordinal())) if today and first <= today <= last else "",
        "lanes": drawn,
    }


def strip_for_both(lanes: Sequence[Mapping[str, Any]], today: date | None = None) -> Drawing:
    """The strip for a screen and for a telephone."""
    return {"wide": draw_strip(lanes, today, 1040), "narrow": draw_strip(lanes, today, NARROW)}


def until(item: Mapping[str, Any], today: date | None) -> date | None:
    """The end of a bar: its own, or today while it goes on; None for a mark."""
    end: date | None = item.get("end") or (today if item.get("ongoing") else None)
    return max(end, item["start"]) if end else None


def ends_of(items: Sequence[Mapping[str, Any]], today: date | None) -> tuple[date, date]:
    """First and last day of the strip; today is on it while the subject's course goes on."""
    first = min(item["start"] for item in items)
    last = max(item.get("at") or until(item, today) or item["start"] for item in items)
    if today and last < today <= last + TODAY_WITHIN:
        last = today
    return first, max(last, first + timedelta(days=28))


def place_items(
    items: Sequence[Mapping[str, Any]], x: Scale, today: date | None
) -> list[tuple[Mapping[str, Any], int]]:
    """Each item with the first row in which it covers nothing, in order of time."""
    free = [float("-inf")] * MAX_ROWS
    placed = []
    for item in sorted(items, key=lambda one: one["start"]):
        left = x(item["start"].toordinal())
        end = until(item, today)
        right = max(x(end.toordinal()), left + 3) if end else left + MARK
        left = left if end else left - MARK
        row = next((r for r in range(MAX_ROWS) if free[r] <= left), MAX_ROWS - 1)
        free[row] = right
        placed.append((item, row))
    return placed


def draw_item(item: Mapping[str, Any], row: int, top: float, x: Scale, today: date | None) -> Drawing:
    """One bar or mark."""
    left, end = x(item["start"].toordinal()), until(item, today)
    middle = top + row * ROW + BAR / 2 + 1
    days = f"{item['start']:%Y-%m-%d}" + (f" – {end:%Y-%m-%d}" if end else "")
    return {
        "kind": str(item.get("kind") or "other").lower().replace("-", "_"),
        "href": item.get("url") or "",
        "title": f"{item['label']} · {days}",
        "label": str(item["label"]),
        "short": str(item.get("short") or ""),
        "text": "",
        "bar": bool(end),
        "row": row,
        "left": left,
        "x": px(left),
        "y": px(middle - BAR / 2 if end else middle),
        "width": px(max(3.0, x(end.toordinal()) - left)) if end else "",
        "right": x(end.toordinal()) if end else left + MARK,
        "diamond": " ".join(
            f"{px(left + dx)},{px(middle + dy)}" for dx, dy in ((0, -6), (6, 0), (0, 6), (-6, 0))
        ),
        "text_x": px(left + (5 if end else MARK + 4)),
        "text_y": px(middle + 4),
        "bar_height": BAR,
    }


def draw_window(item: Mapping[str, Any], top: float, x: Scale) -> Drawing:
    """The window of a visit with the mark of its day, cut at the ends of the strip."""

    def inside(day: date) -> float:
        return min(max(x(day.toordinal()), x.start), x.end)

    middle = top + BAR / 2 + 1
    left, right, mark = inside(item["start"]), inside(item["end"]), inside(item["at"])
    return {
        "kind": str(item["kind"]).replace("-", "_"),
        "href": item.get("url") or "",
        "title": f"{item['label']} · {item['at']:%Y-%m-%d} ({item['start']:%Y-%m-%d} – {item['end']:%Y-%m-%d})",
        "window": True,
        "x": px(left),
        "y": px(middle - 3),
        "width": px(max(1.0, right - left)),
        "mark_x": px(mark),
        "mark_y": px(middle),
        "diamond": " ".join(
            f"{px(mark + dx)},{px(middle + dy)}" for dx, dy in ((0, -7), (7, 0), (0, 7), (-7, 0))
        ),
        "cross": f"M{px(mark - 4)} {px(middle - 4)}l8 8m0 -8l-8 8",
    }


def fit_texts(items: Sequence[Drawing], edge: float) -> None:
    """Write a label, or its short form, inside a bar or after a mark where there is room; else the tooltip says it."""
    for item in items:
        after = [
            other["left"] for other in items if other["row"] == item["row"] and other["left"] > item["left"]
        ]
        room_to = item["right"] if item["bar"] else min([*(a - MARK - 3 for a in after), edge])
        room = room_to - float(item["text_x"])
        size = 12.5 if item["bar"] else 11.5  # inside a bar the text is bold
        names = (item["label"], item["short"])
        item["text"] = next((name for name in names if name and text_width(name, size) <= room), "")

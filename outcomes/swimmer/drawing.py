"""From courses to the places of a swimmer plot: one row a subject, days to the right."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.urls import reverse

from trialsite.casebook.charts import Drawing, Scale, nice_ticks, px

from .reading import Bar, Event, Swimmer

ROW, TOP, BAR, THIN = 30, 26, 12, 4
DAYS_PER_MONTH = 30.4375
MARKS = {"relapse": "cross", "death": "stop", "hsct": "triangle", "car-t": "square"}


def swimmer_drawing(swimmers: Sequence[Swimmer], *, graft: bool, months: bool, width: int) -> Drawing:
    """The rows of those who have the day that is counted from; `empty` without any."""
    label = 112 if width > 500 else 74
    rows = [(one, day0) for one in swimmers if (day0 := one.day0(graft)) is not None]
    unit = DAYS_PER_MONTH if months else 1
    first = min([0, *(earliest(one, day0) / unit for one, day0 in rows)])
    longest = max([1, *(latest(one, day0) / unit for one, day0 in rows)])
    ticks = nice_ticks(longest, 8 if width > 500 else 4)
    x = Scale(first, ticks[-1], label, width - 16)
    bottom = TOP + ROW * len(rows)
    return {
        "width": width,
        "height": bottom + 8,
        "bottom": bottom,
        "empty": not rows,
        "ticks": [{"x": px(x(tick)), "label": f"{tick:g}"} for tick in ticks],
        "rows": [row(one, day0, place, x, unit) for place, (one, day0) in enumerate(rows)],
        "line": width,
    }


def earliest(one: Swimmer, day0: date) -> int:
    return min([0, *((bar.start - day0).days for bar in (*one.phases, *one.infusions))])


def latest(one: Swimmer, day0: date) -> int:
    ends = [bar.end for bar in (*one.phases, *one.infusions) if bar.end]
    return max((day - day0).days + 1 for day in (one.last, *ends, *(event.on for event in one.events)))


def row(one: Swimmer, day0: date, place: int, x: Scale, unit: float) -> Drawing:
    top = TOP + ROW * place
    middle = top + ROW / 2

    def at(day: date) -> float:
        return x((day - day0).days / unit)

    end = at(one.last)
    return {
        "href": reverse("subject", args=[one.subject.pk]),
        "label": one.subject.number,
        "label_y": px(middle + 4),
        "line_y": px(top),
        "axis": {"x1": px(at(day0)), "x2": px(end), "y": px(middle)},
        "bars": [bar_of(bar, one, at, middle - BAR / 2, BAR) for bar in one.phases]
        + [bar_of(bar, one, at, middle + BAR / 2 + 1, THIN) for bar in one.infusions],
        "marks": [mark_of(event, day0, at(event.on), middle, unit) for event in one.events],
        "arrow": f"{px(end)},{px(middle - 5)} {px(end + 8)},{px(middle)} {px(end)},{px(middle + 5)}"
        if one.ongoing
        else "",
    }


def bar_of(bar: Bar, one: Swimmer, at: Any, top: float, height: int) -> Drawing:
    end = max(bar.end or one.last, bar.start)
    left, right = at(bar.start), at(end)
    return {
        "kind": bar.kind.replace("-", "_"),
        "title": f"{bar.label} · {bar.start} – {bar.end or '…'}",
        "x": px(left),
        "y": px(top),
        "width": px(max(2.0, right - left)),
        "height": height,
    }


def mark_of(event: Event, day0: date, x: float, middle: float, unit: float) -> Drawing:
    """A mark whose shape says what it is: MRD above the row's middle, all others on it."""
    y = middle - 10 if event.kind.startswith("mrd") else middle
    return shaped(event.kind, x, y) | {"title": f"{event.label} · {event.on} · {(event.on - day0).days:+d} d"}


def shaped(kind: str, x: float, y: float) -> Drawing:
    """The shape of a kind at a place, for the drawing and its legend."""
    shape = MARKS.get(kind) or ("ring" if kind.startswith("mrd") else "circle")
    return {
        "kind": kind.replace("-", "_"),
        "shape": shape,
        "x": px(x),
        "y": px(y),
        "sign": {"mrd-negative": "−", "mrd-positive": "+", "mrd-indeterminate": "?"}.get(kind, ""),
        "sign_y": px(y + 3.5),
        "triangle": f"{px(x)},{px(y - 6)} {px(x + 6)},{px(y + 5)} {px(x - 6)},{px(y + 5)}",
        "square": {"x": px(x - 5), "y": px(y - 5)},
        "cross": f"M{px(x - 5)} {px(y - 5)}L{px(x + 5)} {px(y + 5)}M{px(x - 5)} {px(y + 5)}L{px(x + 5)} {px(y - 5)}",
        "stop": f"M{px(x)} {px(y - 8)}V{px(y + 8)}M{px(x - 4)} {px(y - 3)}H{px(x + 4)}",
    }

"""Charts of the dashboards as plain shapes, which one template renders as SVG; every number is in a table beside it.

Coordinates are strings, so that no locale can change them. Each chart is drawn for a screen and for a telephone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil, log10
from typing import Any

from trialsite.casebook.charts import LINE, Scale, line_path, nice_ticks, px, text_width

TELEPHONE = 500  # below this width labels stand above their bars


@dataclass(frozen=True)
class Shape:
    """One element: its name, its class, its attributes; text, where it leads and what it says on pointing."""

    kind: str
    css: str
    at: dict[str, str] = field(default_factory=dict)
    text: str = ""
    href: str = ""
    title: str = ""


@dataclass(frozen=True)
class Piece:
    """A part of a bar: its length, its colour, where it leads and what it says."""

    value: float
    tone: str
    title: str = ""
    href: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar with its parts from left to right; `shown` stands at its end."""

    label: str
    pieces: Sequence[Piece]
    shown: str = ""
    href: str = ""


def text(x: float, y: float, words: str, css: str = "", anchor: str = "start", href: str = "") -> Shape:
    return Shape("text", css, {"x": px(x), "y": px(y), "text-anchor": anchor}, words, href)


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> Shape:
    return Shape("line", css, {"x1": px(x1), "y1": px(y1), "x2": px(x2), "y2": px(y2)})


def rect(x: float, y: float, width: float, height: float, css: str, href: str = "", title: str = "") -> Shape:
    at = {"x": px(x), "y": px(y), "width": px(max(width, 0)), "height": px(max(height, 0))}
    return Shape("rect", css, at, "", href, title)


def circle(x: float, y: float, radius: float, css: str, href: str = "", title: str = "") -> Shape:
    return Shape("circle", css, {"cx": px(x), "cy": px(y), "r": px(radius)}, "", href, title)


def drawing(width: float, height: float, shapes: Iterable[Shape], label: str) -> dict[str, Any]:
    return {"width": px(width), "height": px(height), "shapes": list(shapes), "label": label}


def legend(keys: Sequence[tuple[str, str]], width: int, top: float) -> tuple[list[Shape], float]:
    """Colours with their words, in as many lines as they need, and where what follows begins."""
    shapes, x = [], 2.0
    for tone, words in keys:
        wide = text_width(words) + 34
        if x > 2 and x + wide > width:
            x, top = 2.0, top + LINE
        shapes += [rect(x, top - 9, 11, 11, f"tone-{tone}"), text(x + 16, top, words)]
        x += wide
    return shapes, top + LINE if keys else top


def shortened(words: str, room: float) -> str:
    """As much of a label as there is room for."""
    while text_width(words) > room and len(words) > 2:
        words = words[:-2].rstrip() + "…"
    return words


def bar_chart(
    bars: Sequence[Bar],
    keys: Sequence[tuple[str, str]] = (),
    *,
    label: str,
    whole: float | None = None,
    unit: str = "",
    width: int,
) -> dict[str, Any]:
    """Stacked horizontal bars on one scale from 0 to `whole` (or past the longest), with axis and legend.

    `keys`: (colour, words) of the parts. A part that has room shows its number."""
    narrow = width < TELEPHONE
    shapes, top = legend(keys, width, 14)
    left = 2 if narrow else min(270, max([text_width(bar.label) for bar in bars], default=0) + 16)
    right = width - max([text_width(bar.shown) for bar in bars], default=0) - 14
    ticks = (
        [whole * part / 4 for part in range(5)] if whole else nice_ticks(longest(bars), 4 if narrow else 6)
    )
    x, step, deep = Scale(0, ticks[-1], left, right), 40 if narrow else 25, 16
    bottom = top + step * len(bars) + 4
    for tick in ticks:
        shapes += [
            line(x(tick), top, x(tick), bottom, "grid"),
            text(x(tick), bottom + 15, f"{tick:g}{unit}", "tick", "middle"),
        ]
    for place, bar in enumerate(bars):
        shapes += one_bar(bar, x, top + step * place + (20 if narrow else 6), deep, narrow)
    return drawing(width, bottom + 22, shapes, label)


def longest(bars: Sequence[Bar]) -> float:
    return max([sum(piece.value for piece in bar.pieces) for bar in bars], default=1) or 1


def one_bar(bar: Bar, x: Scale, top: float, deep: float, narrow: bool) -> list[Shape]:
    room = x.end - 4 if narrow else x.start - 10
    words = shortened(bar.label, room)
    where = (x.start, top - 5, "start") if narrow else (x.start - 8, top + deep - 4, "end")
    shapes, at = [text(where[0], where[1], words, "bar-name", where[2], bar.href)], 0.0
    for piece in bar.pieces:
        begin, end = x(at), x(at + piece.value)
        at += piece.value
        if piece.value:
            shapes.append(rect(begin, top, end - begin, deep, f"tone-{piece.tone}", piece.href, piece.title))
            inside = f"{piece.value:g}"
            if end - begin > text_width(inside, 11) + 6:
                shapes.append(
                    text((begin + end) / 2, top + deep - 4, inside, f"inside on-{piece.tone}", "middle")
                )
    shapes.append(text(x(at) + 6, top + deep - 4, bar.shown, "bar-end"))
    return shapes


@dataclass(frozen=True)
class Fall:
    """One bar of a waterfall: how far down it goes (up where negative), its colour, its words, where it leads."""

    value: float
    tone: str
    title: str
    href: str = ""


def waterfall(
    falls: Sequence[Fall], keys: Sequence[tuple[str, str]], *, label: str, y_label: str, width: int
) -> dict[str, Any]:
    """Bars that hang from 0, one a subject, the deepest last."""
    shapes, top = legend(keys, width, 14)
    shapes.append(text(2, top + 2, y_label, "axis-name"))
    top += 14
    deepest = max([fall.value for fall in falls], default=1)
    highest = max([-fall.value for fall in falls], default=0)
    steps = nice_ticks(max(deepest, 0.5), 6, whole=False)
    up = ceil(highest / steps[1] - 1e-9)
    y = Scale(-up * steps[1], steps[-1], top, top + 230)
    left, right = 40.0, width - 8.0
    for tick in [*(-steps[1] * place for place in range(up, 0, -1)), *steps]:
        css = "axis" if tick == 0 else "grid"
        words = f"{-tick:g}" if tick else "0"
        shapes += [
            line(left, y(tick), right, y(tick), css),
            text(left - 6, y(tick) + 4, words, "tick", "end"),
        ]
    wide = min((right - left) / max(len(falls), 1), 26)
    for place, fall in enumerate(sorted(falls, key=lambda one: one.value)):
        x, depth = left + wide * place, abs(y(fall.value) - y(0))
        shapes.append(
            rect(
                x + 0.5,
                min(y(0), y(fall.value)),
                max(wide - 1, 0.8),
                max(depth, 1.5),
                f"tone-{fall.tone}",
                fall.href,
                fall.title,
            )
        )
    return drawing(width, top + 242, shapes, label)


@dataclass(frozen=True)
class Spread:
    """Least value, quartiles and greatest of a group, with its name and where it leads."""

    label: str
    numbers: tuple[float, float, float, float, float]
    shown: str = ""
    href: str = ""


def box_chart(
    spreads: Sequence[Spread], *, label: str, unit: str = "", reference: float | None = None, width: int
) -> dict[str, Any]:
    """Boxes from the first to the third quartile with the median, whiskers to the least and greatest value."""
    narrow, top, step = width < TELEPHONE, 8.0, 40 if width < TELEPHONE else 30
    left = 2 if narrow else min(270, max([text_width(one.label) for one in spreads], default=0) + 16)
    right = width - max([text_width(one.shown) for one in spreads], default=0) - 14
    greatest = max([*(one.numbers[4] for one in spreads), reference or 0])
    ticks = nice_ticks(greatest, 4 if narrow else 6, whole=False)
    x, bottom, shapes = Scale(0, ticks[-1], left, right), top + step * len(spreads) + 4, []
    for tick in ticks:
        shapes += [
            line(x(tick), top, x(tick), bottom, "grid"),
            text(x(tick), bottom + 15, f"{tick:g}{unit}", "tick", "middle"),
        ]
    if reference is not None:
        shapes.append(line(x(reference), top, x(reference), bottom, "reference"))
    for place, one in enumerate(spreads):
        middle = top + step * place + (28 if narrow else 15)
        least, first, median, third, most = (x(value) for value in one.numbers)
        where = (2, middle - 13, "start") if narrow else (left - 8, middle + 4, "end")
        shapes += [
            text(
                where[0],
                where[1],
                shortened(one.label, right if narrow else left - 10),
                "bar-name",
                where[2],
                one.href,
            ),
            line(least, middle, most, middle, "whisker"),
            rect(first, middle - 7, max(third - first, 1), 14, "box"),
            line(median, middle - 8, median, middle + 8, "middle"),
            text(right + 8, middle + 4, one.shown, "bar-end"),
        ]
    return drawing(width, bottom + 22, shapes, label)


@dataclass(frozen=True)
class Course:
    """One subject over time: points (day, height as a power of ten, whether it was measured), where it leads."""

    points: Sequence[tuple[int, float, bool]]
    title: str
    href: str


def courses_chart(
    courses: Sequence[Course], *, label: str, x_label: str, threshold: float | None = None, width: int
) -> dict[str, Any]:
    """Heights of many subjects over days on a logarithmic axis from 10⁻⁶ to 1; hollow dots lie below a limit."""
    days = [day for course in courses for day, _height, _measured in course.points] or [0]
    ticks = nice_ticks(max(days), 4 if width < TELEPHONE else 8)
    x, y = Scale(min(0, *days), ticks[-1], 62, width - 12), Scale(-6, 0, 260, 14)
    shapes = []
    for power in range(-6, 1):
        words = f"{10.0 ** (power + 2):g} %"
        shapes += [
            line(x.start, y(power), x.end, y(power), "grid"),
            text(56, y(power) + 4, words, "tick", "end"),
        ]
    for tick in ticks:
        shapes.append(text(x(tick), 276, f"{tick:g}", "tick", "middle"))
    shapes.append(text((x.start + x.end) / 2, 294, x_label, "axis-name", "middle"))
    if threshold is not None:
        shapes.append(line(x.start, y(threshold), x.end, y(threshold), "reference"))
    for course in courses:
        at = [(x(day), y(min(max(height, -6), 0)), measured) for day, height, measured in course.points]
        shapes.append(Shape("path", "course", {"d": line_path([one[:2] for one in at])}))
        shapes += [
            circle(one[0], one[1], 3.5, "tone-plain" if one[2] else "hollow", course.href, course.title)
            for one in at
        ]
    return drawing(width, 300, shapes, label)


@dataclass(frozen=True)
class Interval:
    """One line of a forest plot: an estimate with its limits, None where there is none; `over` begins a group."""

    label: str
    value: float | None
    lower: float | None
    upper: float | None
    shown: str
    over: str = ""
    href: str = ""


RATIO_TICKS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)


def forest_chart(
    intervals: Sequence[Interval], *, label: str, ratio: bool, x_label: str, width: int
) -> dict[str, Any]:
    """Estimates with their limits: ratios on a logarithmic axis from 0.1 to 10 around 1, shares from 0 to 100 %.

    A limit beyond the axis, or none, ends at the edge."""
    narrow = width < TELEPHONE
    left = 8 if narrow else min(230, max([text_width(one.label) for one in intervals], default=0) + 26)
    right = width - (8 if narrow else max([text_width(one.shown) for one in intervals], default=0) + 16)
    x = Scale(-1, 1, left, right) if ratio else Scale(0, 1, left, right)

    def at(value: float) -> float:
        return min(max(x(log10(value) if ratio else value), left), right) if value > 0 or not ratio else left

    shapes, y = [], 10.0
    for one in intervals:
        if one.over:
            y += 20
            shapes.append(text(2, y, one.over, "group-name"))
        y += 34 if narrow else 20
        name_y = y - 13 if narrow else y
        shapes.append(
            text(
                12,
                name_y,
                shortened(one.label, (right - 110) if narrow else left - 20),
                "bar-name",
                "start",
                one.href,
            )
        )
        shapes.append(text(width - 2, name_y, one.shown, "bar-end", "end"))
        if one.value is not None:
            low, high = one.lower if one.lower is not None else 0.0, one.upper
            shapes.append(line(at(low), y - 4, right if high is None else at(high), y - 4, "whisker"))
            shapes.append(
                rect(at(one.value) - 4, y - 8, 8, 8, "tone-plain", one.href, f"{one.label}: {one.shown}")
            )
    bottom = y + 8
    for tick in RATIO_TICKS if ratio else (0, 0.25, 0.5, 0.75, 1):
        css = "reference" if ratio and tick == 1 else "grid"
        words = f"{tick:g}" if ratio else f"{100 * tick:.0f} %"
        shapes[:0] = [line(at(tick), 10, at(tick), bottom, css)]
        shapes.append(text(at(tick), bottom + 15, words, "tick", "middle"))
    shapes.append(text((left + right) / 2, bottom + 33, x_label, "axis-name", "middle"))
    return drawing(width, bottom + 40, shapes, label)

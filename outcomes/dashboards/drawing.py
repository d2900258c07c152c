"""Charts of the dashboards as plain shapes, which one template renders as SVG; every number is in a table beside it.

Coordinates are strings, so that no locale can change them. Each chart is drawn for a screen and for a telephone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from trialsite.casebook.charts import LINE, Scale, nice_ticks, px, text_width

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

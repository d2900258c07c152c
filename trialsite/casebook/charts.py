"""From numbers to the places of a drawing: axes, step curves, bands, accrual, bars.

Each function takes data in its own units and gives a dict in pixels that one template of `templates/components/`
renders as SVG. Coordinates are strings, so that no locale can change them. Nothing clinical is decided here.
Every chart is made for two widths (`both`): text in an SVG shrinks with it, so a telephone gets its own drawing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any
from unicodedata import east_asian_width

Drawing = dict[str, Any]
WIDE, NARROW = 860, 358
LINE = 18  # height of one line of text
COVERED = 1.0  # pixels between dots that cannot be told apart


@dataclass(frozen=True)
class Scale:
    """A straight line from data (`low`…`high`) to pixels (`start`…`end`); an empty range maps to `start`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return self.start
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True)
class Step:
    """The height of a curve from `x` on, its limits (None: not defined), and the records behind the step.

    `links` are (address, words) of each subject of the step; an empty address draws a dot without a link.
    """

    x: float
    y: float
    lower: float | None = None
    upper: float | None = None
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Mark:
    """A point on a curve with its words: subjects censored here, say."""

    x: float
    y: float
    title: str = ""


@dataclass(frozen=True)
class Landmark:
    """The estimate that the protocol asks for, at `x`: its height and its words ("24 months: 62% (48–73)")."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Curve:
    """One step curve. It begins with a step at x = 0 and is drawn to `end`; `at_risk` has one number a tick."""

    label: str
    steps: Sequence[Step]
    end: float
    marks: Sequence[Mark] = ()
    at_risk: Sequence[int] = ()
    landmark: Landmark | None = None


@dataclass(frozen=True)
class Count:
    """The cumulative number from this day on, and the record that raised it."""

    on: date
    n: float
    href: str = ""
    title: str = ""


@dataclass(frozen=True)
class Series:
    """Cumulative numbers over time; `href` opens what stands behind the whole line."""

    label: str
    counts: Sequence[Count]
    href: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar: `value` of `of` (None: of the longest bar), as `parts` of (value, colour, words) when it is stacked."""

    label: str
    value: float
    of: float | None = None
    shown: str = ""
    href: str = ""
    colour: str = "1"
    parts: Sequence[tuple[float, str, str]] = ()


def px(value: float) -> str:
    """A coordinate as SVG takes it, in any locale."""
    return f"{value:.1f}".removesuffix(".0")


def both(draw: Callable[..., Drawing], *args: Any, **options: Any) -> Drawing:
    """The same chart for a screen and for a telephone: {"wide": …, "narrow": …}."""
    return {
        "wide": draw(*args, width=WIDE, **options),
        "narrow": draw(*args, width=NARROW, **options),
    }


def text_width(text: str, size: float = 12) -> float:
    """About how wide a text is drawn, in pixels; Chinese characters are as wide as high."""
    return sum(size if east_asian_width(sign) in "WF" else size * 0.56 for sign in text)


def nice_step(span: float, wanted: int) -> float:
    """The smallest of 1, 2, 5 × 10ⁿ that cuts `span` into no more than `wanted` pieces; 1 for no span."""
    if span <= 0:
        return 1.0
    rough = span / max(1, wanted)
    power = float(10 ** floor(log10(rough)))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))


def nice_ticks(high: float, wanted: int = 5, whole: bool = True) -> list[float]:
    """Round numbers from 0 to at least `high`; whole numbers do not get a step below 1."""
    step = nice_step(high, wanted)
    step = max(1.0, step) if whole else step
    return [round(i * step, 10) for i in range(max(1, ceil(high / step - 1e-9)) + 1)]


def month_ticks(first: date, last: date, wanted: int) -> list[date]:
    """First days of months from the month of `first` to past `last`, every 1, 2, 3, 6, 12, 24… months."""
    start = first.year * 12 + first.month - 1
    span = last.year * 12 + last.month - start
    step = next((s for s in (1, 2, 3, 6, 12, 24, 60) if span / s <= wanted), 120)
    start -= start % step
    count = ceil((last.year * 12 + last.month - start) / step)
    return [date(m // 12, m % 12 + 1, 1) for m in range(start, start + count * step + 1, step)]


def spread(heights: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Heights of labels moved apart to at least `gap`, in the same order, inside `low`…`high` when they fit."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = [max(low, height) for height in heights]
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + gap)
    ceiling = high
    for i in reversed(order):
        placed[i] = ceiling = min(placed[i], ceiling)
        ceiling -= gap
    return placed


def step_path(points: Sequence[tuple[float, float]], end: float) -> str:
    """An SVG path that holds each height until the next point and the last until `end` (pixels)."""
    if not points:
        return ""
    (x, y), *rest = points
    moves = [f"M{px(x)} {px(y)}"] + [f"H{px(x)}V{px(y)}" for x, y in rest]
    return "".join(moves) + f"H{px(max(end, points[-1][0]))}"


def line_path(points: Sequence[tuple[float, float]]) -> str:
    """An SVG path straight from point to point (pixels)."""
    return "".join(f"{'L' if place else 'M'}{px(x)} {px(y)}" for place, (x, y) in enumerate(points))


def band_paths(steps: Sequence[Step], end: float, x: Scale, y: Scale) -> list[str]:
    """Closed SVG paths between lower and upper limits; where a limit is not defined the band is interrupted."""
    runs: list[list[tuple[float, float, float, float]]] = [[]]
    for i, step in enumerate(steps):
        until = steps[i + 1].x if i + 1 < len(steps) else max(end, step.x)
        if step.lower is None or step.upper is None:
            runs.append([])
        else:
            runs[-1].append((x(step.x), x(until), y(step.upper), y(step.lower)))
    return [band_path(run) for run in runs if run]


def band_path(pieces: Sequence[tuple[float, float, float, float]]) -> str:
    """One closed path along the upper limits and back along the lower ones; pieces are (from, to, top, bottom)."""
    there = "".join(f"V{px(top)}H{px(to)}" for _, to, top, _ in pieces)
    back = "".join(f"V{px(bottom)}H{px(start)}" for start, _, _, bottom in reversed(pieces))
    return f"M{px(pieces[0][0])} {px(pieces[0][3])}{there}{back}Z"


def step_dots(steps: Sequence[Step], start: float, x: Scale, y: Scale) -> list[Drawing]:
    """A dot for each record behind a step, spread over the step's height from the one before it; where dots that lead
    to the same place would cover each other, one stands for them."""
    dots = []
    for before, step in pairwise([Step(0, start), *steps]):
        last: dict[str, float] = {}
        for i, (href, title) in enumerate(step.links):
            height = y(before.y + (step.y - before.y) * (i + 1) / len(step.links))
            if href in last and abs(height - last[href]) < COVERED:
                continue
            last[href] = height
            dots.append({"x": px(x(step.x)), "y": px(height), "href": href, "title": title})
    return dots


def km_chart(
    curves: Sequence[Curve],
    ticks: Sequence[float],
    *,
    x_label: str,
    y_label: str,
    rising: bool = False,
    width: int = WIDE,
) -> Drawing:
    """Step curves from 0 to 100 % with bands, censor marks, landmark and the numbers at risk under the ticks.

    `curves` in the order of their colours (four differ also by their dashes), y between 0 and 1; `ticks` from 0,
    ascending, in the unit of x; `rising` for cumulative incidence. Without subjects `empty` is true.
    """
    legend = LINE * len(curves) if len(curves) > 1 and width < 500 else LINE if len(curves) > 1 else 0
    note = LINE if any(curve.landmark for curve in curves) else 0
    top = 12 + legend + note * max(1, sum(1 for curve in curves if curve.landmark))
    height = 270 if width > 500 else 210
    x = Scale(ticks[0], ticks[-1], 46, width - 18)
    y = Scale(0, 1, top + height, top)
    base = top + height + 2 * LINE + 12  # under the ticks and the name of the axis
    table = risk_rows(curves, ticks, x, base + LINE)
    drawn = [draw_curve(curve, i, 0.0 if rising else 1.0, x, y) for i, curve in enumerate(curves)]
    return {
        "width": width,
        "height": px(table[-1]["y"] + 8 if table else base),
        "empty": not any(curve.end > 0 or len(curve.steps) > 1 for curve in curves),
        **axes(x, y, ticks, [(v, f"{100 * v:.0f} %") for v in (0, 0.25, 0.5, 0.75, 1)], x_label, y_label),
        "legend": legend_of(curves, width, 12),
        "curves": drawn,
        "landmarks": landmarks_of(curves, x, y, 12 + legend),
        "risk_title_y": px(base + LINE),
        "risk": [row | {"y": px(row["y"])} for row in table],
    }


def axes(
    x: Scale,
    y: Scale,
    ticks: Sequence[float],
    heights: Sequence[tuple[float, str]],
    x_label: str,
    y_label: str,
) -> Drawing:
    """The edges of a plot with the ticks and the names of its axes; `heights` are the ticks of y with their words."""
    return {
        "left": px(x.start),
        "right": px(x.end),
        "top": px(y.end),
        "bottom": px(y.start),
        "x_label": x_label,
        "y_label": y_label,
        "x_label_x": px((x.start + x.end) / 2),
        "x_label_y": px(y.start + 2 * LINE + 2),
        "x_ticks": [
            {"x": px(x(t)), "y": px(y.start + LINE), "mark": px(y.start + 4), "label": f"{t:g}"}
            for t in ticks
        ],
        "y_ticks": [{"y": px(y(v)), "text_y": px(y(v) + 4), "label": words} for v, words in heights],
    }


def draw_curve(curve: Curve, number: int, start: float, x: Scale, y: Scale) -> Drawing:
    """The path, bands, censor marks and dots of one curve."""
    return {
        "label": curve.label,
        "colour": number % 4 + 1,
        "path": step_path([(x(s.x), y(s.y)) for s in curve.steps], x(curve.end)),
        "bands": band_paths(curve.steps, curve.end, x, y),
        "marks": [
            {"x": px(x(m.x)), "y1": px(y(m.y) - 5), "y2": px(y(m.y) + 5), "title": m.title}
            for m in curve.marks
        ],
        "dots": step_dots(curve.steps, start, x, y),
    }


def risk_rows(curves: Sequence[Curve], ticks: Sequence[float], x: Scale, top: float) -> list[Drawing]:
    """The lines of the table under the axis: for several curves a line with the name and one with the numbers."""
    rows: list[Drawing] = []
    for number, curve in enumerate(curves):
        if not curve.at_risk:
            continue
        if len(curves) > 1:
            top += LINE + (4 if rows else 0)
            rows.append({"label": curve.label, "colour": number % 4 + 1, "y": top, "cells": []})
        top += LINE
        cells = [{"x": px(x(t)), "n": n} for t, n in zip(ticks, curve.at_risk, strict=True)]
        rows.append({"label": "", "colour": number % 4 + 1, "y": top, "cells": cells})
    return rows


def legend_of(curves: Sequence[Curve], width: int, top: float) -> list[Drawing]:
    """Samples and names of several curves, in a row on a screen and in a column on a telephone; none for one."""
    places, left = [], 46.0
    if len(curves) < 2:
        return []
    for number, curve in enumerate(curves):
        y = top + (LINE * number if width < 500 else 0)
        places.append(
            {
                "label": curve.label,
                "colour": number % 4 + 1,
                "x1": px(left),
                "x2": px(left + 26),
                "text_x": px(left + 33),
                "y": px(y),
                "text_y": px(y + 4),
            }
        )
        left += 0 if width < 500 else 33 + text_width(curve.label) + 24
    return places


def landmarks_of(curves: Sequence[Curve], x: Scale, y: Scale, top: float) -> list[Drawing]:
    """The dashed lines to the landmark estimates; words stand above the plot, where no curve passes."""
    drawn = []
    marked = [(i, curve.landmark) for i, curve in enumerate(curves) if curve.landmark]
    for line, (number, landmark) in enumerate(marked):
        assert landmark is not None
        at, half = x(landmark.x), text_width(landmark.label, 12.5) / 2
        drawn.append(
            {
                "colour": number % 4 + 1,
                "label": landmark.label,
                "x": px(at),
                "y": px(y(landmark.y)),
                "text_x": px(min(max(at, half), x.end + 14 - half)),
                "text_y": px(top + LINE * line + 6),
            }
        )
    return drawn


def accrual_chart(
    series: Sequence[Series],
    *,
    plan: Sequence[Count] = (),
    plan_label: str = "",
    forecast: Sequence[Count] = (),
    forecast_label: str = "",
    today: date,
    width: int = WIDE,
) -> Drawing:
    """Cumulative numbers by day (the first series is the heavy line), the plan as a straight dashed line, today.

    `forecast`: the points of a dotted line on from today.

    Without a plan there is no plan line; without any count `empty` is true. Labels stand at the ends of the lines.
    """
    days = [c.on for line in series for c in line.counts] + [c.on for c in (*plan, *forecast)] or [today]
    ticks = month_ticks(min(days), max([*days, today]), 8 if width > 500 else 4)
    highest = max(
        [c.n for line in series for c in line.counts] + [c.n for c in (*plan, *forecast)], default=1
    )
    heights = nice_ticks(highest, 6)
    labels = [line_label(line.label, line.counts) for line in series] + [line_label(plan_label, plan)]
    labels += [forecast_label] if forecast else []
    room = min(width * 0.34, max(text_width(label) for label in labels) + 12)
    x = Scale(ticks[0].toordinal(), ticks[-1].toordinal(), 38, width - room)
    y = Scale(0, heights[-1], 236, 16)
    lines = [draw_series(line, i, today, x, y) for i, line in enumerate(series) if line.counts]
    straight = [
        (line, label)
        for line, label in ((plan, line_label(plan_label, plan)), (forecast, forecast_label))
        if line
    ]
    ends = [line["end"] for line in lines] + [y(line[-1].n) for line, _label in straight]
    text = spread([end + 4 for end in ends], 15, 20, 238)
    for line, text_y in zip(lines, text, strict=False):
        line["text_y"] = px(text_y)
    return {
        "width": width,
        "height": 272,
        "empty": not lines,
        "left": px(x.start),
        "right": px(x.end),
        "top": "16",
        "bottom": px(y.start),
        "text_x": px(x.end + 8),
        "x_ticks": [{"x": px(x(t.toordinal())), "label": f"{t:%Y-%m}"} for t in ticks],
        "y_ticks": [{"y": px(y(v)), "text_y": px(y(v) + 4), "label": f"{v:g}"} for v in heights],
        "series": lines,
        "plan": straight_line(plan, straight, text[len(lines) :], x, y),
        "forecast": straight_line(forecast, straight, text[len(lines) :], x, y),
        "today": px(x(today.toordinal())),
    }


def straight_line(
    points: Sequence[Count],
    drawn: Sequence[tuple[Sequence[Count], str]],
    heights: Sequence[float],
    x: Scale,
    y: Scale,
) -> Drawing | None:
    """The plan or the forecast with its words at the height that is free for them; None where there is none."""
    for (line, label), height in zip(drawn, heights, strict=True):
        if line is points:
            places = " ".join(f"{px(x(c.on.toordinal()))},{px(y(c.n))}" for c in points)
            return {"points": places, "label": label, "text_y": px(height)}
    return None


def line_label(label: str, counts: Sequence[Count]) -> str:
    """The words at the end of a line: its last number and its name."""
    return f"{counts[-1].n:g} {label}".strip() if counts else ""


def draw_series(line: Series, number: int, today: date, x: Scale, y: Scale) -> Drawing:
    """One accrual line as steps, held until today, with a dot for each number that has a record.

    The first, of all together, is drawn in ink (0); the others have the colours of curves."""
    points = [(x(c.on.toordinal()), y(c.n)) for c in line.counts]
    return {
        "label": line_label(line.label, line.counts),
        "href": line.href,
        "colour": (number - 1) % 4 + 1 if number else 0,
        "path": step_path([(points[0][0], y(0)), *points], x(today.toordinal())),
        "end": points[-1][1],
        "dots": [
            {"x": px(place[0]), "y": px(place[1]), "href": c.href, "title": c.title}
            for place, c in zip(points, line.counts, strict=True)
            if c.href or c.title
        ],
    }


def bar_chart(bars: Sequence[Bar]) -> Drawing:
    """Horizontal bars on a common scale of 0 to 100 units of width; a target (`of`) is a light bar behind."""
    longest = max([bar.of or bar.value for bar in bars], default=0)
    x = Scale(0, longest or 1, 0, 100)
    return {"empty": not bars, "bars": [draw_bar(bar, x) for bar in bars]}


def draw_bar(bar: Bar, x: Scale) -> Drawing:
    """One bar with its parts from left to right."""
    parts = bar.parts or ((bar.value, bar.colour, ""),)
    drawn, left = [], 0.0
    for value, colour, title in parts:
        drawn.append({"x": px(x(left)), "width": px(x(value)), "colour": colour, "title": title})
        left += value
    return {
        "label": bar.label,
        "shown": bar.shown or f"{bar.value:g}",
        "href": bar.href,
        "target": px(x(bar.of)) if bar.of else "",
        "parts": drawn,
    }

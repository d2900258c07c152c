"""A small chart of MRD over time on a logarithmic axis, as coordinates for an SVG that the server draws.

A value is a dot; what was detected below quantification an empty dot at that limit; what was not detected a triangle
that points down from the limit of detection. A limit of detection is a short line at every sample that has one; what
has no limit stands as a question mark under the axis: it says nothing, and is never drawn as negative."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trialsite.casebook.charts import month_ticks

from ..domain.mrd import Qualifier, percent
from .mrd_results import MrdLine

WIDTHS = {"wide": 860, "narrow": 358}
HEIGHT = 250
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 26, 34
LOWEST, HIGHEST = -6, 0
VALUE, BELOW, NOT_DETECTED, UNKNOWN = "value", "below", "not-detected", "unknown"
SHAPES = {
    Qualifier.QUANTIFIED: VALUE,
    Qualifier.DETECTED_BELOW_LOQ: BELOW,
    Qualifier.NOT_DETECTED: NOT_DETECTED,
}


@dataclass(frozen=True)
class Point:
    """One result: where and as what it is drawn (value, below, not-detected, unknown), and what it says.

    lod_y: the height of its limit of detection, None without one or where the mark stands there itself."""

    x: float
    y: float
    shape: str
    verdict: str
    words: str
    lod_y: float | None = None

    @property
    def triangle(self) -> str:
        """The corners of the mark of what was not detected."""
        return f"{self.x - 5.5},{self.y} {self.x + 5.5},{self.y} {self.x},{round(self.y + 8.5, 1)}"


@dataclass(frozen=True)
class Event:
    """A day of treatment that is marked: first dose, transplantation."""

    on: date
    label: str


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class MrdChart:
    """Everything the template draws, in units of the SVG."""

    place: str
    width: int
    height: int
    left: int
    right: int
    bottom: int
    points: tuple[Point, ...]
    path: str
    threshold_y: float
    threshold: str
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    events: tuple[Tick, ...] = ()


def mrd_chart(
    lines: Sequence[MrdLine], threshold: Decimal, place: str, events: Sequence[Event] = ()
) -> MrdChart:
    """The chart of results of one method, oldest first; days of treatment are marked where they lie within it."""
    days = [line.result.sampled_on for line in lines]
    first, last, width = days[0], days[-1], WIDTHS[place]
    points = tuple(point_of(line, first, last, width) for line in lines)
    drawn = [point for point in points if point.shape != UNKNOWN]
    path = " ".join(f"{'M' if number == 0 else 'L'}{point.x} {point.y}" for number, point in enumerate(drawn))
    rows = tuple(
        Tick(y_of(Decimal(10) ** power), percent(Decimal(10) ** power)) for power in range(LOWEST, 1)
    )
    columns = tuple(Tick(x_of(day, first, last, width), label) for day, label in ticks_of(first, last, width))
    return MrdChart(
        place,
        width,
        HEIGHT,
        LEFT,
        width - RIGHT,
        HEIGHT - BOTTOM,
        points,
        path,
        y_of(threshold),
        percent(threshold),
        rows,
        columns,
        tuple(Tick(x_of(one.on, first, last, width), one.label) for one in events if first <= one.on <= last),
    )


def ticks_of(first: date, last: date, width: int) -> list[tuple[date, str]]:
    """First days of months within the course; for a short one its first and last day."""
    months = [day for day in month_ticks(first, last, 8 if width > 500 else 4) if first <= day <= last]
    if len(months) > 1:
        return [(day, f"{day:%Y-%m}") for day in months]
    return [(day, day.isoformat()) for day in dict.fromkeys((first, last))]


def height_of(line: MrdLine) -> Decimal | None:
    """The fraction at which a result is drawn: its value, else the limit that it lies below; None without either."""
    if line.result.qualifier is Qualifier.QUANTIFIED:
        return line.result.value
    if line.verdict is None or line.result.qualifier not in SHAPES:
        return None
    limit = line.verdict.loq if line.result.qualifier is Qualifier.DETECTED_BELOW_LOQ else line.verdict.lod
    return limit.value


def point_of(line: MrdLine, first: date, last: date, width: int) -> Point:
    assert line.verdict is not None
    x, day, height = x_of(line.result.sampled_on, first, last, width), line.result.sampled_on, height_of(line)
    verdict = line.verdict.verdict.value
    if height is None:
        return Point(x, HEIGHT - BOTTOM, UNKNOWN, verdict, f"{day} ?")
    shape, lod = SHAPES[line.result.qualifier], line.verdict.lod.value
    words = f"{day} {'' if shape == VALUE else '<'}{percent(height)}"
    lod_y = None if lod is None or shape == NOT_DETECTED else y_of(lod)
    return Point(x, y_of(height), shape, verdict, words, lod_y)


def x_of(day: date, first: date, last: date, width: int) -> float:
    span = max((last - first).days, 1)
    return round(LEFT + (width - LEFT - RIGHT) * (day - first).days / span, 1)


def y_of(fraction: Decimal) -> float:
    """The height of a fraction, 1 at the top and a millionth at the bottom; smaller ones stand at the bottom."""
    power = min(max(math.log10(fraction), LOWEST), HIGHEST)
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (HIGHEST - power) / (HIGHEST - LOWEST), 1)

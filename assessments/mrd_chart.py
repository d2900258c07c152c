"""A small chart of MRD over time on a logarithmic axis, as coordinates for an SVG that the server draws."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trialsite.casebook.charts import month_ticks

from .domain.mrd import Qualifier, Verdict, percent
from .mrd_results import MrdLine

WIDTHS = {"wide": 860, "narrow": 358}
HEIGHT = 230
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 14, 30
LOWEST, HIGHEST = -6, 0


@dataclass(frozen=True)
class Point:
    """One result: where it is drawn, whether it is a limit rather than a value, and what it says."""

    x: float
    y: float
    limit: bool
    verdict: str
    words: str


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


def mrd_chart(lines: Sequence[MrdLine], threshold: Decimal, place: str) -> MrdChart:
    """The chart of results of one method, oldest first; a result without value stands at its limit."""
    first, last, width = lines[0].result.sampled_on, lines[-1].result.sampled_on, WIDTHS[place]
    points = tuple(point_of(line, first, last, width) for line in lines if height_of(line) is not None)
    path = " ".join(
        f"{'M' if number == 0 else 'L'}{point.x} {point.y}" for number, point in enumerate(points)
    )
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
    )


def ticks_of(first: date, last: date, width: int) -> list[tuple[date, str]]:
    """First days of months within the course; for a short one its first and last day."""
    months = [day for day in month_ticks(first, last, 8 if width > 500 else 4) if first <= day <= last]
    if len(months) > 1:
        return [(day, f"{day:%Y-%m}") for day in months]
    return [(day, day.isoformat()) for day in dict.fromkeys((first, last))]


def height_of(line: MrdLine) -> Decimal | None:
    """The fraction at which a result is drawn: its value, else the limit that it lies below."""
    if line.result.qualifier is Qualifier.QUANTIFIED:
        return line.result.value
    if line.verdict is None or (
        line.verdict.verdict is Verdict.INDETERMINATE and line.verdict.lod.value is None
    ):
        return None
    limit = line.verdict.loq if line.result.qualifier is Qualifier.DETECTED_BELOW_LOQ else line.verdict.lod
    return limit.value


def point_of(line: MrdLine, first: date, last: date, width: int) -> Point:
    height = height_of(line)
    assert height is not None
    assert line.verdict is not None
    limit = line.result.qualifier is not Qualifier.QUANTIFIED
    words = f"{line.result.sampled_on} {'<' if limit else ''}{percent(height)}"
    return Point(
        x_of(line.result.sampled_on, first, last, width),
        y_of(height),
        limit,
        line.verdict.verdict.value,
        words,
    )


def x_of(day: date, first: date, last: date, width: int) -> float:
    span = max((last - first).days, 1)
    return round(LEFT + (width - LEFT - RIGHT) * (day - first).days / span, 1)


def y_of(fraction: Decimal) -> float:
    """The height of a fraction, 1 at the top and a millionth at the bottom; smaller ones stand at the bottom."""
    power = min(max(math.log10(fraction), LOWEST), HIGHEST)
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (HIGHEST - power) / (HIGHEST - LOWEST), 1)

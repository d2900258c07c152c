"""Levels of methotrexate over hours on a logarithmic axis, with the limits of the table, as coordinates of an SVG.

A level is a dot; one below the laboratory's limit an empty dot at that limit; one from the infusion line a cross, not
joined to the others. A limit of the table is a short dash at its hour."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trialsite.casebook.charts import Scale, nice_step, px
from trialsite.studies.domain.methotrexate_plan import LevelLimit

from .selectors import Judged, LevelLine

WIDTHS = {"wide": 860, "narrow": 358}
HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 250, 52, 18, 14, 44
LOWEST, HIGHEST = -2, 3  # powers of ten, µmol/L
VALUE, BELOW, INVALID = "value", "below", "invalid"


@dataclass(frozen=True)
class Place:
    """A mark or a tick: where it is drawn and what it says."""

    x: str
    y: str
    words: str
    shape: str = VALUE


@dataclass(frozen=True)
class LevelChart:
    """Everything that the template draws, in units of the SVG."""

    place: str
    width: int
    height: int
    left: int
    right: int
    bottom: int
    path: str
    points: tuple[Place, ...]
    limits: tuple[Place, ...]
    rows: tuple[Place, ...]
    columns: tuple[Place, ...]
    end_x: str
    over_y: str
    over: str


def level_chart(one: Judged, place: str, over: Decimal) -> LevelChart:
    """The chart of one infusion: hours from its start, to the last level, limit or next level."""
    width = WIDTHS[place]
    limits = limits_of(one)
    hours = [line.level.hours_from_start for line in one.lines] + [hour for hour, _limit in limits]
    last = max([float(hour) for hour in hours] + [24.0])
    step = 24 if last > 48 else nice_step(last, 5)
    x = Scale(0, math.ceil(last / step) * step, LEFT, width - RIGHT)
    points = [point_of(line, x) for line in one.lines]
    drawn = [point for point in points if point.shape != INVALID]
    run = one.infusion.infusion_h
    return LevelChart(
        place,
        width,
        HEIGHT,
        LEFT,
        width - RIGHT,
        HEIGHT - BOTTOM,
        " ".join(f"{'M' if number == 0 else 'L'}{point.x} {point.y}" for number, point in enumerate(drawn)),
        tuple(points),
        tuple(
            Place(px(x(float(hour))), y_of(limit.umol_l), f"{limit.op} {limit.umol_l}")
            for hour, limit in limits
        ),
        tuple(
            Place("", y_of(Decimal(10) ** power), f"{Decimal(10) ** power:f}")
            for power in range(LOWEST, HIGHEST + 1)
        ),
        tuple(
            Place(px(x(step * number)), "", f"{step * number:g}")
            for number in range(math.ceil(last / step) + 1)
        ),
        "" if run is None else px(x(float(run))),
        y_of(over),
        f"{over}",
    )


def limits_of(one: Judged) -> Sequence[tuple[Decimal, LevelLimit]]:
    """The limits of the table with their hours from the start."""
    table, run = one.found.table, one.infusion.infusion_h
    if table is None or run is None:
        return []
    shift = Decimal(0) if table.clock == "start" else run
    found = {
        (clause.at_h + shift, clause.umol_l): clause
        for row in table.rows
        if row.verdict != "normal"
        for clauses in row.any
        for clause in clauses
        if isinstance(clause, LevelLimit)
    }
    return [(hour, clause) for (hour, _limit), clause in sorted(found.items(), key=lambda each: each[0])]


def point_of(line: LevelLine, x: Scale) -> Place:
    level = line.level
    value = level.level.canonical if level.level.canonical is not None else level.level.value
    shape = INVALID if not level.valid else BELOW if level.level.comparator in ("<", "<=") else VALUE
    return Place(px(x(float(level.hours_from_start))), y_of(value), f"{level.level}", shape)


def y_of(umol_l: Decimal) -> str:
    """The height of a level; what lies outside the axis stands at its edge, 0 at the bottom."""
    power = LOWEST if umol_l <= 0 else min(max(math.log10(umol_l), LOWEST), HIGHEST)
    return px(TOP + (HEIGHT - TOP - BOTTOM) * (HIGHEST - power) / (HIGHEST - LOWEST))

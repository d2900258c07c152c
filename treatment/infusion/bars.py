"""The stretches of an infusion, what was planned behind them, interruptions and marks on one time axis, in pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from trialsite.casebook.charts import NARROW, WIDE, Scale, px

from ..domain.infusion import Gap, Segment, shown_length
from ..models.infusions import StopReason

MARKS, TOP, HEIGHT, AXIS = 40, 46, 44, 20
LOWEST = 8.0
APART = 15.0  # between the marks of one row
SHAPES = ("event", "step", "premedication", "bag")


@dataclass(frozen=True)
class Mark:
    """Something at one instant: "event", "step", "premedication" or "bag" (one shape each), in words, numbered."""

    at: datetime
    kind: str
    words: str
    detail: str = ""
    number: int = 0


@dataclass(frozen=True)
class Frame:
    """What the picture is drawn on: time to the right, rate upwards."""

    x: Scale
    highest: Decimal
    first: datetime
    last: datetime
    now: datetime
    zone: ZoneInfo

    def at(self, moment: datetime) -> float:
        return self.x(min(max(moment, self.first), self.last).timestamp())

    def tall(self, rate: Decimal) -> float:
        return max(LOWEST, HEIGHT * float(rate / self.highest))


def infusion_bars(
    segments: Sequence[Segment],
    gaps: Sequence[Gap],
    planned_days: int,
    now: datetime,
    zone: ZoneInfo,
    *,
    rates: Mapping[int, Decimal] | None = None,
    marks: Sequence[Mark] = (),
) -> dict[str, Any]:
    """The picture for a screen and for a telephone; empty without a stretch of infusion.

    rates: day of the cycle → planned µg/day, drawn behind from the first start on, day by day."""
    if not segments:
        return {"empty": True}
    first = min(one.start for one in segments)
    stops = [max(one.stop or now, one.start) for one in segments]
    last = max([*stops, first + timedelta(days=planned_days), *(one.at for one in marks)])
    highest = max([*(one.rate_ug_day for one in segments), *(rates or {}).values()], default=Decimal(1))
    frames = {
        name: Frame(
            Scale(first.timestamp(), last.timestamp(), 8, width - 8),
            highest or Decimal(1),
            first,
            last,
            now,
            zone,
        )
        for name, width in (("wide", WIDE), ("narrow", NARROW))
    }
    return {"empty": False, "planned": bool(rates)} | {
        name: drawn(frame, width, segments, gaps, rates or {}, marks)
        for (name, frame), width in zip(frames.items(), (WIDE, NARROW), strict=True)
    }


def drawn(
    frame: Frame,
    width: int,
    segments: Sequence[Segment],
    gaps: Sequence[Gap],
    rates: Mapping[int, Decimal],
    marks: Sequence[Mark],
) -> dict[str, Any]:
    base = TOP + HEIGHT
    return {
        "width": width,
        "height": base + AXIS,
        "top": TOP,
        "bar_height": HEIGHT,
        "base": base,
        "tick_y": base + 15,
        "planned": list(planned_bars(frame, rates)),
        "bars": [bar(frame, one) for one in segments],
        "gaps": [hole(frame, gap) for gap in gaps],
        "ticks": ticks(frame, width),
        "marks": placed(frame, marks, width),
    }


def planned_bars(frame: Frame, rates: Mapping[int, Decimal]) -> Any:
    """The planned course behind what ran: one outline for the days in a row that have one rate."""
    days = sorted(rates)
    start = days[0] if days else 1
    for rate, run in groupby(days, key=lambda day: rates[day]):
        ours = list(run)
        left = frame.at(frame.first + timedelta(days=ours[0] - start))
        right = frame.at(frame.first + timedelta(days=ours[-1] - start + 1))
        tall = frame.tall(rate)
        yield {
            "x": px(left),
            "y": px(TOP + HEIGHT - tall),
            "width": px(max(1.5, right - left)),
            "height": px(tall),
            "title": _("Planned: %(rate)s µg/day") % {"rate": f"{round(rate, 2).normalize():f}"},
        }


def bar(frame: Frame, one: Segment) -> dict[str, Any]:
    left, right = frame.at(one.start), frame.at(max(one.stop or frame.now, one.start))
    tall = frame.tall(one.rate_ug_day)
    rate = f"{round(one.rate_ug_day, 2).normalize():f} µg/d"
    until = _when(one.stop, frame.zone) if one.stop else _("running")
    return {
        "x": px(left),
        "y": px(TOP + HEIGHT - tall),
        "width": px(max(1.5, right - left)),
        "height": px(tall),
        "running": one.stop is None,
        "title": f"{rate} · {_when(one.start, frame.zone)} – {until}",
        "text": rate if right - left > 60 and tall > 12 else "",
        "text_x": px(left + 5),
        "text_y": px(TOP + HEIGHT - 5),
    }


def hole(frame: Frame, gap: Gap) -> dict[str, Any]:
    """An interruption with its length, and its reason where there is room."""
    left, right = frame.at(gap.start), frame.at(gap.stop)
    reason = str(StopReason(gap.reason).label) if gap.reason else ""
    length = shown_length(gap.length)
    return {
        "x": px(left),
        "width": px(max(2.0, right - left)),
        "title": f"{_('Gap')} {length}{' · ' + reason if reason else ''}",
        "text": length if right - left > 46 else "",
        "text_x": px((left + right) / 2),
        "text_y": px(TOP + HEIGHT / 2 + 4),
    }


def placed(frame: Frame, marks: Sequence[Mark], width: int) -> list[dict[str, Any]]:
    """Each mark above its instant; where two would touch, the later one stands in the next of two rows, or beside."""
    found: list[dict[str, Any]] = []
    until = [-APART, -APART]
    for mark in marks:
        x = frame.at(mark.at)
        row = (
            0
            if x - until[0] >= APART
            else 1
            if x - until[1] >= APART
            else min((0, 1), key=lambda r: until[r])
        )
        centre = min(max(x, until[row] + APART), width - 8.0)
        until[row] = centre
        y = 10.0 + 18.0 * (1 - row)
        found.append(
            {
                "kind": mark.kind,
                "number": mark.number,
                "x": px(centre),
                "y": px(y),
                "text_y": px(y + (5.5 if mark.kind == "step" else 3.5)),
                "line_x": px(x),
                "line_y": px(y + 7),
                "points": points(mark.kind, centre, y),
                "title": f"{mark.number}. {mark.words} · {_when(mark.at, frame.zone)}",
            }
        )
    return found


def points(kind: str, x: float, y: float) -> str:
    """The corners of a mark's shape: event diamond, step triangle, bag square; premedication is round."""
    corners = {
        "event": ((0, -8), (8, 0), (0, 8), (-8, 0)),
        "step": ((0, -8), (8, 7), (-8, 7)),
        "bag": ((-7, -7), (7, -7), (7, 7), (-7, 7)),
    }.get(kind, ())
    return " ".join(f"{px(x + dx)},{px(y + dy)}" for dx, dy in corners)


def ticks(frame: Frame, width: int) -> list[dict[str, str]]:
    days = (frame.last - frame.first).days + 1
    step = 1 if days <= 10 else 7 if days > 16 else 2
    if width < 500 and days > 10:
        step = 7
    places = ((day, frame.at(frame.first + timedelta(days=day))) for day in range(0, days, step))
    return [{"x": px(x), "label": str(day + 1)} for day, x in places if x < width - 26]


def _when(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")

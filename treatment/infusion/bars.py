"""The stretches of an infusion and its interruptions as bars on one time axis, in pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from trialsite.casebook.charts import NARROW, WIDE, Scale, px

from ..domain.infusion import Gap, Infusion, Segment, shown_length

TOP, HEIGHT, AXIS = 8, 30, 20


@dataclass(frozen=True)
class Ledger:
    """One course of blinatumomab: its stretches, what they add up to, and the picture."""

    segments: Sequence[Any]
    course: Infusion
    planned_days: int
    planned_micrograms: Any
    drawing: dict[str, Any]


def infusion_bars(
    segments: Sequence[Segment], gaps: Sequence[Gap], planned_days: int, now: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """The picture for a screen and for a telephone; empty without a stretch of infusion."""
    if not segments:
        return {"empty": True}
    first = min(one.start for one in segments)
    stops = [max(one.stop or now, one.start) for one in segments]
    last = max([*stops, first + timedelta(days=planned_days)])
    return {
        "empty": False,
        "wide": _draw(segments, gaps, first, last, now, zone, WIDE),
        "narrow": _draw(segments, gaps, first, last, now, zone, NARROW),
    }


def _draw(
    segments: Sequence[Segment],
    gaps: Sequence[Gap],
    first: datetime,
    last: datetime,
    now: datetime,
    zone: ZoneInfo,
    width: int,
) -> dict[str, Any]:
    x = Scale(first.timestamp(), last.timestamp(), 6, width - 6)
    highest = max((one.rate_ug_day for one in segments), default=1) or 1
    bars = []
    for one in segments:
        left, right = x(one.start.timestamp()), x(max(one.stop or now, one.start).timestamp())
        tall = max(8.0, HEIGHT * float(one.rate_ug_day / highest))
        rate = f"{one.rate_ug_day.normalize():f} µg/d"
        bars.append(
            {
                "x": px(left),
                "y": px(TOP + HEIGHT - tall),
                "width": px(max(1.5, right - left)),
                "height": px(tall),
                "running": one.stop is None,
                "title": f"{rate} · {_when(one.start, zone)} – {_when(one.stop, zone) if one.stop else _('running')}",
                "text": rate if right - left > 60 and tall > 14 else "",
                "text_x": px(left + 5),
                "text_y": px(TOP + HEIGHT - 6),
            }
        )
    holes = [
        {
            "x": px(x(gap.start.timestamp())),
            "width": px(max(1.5, x(gap.stop.timestamp()) - x(gap.start.timestamp()))),
            "title": f"{_('Gap')} {shown_length(gap.length)}",
        }
        for gap in gaps
    ]
    days = (last - first).days + 1
    step = 1 if days <= 10 else 7 if days > 16 else 2
    if width < 500 and days > 10:
        step = 7
    ticks = [
        {"x": px(x((first + timedelta(days=day)).timestamp())), "label": str(day + 1)}
        for day in range(0, days, step)
        if x((first + timedelta(days=day)).timestamp()) < width - 26
    ]
    return {
        "width": width,
        "height": TOP + HEIGHT + AXIS,
        "top": TOP,
        "bar_height": HEIGHT,
        "base": TOP + HEIGHT,
        "tick_y": TOP + HEIGHT + 15,
        "bars": bars,
        "gaps": holes,
        "ticks": ticks,
    }


def _when(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")

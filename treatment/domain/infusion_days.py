"""The calendar day on which a cumulative day of infusion begins, counted by 24 h of infusion: pauses move it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from .infusion import Segment


def infusion_day_begins(segments: Sequence[Segment], day: int) -> datetime | None:
    """The instant at which infusion day `day` begins: once 24 h × (day − 1) were infused, the infusion goes on.

    segments: stretches of one course, in any order; where two overlap, the time counts once. day: 1, 2, …; day 8 is
    that of the step dose. While a stretch runs (no stop) the instant is the one that it will reach. None where the
    infusion has not begun, is paused or has ended before that day. An infusion that stops exactly at the day's first
    instant begins it only when it is started again. ValueError for a day below 1.
    """
    if day < 1:
        raise ValueError(f"Infusion days are counted from 1, not {day}.")
    left = timedelta(days=day - 1)
    until: datetime | None = None
    for one in sorted(segments, key=lambda each: each.start):
        start = one.start if until is None else max(one.start, until)
        if one.stop is None or one.stop - start > left:
            return start + left
        left -= max(one.stop - start, timedelta(0))
        until = max(one.stop, start)
    return None

"""How tubes for MRD went their way: some are reported, some wait at the laboratory, on the way, or to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .draws import Draw

LABORATORY = "Central MRD laboratory"
WAYS = {"reported": 40.0, "received": 24.0, "sent": 18.0, "drawn": 12.0, "rejected": 6.0}
STEPS_AFTER = {"drawn": (), "sent": (1,), "received": (1, 2), "rejected": (1, 2), "reported": (1, 2, 9)}


@dataclass(frozen=True)
class Tube:
    """One tube: the days on which it was drawn, sent, received (or rejected) and reported, as far as it came."""

    drawn_on: date
    state: str
    sent_on: date | None = None
    received_on: date | None = None
    reported_on: date | None = None


def tube(draw: Draw, drawn_on: date, today: date, *, reported: bool = False) -> Tube:
    """The way of a tube that was drawn on a day, no further than time has come; `reported`: its result is there."""
    state = (
        "reported"
        if reported
        else draw.weighted({key: each for key, each in WAYS.items() if key != "reported"})
    )
    days = [drawn_on + timedelta(days=after) for after in STEPS_AFTER[state]]
    come = [day for day in days if day < today]
    if len(come) < len(days):
        state = ("drawn", "sent", "received")[len(come)]
    sent, received, done = (come + [None, None, None])[:3]
    return Tube(drawn_on, state, sent, received, done)

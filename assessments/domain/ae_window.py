"""The window in which adverse events are collected: from the first study treatment to days after the last one.

The plan of each study stands in its protocol file (`adverse_events.window`). A related serious event counts at any time
(assumption of the four files)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from trialsite.clinical.kleene import Truth
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.text import Text
from trialsite.studies.domain.adverse_event_plan import WindowPlan


@dataclass(frozen=True)
class Milestones:
    """The days of one subject that a window is counted from; None while there is none."""

    c1d1: date | None = None
    randomised: date | None = None
    consented: date | None = None
    last_dose: date | None = None
    car_t: date | None = None
    graft: date | None = None


@dataclass(frozen=True)
class Window:
    """First and last day, both included; `end` None while treatment goes on, `start` None before it began."""

    start: date | None
    end: date | None
    why_end: Text | None = None


def window(plan: WindowPlan, days: Milestones) -> Window:
    """The window of one subject.

    It begins with the first of `plan.starts` that has a day. It ends with the latest of: so many days after the last
    dose, after CAR-T cells, after the graft; for a subject without a graft also after randomisation, where the plan
    says so. While none of the last dose and the graft has a day, it is open.
    """
    known = {"c1d1": days.c1d1, "randomisation": days.randomised, "consent": days.consented}
    start = next((known[name] for name in plan.starts if known[name] is not None), None)
    if days.last_dose is None and days.graft is None:
        return Window(start, None)
    ends = [
        _after(days.last_dose, plan.days_after_last_dose, _DOSE),
        _after(days.car_t, plan.days_after_car_t, _CELLS),
        _after(days.graft, plan.days_after_hsct, _GRAFT),
    ]
    if days.graft is None:
        ends.append(_after(days.randomised, plan.days_after_randomisation, _RANDOMISED))
    dated = [end for end in ends if end is not None]
    if not dated:
        return Window(start, None)
    end, why = max(dated, key=lambda one: one[0])
    return Window(start, end, why)


def _after(day: date | None, days: int | None, name: Text) -> tuple[date, Text] | None:
    if day is None or days is None:
        return None
    return day + timedelta(days=days), Text(f"{days} days after {name.en}", f"{name.zh}后 {days} 天")


_DOSE = Text("the last dose", "末次给药")
_CELLS = Text("the CAR-T cells", "CAR-T 回输")
_GRAFT = Text("transplantation", "移植")
_RANDOMISED = Text("randomisation", "随机")


def began_inside(onset: PartialDate | None, span: Window) -> Truth:
    """Whether an event began in the window; unknown without an onset, or where a partial day may lie on both sides."""
    if onset is None:
        return Truth.UNKNOWN
    if span.start is None or onset.latest < span.start:
        return Truth.FALSE
    if span.end is not None and onset.earliest > span.end:
        return Truth.FALSE
    certain = onset.earliest >= span.start and (span.end is None or onset.latest <= span.end)
    return Truth.TRUE if certain else Truth.UNKNOWN


def treatment_emergent(onset: PartialDate | None, c1d1: date | None) -> Truth:
    """Whether an event began on or after day 1 of treatment; before any treatment it did not."""
    if onset is None:
        return Truth.UNKNOWN
    if c1d1 is None or onset.latest < c1d1:
        return Truth.FALSE
    return Truth.TRUE if onset.earliest >= c1d1 else Truth.UNKNOWN

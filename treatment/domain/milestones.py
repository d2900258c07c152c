"""The steps from work-up to day +100 of a graft or of cells: which are in, which are missing by now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# By which day after day 0 a step is looked for (assumption): a finding needs days until somebody enters it.
ENGRAFTED_BY = 35
D28_BY, D100_BY = 35, 110


class StepState(StrEnum):
    """How a step stands."""

    IN = "IN"
    MISSING = "MISSING"
    TO_COME = "TO_COME"


@dataclass(frozen=True)
class When:
    """When a step is looked for: from a fixed day on, or so many days after day 0; None: it is asked for at once."""

    day: date | None = None
    after_day0: int | None = None

    def due(self, day0: date | None) -> date | None:
        if self.after_day0 is None:
            return self.day
        return None if day0 is None else day0 + timedelta(days=self.after_day0)


def step_state(known: bool, when: When, day0: date | None, today: date) -> StepState:
    """IN once it is recorded; MISSING from its day on; TO_COME before it, and while it waits for day 0."""
    if known:
        return StepState.IN
    due = when.due(day0)
    if due is None and when.after_day0 is not None:
        return StepState.TO_COME
    return StepState.MISSING if due is None or due <= today else StepState.TO_COME

"""The weight that doses rest on: whether it is fresh, and what was measured since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from trialsite.casebook import registries
from trialsite.clinical.body import drift_pct, drifted, round_half_up
from trialsite.clinical.facts import Fact

from ..models import CycleStart, DosePlan
from .computing import canonical


@dataclass(frozen=True)
class Drift:
    """A weight measured since that asks for another computation, beside that of cycle 1."""

    weight_kg: Decimal
    on: date
    first_kg: Decimal
    percent: Decimal


def measured_since(cycle: CycleStart) -> Fact | None:
    """The latest weight of the vital signs, where it was measured since day 1 of a phase."""
    return usable(registries.facts_of(cycle.subject_id, ["weight_kg"])["weight_kg"], cycle)


def usable(weight: Fact, cycle: CycleStart) -> Fact | None:
    on, began = weight.on, cycle.performed_on
    exact = weight.known and not weight.comparator and isinstance(weight.value, Decimal)
    return weight if exact and on is not None and began is not None and on >= began else None


def drift_of(cycle: CycleStart, first: CycleStart, plan: DosePlan | None) -> Drift | None:
    """Whether the weight has drifted since cycle 1, and the doses of a phase do not rest on it yet."""
    first_kg, weight = canonical(first.weight), measured_since(cycle)
    if plan is None or plan.weight_kg is None or first_kg is None or weight is None or weight.on is None:
        return None
    kilograms = Decimal(str(weight.value))
    if not drifted(kilograms, first_kg, plan.weight_kg):
        return None
    percent = round_half_up(drift_pct(kilograms, first_kg), 1)
    return Drift(kilograms, weight.on, first_kg, percent)


def weighed_on(values: Mapping[str, Any], weight: Fact | None) -> date | None:
    """When the weight of a phase was measured: as typed, else the day of the same weight among the vital signs."""
    if values.get("weighed_on"):
        day: date = values["weighed_on"]
        return day
    typed = canonical(values.get("weight"))
    return weight.on if weight is not None and weight.known and weight.value == typed else None

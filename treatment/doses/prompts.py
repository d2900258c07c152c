"""What asks for another computation of the phase that goes on, and what is told beside its doses."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.fact_words import fact_label
from trialsite.clinical.text import Text
from trialsite.studies.words import percent_words, runs_words

from ..models import CycleStart, DosePlan
from ..templatetags.doses import amount, dose_reason
from .computing import Computed, compute_doses, regimen_of_cycle
from .weights import drift_of

Daily = dict[tuple[str, int], Decimal | None]


@dataclass(frozen=True)
class Prompt:
    """One thing that asks for another computation: in words, from which day, and by which weight."""

    words: str
    from_day: int
    measured_weight: bool = False

    @property
    def reason(self) -> str:
        """What is proposed as the reason."""
        return self.words[:300]


def prompts_of(cycle: CycleStart, first: CycleStart, plan: DosePlan | None, today: date) -> Iterator[Prompt]:
    """Weight that drifted, and doses to come that would be others by what is known now."""
    if plan is None or cycle.ended_on is not None or cycle.performed_on is None:
        return
    day = max(1, (today - cycle.performed_on).days + 1)
    drift = drift_of(cycle, first, plan)
    if drift is not None and day <= regimen_of_cycle(cycle).cycle_days:
        words = _("Weight %(now)s kg on %(day)s, %(percent)s %% from the %(first)s kg of cycle 1.") % {
            "now": f"{drift.weight_kg.normalize():f}",
            "day": drift.on,
            "percent": f"{drift.percent:+}",
            "first": f"{drift.first_kg.normalize():f}",
        }
        yield Prompt(words, day, True)
        return
    measured = bool(plan.inputs.get("weight_measured"))
    now = compute_doses(cycle, plan.weight_kg if measured else None)
    if now is not None and (lines := list(changes(plan, now, day))):
        yield Prompt(_("By what is known now: %(changes)s.") % {"changes": "; ".join(lines)}, day, measured)


def changes(plan: DosePlan, now: Computed, from_day: int) -> Iterator[str]:
    """The doses from a day on that would be others, drug by drug with runs of days."""
    units = {dose.drug: dose.unit for dose in now.doses}
    names = {dose.drug: Text(dose.name_en, dose.name_zh) for dose in plan.doses.all()}
    names |= {dose.drug: dose.name for dose in now.doses}
    before = {
        (dose.drug, day): dose.amount for dose in plan.doses.all() for day in dose.days if day >= from_day
    }
    after = {(dose.drug, day): dose.rounded for dose in now.doses for day in dose.days if day >= from_day}
    missing = {(dose.drug, day): dose.missing for dose in now.doses for day in dose.days}
    places = sorted(
        before.keys() | after.keys(),
        key=lambda one: (list(units).index(one[0]) if one[0] in units else 99, one[1]),
    )
    differing = [one for one in places if differs(before, after, one)]
    for (drug, old, new), run in groupby(
        differing, key=lambda one: (one[0], before.get(one), after.get(one))
    ):
        days = [day for _drug, day in run]
        unit = units.get(drug, "mg")
        lacks = missing.get((drug, days[0]), ())
        will = amount(new, unit) if new is not None else lacking(lacks)
        was = amount(old, unit) if old is not None else _("not planned")
        yield f"{names[drug].in_language(get_language() or 'en')}, {runs_words(days)}: {was} → {will}"


def differs(before: Daily, after: Daily, place: tuple[str, int]) -> bool:
    """Whether a dose is another; one that is unknown now as it was is none."""
    return before.get(place) != after.get(place)


def lacking(names: Iterable[str]) -> str:
    """Not planned, with what it waits for."""
    told = ", ".join(fact_label(name) for name in names)
    return _("not planned (missing: %(what)s)") % {"what": told} if told else _("not planned")


def notes_of(cycle: CycleStart, plan: DosePlan | None) -> Iterator[Any]:
    """What is told beside the doses of a plan: obesity, dose level, days taken over from the plan before it."""
    if plan is None:
        return
    inputs: Mapping[str, Any] = plan.inputs
    if inputs.get("obese"):
        yield Text(inputs["obese"]["en"], inputs["obese"]["zh"])
    if plan.dose_level != 1:
        told = _("Dose level %(level)s: %(why)s") % {
            "level": percent_words(plan.dose_level),
            "why": dose_reason(cycle.dose_level_reason) or "—",
        }
        yield Text(told, told)
    if inputs.get("weight_measured"):
        told = _("Dosed by the weight measured on %(day)s.") % {"day": inputs.get("weighed_on")}
        yield Text(told, told)
    if plan.from_day > 1:
        told = _("Computed from day %(day)s on; the days before stand as the earlier plan had them.") % {
            "day": plan.from_day
        }
        yield Text(told, told)

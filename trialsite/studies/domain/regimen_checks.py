"""Checks the regimens of a protocol: days inside the cycle, a dose for every day, parts that make a whole."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.protocol import CAPPED_BSA, DoseModifier, Drug, Protocol, Regimen


def regimen_problems(protocol: Protocol) -> Iterator[tuple[Path, str]]:
    """Every problem of every regimen as (path, sentence)."""
    used = {phase.regimen for phase in protocol.phases}
    for number, regimen in enumerate(protocol.regimens):
        if regimen.key not in used:
            yield (
                ("regimens", number, "key"),
                f"No phase uses the regimen {regimen.key}; name it in a phase or leave it out.",
            )
        keys = [drug.key for drug in regimen.drugs]
        for place, drug in enumerate(regimen.drugs):
            here: Path = ("regimens", number, "drugs", place)
            if drug.key in keys[:place]:
                yield (*here, "key"), f"{drug.key} stands in {regimen.key} twice; each is accepted once."
            late = [day for day in drug.days if day > regimen.cycle_days]
            if late:
                days = ", ".join(map(str, late))
                yield (*here, "days"), f"Day {days} lies outside the cycle of {regimen.cycle_days} days."
            yield from _dose_problems(here, drug)
            yield from _lysis_problems((*here, "tumour_lysis"), drug, protocol)
        yield from _level_problems(("regimens", number, "dose_levels"), regimen)
    allowed = protocol.dose_tolerance
    if not 0 <= allowed.query_above_pct <= allowed.deviation_above_pct:
        sentence = (
            "A deviation lies above what is asked about: not below query_above_pct, and neither below 0."
        )
        yield ("dose_tolerance", "deviation_above_pct"), sentence
    if (protocol.obesity.cap is None) == (protocol.obesity.handling == CAPPED_BSA):
        yield ("obesity", "cap"), f"A cap belongs to the handling {CAPPED_BSA}, and only to that one."


def _dose_problems(here: Path, drug: Drug) -> Iterator[tuple[Path, str]]:
    bare = [day for day in drug.days if not any(dose.covers(day) for dose in drug.doses)]
    if bare:
        days = ", ".join(map(str, bare))
        yield (*here, "doses"), f"No dose is given for day {days}; every day of the drug needs one."
    for index, dose in enumerate(drug.doses):
        stray = [day for day in dose.days or () if day not in drug.days]
        if stray:
            days = ", ".join(map(str, stray))
            yield (*here, "doses", index, "days"), f"Day {days} is not a day of {drug.key}."
        if dose.amount <= 0:
            yield (*here, "doses", index, "amount"), "A dose is more than 0."
        if dose.cap is not None and dose.cap <= 0:
            yield (*here, "doses", index, "cap"), "A cap is more than 0; leave it out where there is none."
    if drug.rounding is not None and drug.rounding <= 0:
        yield (*here, "rounding"), "A rounding step is more than 0; leave it out where there is none."
    if drug.parts and sum((part.fraction for part in drug.parts), Decimal(0)) != 1:
        yield (*here, "parts"), "The fractions of the parts must add up to exactly 1."
    for index, modifier in enumerate(drug.modifiers):
        yield from _modifier_problems((*here, "modifiers", index), drug, modifier)
    for index, other in enumerate(drug.equivalents):
        if other.factor <= 0 or (other.cap is not None and other.cap <= 0):
            yield (*here, "equivalents", index), "A factor and a cap are more than 0."


def _lysis_problems(here: Path, drug: Drug, protocol: Protocol) -> Iterator[tuple[Path, str]]:
    plan = drug.tumour_lysis
    if plan is None:
        return
    form = next((one for one in protocol.forms if one.key == plan.form), None)
    if form is None:
        yield (*here, "form"), f"{plan.form} is no form of this trial."
        return
    items = {item.key: item for item in form.items}
    for name in ("day", "point", "lysis", "held"):
        if getattr(plan, name) not in items:
            yield (*here, name), f"{getattr(plan, name)} is no item of {plan.form}."
    codes = {one.code for one in items[plan.point].choices} if plan.point in items else set()
    for number, check in enumerate(plan.checks):
        for code in check.points:
            if codes and code not in codes:
                yield (*here, "checks", number, "points"), f"{code} is no answer of {plan.point}."


def _modifier_problems(here: Path, drug: Drug, modifier: DoseModifier) -> Iterator[tuple[Path, str]]:
    stray = [day for day in modifier.days or () if day not in drug.days]
    if stray:
        yield (*here, "days"), f"Day {', '.join(map(str, stray))} is not a day of {drug.key}."
    for name, value in (("amount", modifier.amount), ("factor", modifier.factor), ("hours", modifier.hours)):
        if value is not None and value <= 0:
            yield (*here, name), "This is more than 0; a dose that is left out is written as omit."


def _level_problems(here: Path, regimen: Regimen) -> Iterator[tuple[Path, str]]:
    if regimen.dose_levels is None:
        return
    if not all(0 < one <= 1 for one in regimen.dose_levels.factors) or 1 not in regimen.dose_levels.factors:
        yield (*here, "factors"), 'The factors are above 0 and at most 1, the full dose ("1") among them.'
    keys = {drug.key for drug in regimen.drugs}
    for name in regimen.dose_levels.drugs:
        if name not in keys:
            yield (*here, "drugs"), f"{name} is no drug of {regimen.key}."

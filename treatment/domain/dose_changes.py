"""What the modifiers of a drug make of its dose on a day, with the facts that they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from trialsite.clinical.body import round_half_up
from trialsite.clinical.facts import Fact
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import evaluate, facts_named, parse_rule
from trialsite.clinical.text import Text
from trialsite.clinical.units import unit_label
from trialsite.studies.domain.protocol import DoseModifier, Drug


@dataclass(frozen=True)
class DoseChange:
    """The changes of one dose: another amount, factors, another duration, or none at all.

    because: for each change ("amount", "hours", "omit", "factor 0", …) what it rests on, in words. missing: the facts
    for want of which it cannot be decided."""

    amount: Decimal | None = None
    factors: tuple[tuple[str, Decimal], ...] = ()
    hours: Decimal | None = None
    omitted: bool = False
    reasons: tuple[str, ...] = ()
    because: tuple[tuple[str, Text], ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def factor(self) -> Decimal:
        """All factors multiplied."""
        product = Decimal(1)
        for _name, one in self.factors:
            product *= one
        return product


UNCHANGED = DoseChange()


def change_on(drug: Drug, day: int, facts: Mapping[str, Fact]) -> DoseChange:
    """What holds on a day of the cycle (1 is the first).

    A dose that is omitted for certain needs no other fact. Of the amounts, and of the durations, the first whose rule
    is true counts, and what stands behind it is not asked. Anything else that is unknown leaves the dose open."""
    here = [(one, evaluate(parse_rule(one.when), facts)) for one in drug.modifiers if one.covers(day)]
    if not here:
        return UNCHANGED
    for one, answer in here:
        if one.omit and answer.truth is Truth.TRUE:
            return DoseChange(omitted=True, reasons=(one.reason,), because=(("omit", _why(one, facts)),))
    amount = hours = None
    factors: list[tuple[str, Decimal]] = []
    applied: list[tuple[str, DoseModifier]] = []
    missing: list[str] = []
    for one, answer in here:
        settled = (one.amount is not None and amount is not None) or (
            one.hours is not None and hours is not None
        )
        if settled or answer.truth is Truth.FALSE:
            continue
        if answer.truth is Truth.UNKNOWN:
            missing += answer.missing
        elif one.amount is not None:
            amount = one.amount
            applied.append(("amount", one))
        elif one.hours is not None:
            hours = one.hours
            applied.append(("hours", one))
        elif one.factor is not None:
            name = f"factor {len(factors)}"
            factors.append((name, one.factor))
            applied.append((name, one))
    if missing:
        return DoseChange(missing=tuple(dict.fromkeys(missing)))
    return DoseChange(
        amount,
        tuple(factors),
        hours,
        reasons=tuple(dict.fromkeys(one.reason for _name, one in applied)),
        because=tuple((name, _why(one, facts)) for name, one in applied),
    )


def facts_of_modifiers(modifiers: Iterable[DoseModifier]) -> set[str]:
    """The facts that modifiers ask for."""
    return {name for one in modifiers for name in facts_named(parse_rule(one.when))}


def _why(modifier: DoseModifier, facts: Mapping[str, Fact]) -> Text:
    """What it rests on, with the measured value: "creatinine clearance 45 mL/min"."""
    text = modifier.text
    for name in sorted(facts_named(parse_rule(modifier.when))):
        fact = facts.get(name)
        if fact is None or not isinstance(fact.value, Decimal | int) or isinstance(fact.value, bool):
            continue
        value = Decimal(fact.value)
        exponent = value.as_tuple().exponent
        shown = round_half_up(value, 1) if isinstance(exponent, int) and exponent < -1 else value
        number = f"{fact.comparator}{shown.normalize():f}"
        unit = "" if fact.unit in ("", "a") else f" {unit_label(fact.unit)}"
        text = Text(f"{text.en} {number}{unit}", f"{text.zh} {number}{unit}")
    return text

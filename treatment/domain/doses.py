"""Planned doses of a cycle: from the regimen, body size and the facts that choose between dose levels.

A dose is amount × basis × what reduces it, then the cap, then rounding to what can be measured out. What cannot be
decided is not planned, and says which fact is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import groupby

from trialsite.clinical.body import BsaFormula, round_half_up
from trialsite.clinical.facts import Fact
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import evaluate, parse_rule
from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import PLAIN_OBESITY, DoseLevel, Drug, ObesityPlan, Regimen
from trialsite.studies.domain.values import Rule

from .body_size import BodySize, body_size
from .dose_changes import UNCHANGED, DoseChange, change_on

FULL_DOSE = Decimal(1)
NOBODY_KNOWS: Mapping[str, Fact] = {}
_UNITS = {"ug": "µg"}
_BASES = {"BSA": "m²", "KG": "kg"}


@dataclass(frozen=True)
class InfusionStep:
    """A part of one dose and the hours it runs over."""

    amount: Decimal
    hours: Decimal


@dataclass(frozen=True)
class PlannedDose:
    """One dose as planned, the same on each of `days`, `per_day` times a day.

    calculated: after the cap, before rounding, unrounded (screens show two decimals). rounded: what is
    prescribed. Both are None when the dose cannot be planned: `missing` then names the facts, `working`
    says so in words; both are 0 when a modifier omits it. reasons: codes of the modifiers that changed it."""

    drug: str
    name: Text
    route: str
    unit: str
    days: tuple[int, ...]
    per_day: int
    calculated: Decimal | None
    rounded: Decimal | None
    cap_applied: bool
    working: Text
    missing: tuple[str, ...] = ()
    infusion_hours: Decimal | None = None
    parts: tuple[InfusionStep, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def planned(self) -> bool:
        """Whether there is a dose."""
        return self.rounded is not None

    @property
    def total(self) -> Decimal | None:
        """The dose of the whole cycle, from the rounded single dose; None when it cannot be planned."""
        return None if self.rounded is None else self.rounded * self.per_day * len(self.days)


def plan_cycle(
    regimen: Regimen,
    height_cm: Decimal | None,
    weight_kg: Decimal | None,
    facts: Mapping[str, Fact],
    *,
    formula: BsaFormula = BsaFormula.MOSTELLER,
    factor: Decimal = FULL_DOSE,
    obesity: ObesityPlan = PLAIN_OBESITY,
    by_day: Mapping[int, Mapping[str, Fact]] | None = None,
) -> tuple[PlannedDose, ...]:
    """Every dose of a cycle, in the order of the regimen, by drug and by what it comes to.

    weight_kg: measured at most 7 days before day 1; it fixes the weight class for the whole cycle and
    stands in `facts` as `weight_kg` (as height as `height_cm`), whatever was recorded since. factor: dose
    level of the cycle (1, 0.75, 0.5), for the drugs that the regimen names for it (all where it names none).
    by_day: facts of single days that differ from `facts` (a medicine that is stopped on day 5). Of the levels
    that cover a day the first whose rule is true counts; one that is unknown before that leaves the day
    unplanned, as does an unknown modifier."""
    size = body_size(height_cm, weight_kg, formula, obesity, facts.get("sex"))
    known = {**facts, **_size_facts(height_cm, weight_kg)}
    levelled = regimen.dose_levels.drugs if regimen.dose_levels else None
    return tuple(
        dose
        for drug in regimen.drugs
        for dose in _plan_drug(
            drug, size, known, by_day or {}, factor if levelled is None or drug.key in levelled else FULL_DOSE
        )
    )


def plan_dose(
    drug: Drug,
    level: DoseLevel,
    size: BodySize,
    *,
    days: tuple[int, ...] | None = None,
    factor: Decimal = FULL_DOSE,
    change: DoseChange = UNCHANGED,
) -> PlannedDose:
    """One dose of a drug at a dose level, as modifiers change it.

    The cap is applied after multiplication (2 mg of vincristine for 1.4 mg/m² × 1.82 m²), and rounding
    never lifts a dose above it. There is no cap on body surface unless the protocol says so."""
    on_days = drug.days if days is None else days
    hours = drug.infusion_hours if change.hours is None else change.hours
    if change.omitted:
        basis, uncapped = Decimal(0), Decimal(0)
    else:
        found = {"BSA": size.bsa_m2, "KG": size.dosed_kg, "FLAT": Decimal(1)}[level.basis]
        if found is None:
            return _unplanned(drug, on_days, size.missing_for(level.basis))
        basis = found
        amount = level.amount if change.amount is None else change.amount
        uncapped = amount * basis * factor * change.factor
    calculated = uncapped if level.cap is None else min(uncapped, level.cap)
    rounded = round_dose(calculated, drug.rounding, level.cap)
    return PlannedDose(
        drug=drug.key,
        name=drug.name,
        route=drug.route,
        unit=drug.unit,
        days=on_days,
        per_day=drug.per_day,
        calculated=calculated,
        rounded=rounded,
        cap_applied=calculated < uncapped,
        working=_working(drug, level, change, basis, factor, uncapped, rounded),
        infusion_hours=hours,
        parts=tuple(InfusionStep(rounded * part.fraction, part.hours) for part in drug.parts),
        reasons=change.reasons,
    )


def round_dose(dose: Decimal, step: Decimal | None, cap: Decimal | None = None) -> Decimal:
    """A dose rounded half-up to a multiple of `step`, never above the cap; None leaves it (pumps)."""
    if step is None:
        return dose
    rounded = (dose / step).to_integral_value(ROUND_HALF_UP) * step
    if cap is not None and rounded > cap:
        return (cap / step).to_integral_value(ROUND_FLOOR) * step
    return rounded


def total_planned(doses: Iterable[PlannedDose], drug: str) -> Decimal | None:
    """The whole dose of a drug over a cycle; None when a part of it cannot be planned. Of no dose: 0."""
    totals = [dose.total for dose in doses if dose.drug == drug]
    known = [total for total in totals if total is not None]
    return sum(known, Decimal(0)) if len(known) == len(totals) else None


def dexamethasone_equivalent(prednisone_mg: Decimal) -> Decimal:
    """The dexamethasone dose that replaces a prednisone dose: 0.75 mg for 5 mg (general knowledge)."""
    return prednisone_mg * Decimal("0.15")


def _size_facts(height_cm: Decimal | None, weight_kg: Decimal | None) -> dict[str, Fact]:
    return {
        "height_cm": Fact.missing() if height_cm is None else Fact(height_cm, "cm"),
        "weight_kg": Fact.missing() if weight_kg is None else Fact(weight_kg, "kg"),
    }


def _plan_drug(
    drug: Drug,
    size: BodySize,
    facts: Mapping[str, Fact],
    by_day: Mapping[int, Mapping[str, Fact]],
    factor: Decimal,
) -> Iterator[PlannedDose]:
    chosen = []
    for day in drug.days:
        known = {**facts, **by_day.get(day, NOBODY_KNOWS)}
        level, missing = _level_on(drug, day, known)
        change = change_on(drug, day, known)
        chosen.append((day, level, change, missing or change.missing))
    for (level, change, missing), group in groupby(chosen, key=lambda one: one[1:]):
        days = tuple(one[0] for one in group)
        if level is None or missing:
            yield _unplanned(drug, days, missing)
        else:
            yield plan_dose(drug, level, size, days=days, factor=factor, change=change)


def _level_on(drug: Drug, day: int, facts: Mapping[str, Fact]) -> tuple[DoseLevel | None, tuple[str, ...]]:
    """The dose level of a day; None with the facts that are missing, or with none when no level applies."""
    for level in drug.doses:
        if not level.covers(day):
            continue
        truth, missing = _holds(level.when, facts)
        if truth is Truth.TRUE:
            return level, ()
        if truth is Truth.UNKNOWN:
            return None, missing
    return None, ()


def _holds(rule: Rule | None, facts: Mapping[str, Fact]) -> tuple[Truth, tuple[str, ...]]:
    if rule is None:
        return Truth.TRUE, ()
    answer = evaluate(parse_rule(rule), facts)
    return answer.truth, answer.missing


def _unplanned(drug: Drug, days: tuple[int, ...], missing: tuple[str, ...]) -> PlannedDose:
    names = ", ".join(missing)
    if missing:
        working = Text(f"Not planned: {names} is missing.", f"无法计算：缺少{names}。")
    else:
        working = Text("Not planned: no dose level applies.", "不给药：没有适用的剂量水平。")
    return PlannedDose(
        drug=drug.key,
        name=drug.name,
        route=drug.route,
        unit=drug.unit,
        days=days,
        per_day=drug.per_day,
        calculated=None,
        rounded=None,
        cap_applied=False,
        working=working,
        missing=missing,
    )


def _working(
    drug: Drug,
    level: DoseLevel,
    change: DoseChange,
    basis: Decimal,
    factor: Decimal,
    uncapped: Decimal,
    rounded: Decimal,
) -> Text:
    """`1.4 mg/m² × 1.82 m² = 2.548 mg → cap 2 mg`, with what changed it and what rounding made of it."""
    one = _line(drug, level, change, basis, factor, uncapped, rounded, "en")
    other = _line(drug, level, change, basis, factor, uncapped, rounded, "zh")
    return Text(one, other)


def _line(
    drug: Drug,
    level: DoseLevel,
    change: DoseChange,
    basis: Decimal,
    factor: Decimal,
    uncapped: Decimal,
    rounded: Decimal,
    language: str,
) -> str:
    zh = language == "zh"
    open_, close = ("（", "）") if zh else (" (", ")")
    why = {name: f"{open_}{text.in_language(language)}{close}" for name, text in change.because}
    if change.omitted:
        return f"{'不给药' if zh else 'Omitted'}{why['omit']}"
    unit, per = _UNITS.get(drug.unit, drug.unit), _BASES.get(level.basis)
    line = f"{_plain(level.amount if change.amount is None else change.amount)} {unit}"
    line += f"/{per}" if per else ""
    line += why.get("amount", "")
    if per:
        line += f" × {_plain(basis)} {per}"
    if factor != FULL_DOSE:
        line += f" × {_plain(factor)}"
    for name, each in change.factors:
        line += f" × {_plain(each)}{why[name]}"
    if per or factor != FULL_DOSE or change.factors:
        line += f" = {_plain(uncapped)} {unit}"
    capped = level.cap is not None and uncapped > level.cap
    limited = level.cap if capped and level.cap is not None else uncapped
    if capped:
        line += f" → {'上限' if zh else 'cap '}{_plain(limited)} {unit}"
    if rounded != limited:
        line += f" → {_plain(rounded)} {unit}"
    if change.hours is not None:
        hours = _plain(change.hours)
        line += f"{'，输注' + hours + '小时' if zh else '; over ' + hours + ' h'}{why['hours']}"
    return line


def _plain(number: Decimal) -> str:
    """A number as people write it: no exponent, no trailing zeros, at most four decimals."""
    exponent = number.as_tuple().exponent
    shown = round_half_up(number, 4) if isinstance(exponent, int) and exponent < -4 else number
    return f"{shown.normalize():f}"

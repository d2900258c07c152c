"""The doses of a cycle as the record stands now: what is kept as a plan, and what a plan is compared with."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from trialsite.casebook import registries
from trialsite.clinical.body import BsaFormula
from trialsite.clinical.facts import Fact
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.rules import facts_named, parse_rule
from trialsite.studies.domain.protocol import Regimen
from trialsite.studies.models import ProtocolVersion

from ..domain.body_size import BodySize, body_size
from ..domain.dose_changes import facts_of_modifiers
from ..domain.doses import FULL_DOSE, PlannedDose, plan_cycle
from ..models import CycleStart
from .inhibitors import FACT as INHIBITOR
from .inhibitors import inhibitors_by_day

BODY = {"weight_kg", "height_cm"}


@dataclass(frozen=True)
class Computed:
    """The doses of a cycle with everything they rest on."""

    version: ProtocolVersion
    regimen: Regimen
    formula: BsaFormula
    size: BodySize
    height_cm: Decimal | None
    dose_level: Decimal
    facts: dict[str, Fact]
    doses: tuple[PlannedDose, ...]


def compute_doses(cycle: CycleStart, weight_kg: Decimal | None = None) -> Computed | None:
    """The doses of a phase from its form and the facts of today; None where the protocol plans none.

    weight_kg: measured since, instead of that of the form."""
    version = version_of_cycle(cycle)
    protocol = version.protocol
    phase = protocol.phase_of(cycle.phase)
    if phase.regimen is None:
        return None
    regimen = protocol.regimen_of(phase.regimen)
    formula = BsaFormula(protocol.bsa_formula.upper())
    height, weight = canonical(cycle.height), weight_kg or canonical(cycle.weight)
    names = facts_of_regimen(regimen) | ({"sex"} if protocol.obesity.handling == "adjusted_weight" else set())
    facts = dict(registries.facts_of(cycle.subject_id, sorted(names)))
    if "child_pugh" in facts and cycle.child_pugh:
        facts["child_pugh"] = Fact(
            cycle.child_pugh, on=cycle.performed_on, source=cycle.address("child_pugh")
        )
    level = cycle.dose_level or FULL_DOSE
    return Computed(
        version,
        regimen,
        formula,
        body_size(height, weight, formula, protocol.obesity, facts.get("sex")),
        height,
        level,
        facts,
        plan_cycle(
            regimen,
            height,
            weight,
            facts,
            formula=formula,
            factor=level,
            obesity=protocol.obesity,
            by_day=facts_by_day(cycle, regimen) if INHIBITOR in names else None,
        ),
    )


def facts_by_day(cycle: CycleStart, regimen: Regimen) -> Any:
    """The facts that differ from day to day: which inhibitor acts."""
    start: date | None = cycle.performed_on
    return inhibitors_by_day(cycle.subject_id, start, range(1, regimen.cycle_days + 1)) if start else None


def version_of_cycle(cycle: CycleStart) -> ProtocolVersion:
    """The protocol version whose doses a cycle has: the one under which it began, whatever was amended since.

    A cycle that was corrected to a phase that version does not have follows the subject's."""
    if cycle.protocol_version_id == cycle.subject.protocol_version_id:
        return cycle.subject.protocol_version
    began = cycle.protocol_version
    has_it = any(phase.key == cycle.phase for phase in began.protocol.phases)
    return began if has_it else cycle.subject.protocol_version


def facts_of_regimen(regimen: Regimen) -> set[str]:
    """The facts that doses and durations rest on, body size aside (it comes with the cycle)."""
    rules = [level.when for drug in regimen.drugs for level in drug.doses if level.when is not None]
    named = {name for rule in rules for name in facts_named(parse_rule(rule))}
    return (named | facts_of_modifiers(one for drug in regimen.drugs for one in drug.modifiers)) - BODY


def canonical(quantity: Quantity | None) -> Decimal | None:
    """A measurement in its canonical unit."""
    if quantity is None:
        return None
    return quantity.value if quantity.canonical is None else quantity.canonical


def regimen_of_cycle(cycle: CycleStart) -> Regimen:
    """The regimen of a phase that has one, by the version under which it began."""
    protocol = version_of_cycle(cycle).protocol
    regimen = protocol.phase_of(cycle.phase).regimen
    assert regimen is not None
    return protocol.regimen_of(regimen)

"""Every write of the treatment room beyond its forms: the computation of planned doses."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook import registries
from trialsite.casebook.errors import Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.free_text import identifier_sentence
from trialsite.casebook.services import locked_subject
from trialsite.casebook.states import RecordState
from trialsite.clinical.body import BsaFormula, bsa
from trialsite.clinical.facts import Fact
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.rules import facts_named, parse_rule
from trialsite.studies.domain.protocol import Regimen
from trialsite.studies.models import ProtocolVersion

from ..domain.doses import PlannedDose as Dose
from ..domain.doses import plan_cycle
from ..models import CycleStart, DosePlan, PlannedDose


def plan_first_doses(cycle: CycleStart, by: User) -> DosePlan | None:
    """Compute the doses when a phase is first entered; later corrections of the form leave the plan as it is."""
    return None if cycle.plans.exists() else keep_plan(cycle, by, reason="")


def replan_doses(*, cycle_id: UUID, by: User, reason: str) -> DosePlan:
    """Compute the doses of a cycle anew from its form as it stands now, beside the plan that was there."""
    cycle = CycleStart.objects.visible_to(by).get(pk=cycle_id)
    locked_subject(cycle.subject_id, by)
    cycle = CycleStart.objects.select_related("subject__protocol_version").get(pk=cycle_id)
    require(by, "treatment.decide", study_id=cycle.study_id, site_id=cycle.site_id)
    if cycle.state != RecordState.SUBMITTED:
        raise Refused(
            _("This phase is %(state)s: its doses stay as they are.") % {"state": cycle.get_state_display()}
        )
    if not reason.strip():
        raise Refused(_("Say why the doses are computed anew."))
    if found := identifier_sentence(reason):
        raise Refused(found)
    with because(reason):
        plan = keep_plan(cycle, by, reason=reason.strip())
    if plan is None:
        raise Refused(_("The protocol plans no doses for this phase."))
    publish_change(cycle.subject_id, by.pk)
    return plan


def keep_plan(cycle: CycleStart, by: User, *, reason: str) -> DosePlan | None:
    """Compute and store the planned doses of a phase; None where the protocol plans none."""
    version = version_of_cycle(cycle)
    protocol = version.protocol
    phase = protocol.phase_of(cycle.phase)
    if phase.regimen is None:
        return None
    regimen = protocol.regimen_of(phase.regimen)
    formula = BsaFormula(protocol.bsa_formula.upper())
    height, weight = canonical(cycle.height), canonical(cycle.weight)
    facts = registries.facts_of(cycle.subject_id, sorted(facts_of_regimen(regimen)))
    doses = plan_cycle(regimen, height, weight, facts, formula=formula)
    surface = bsa(height, weight, formula) if height is not None and weight is not None else None
    plan = DosePlan.objects.create(
        subject_id=cycle.subject_id,
        study_id=cycle.study_id,
        site_id=cycle.site_id,
        cycle=cycle,
        number=cycle.plans.count() + 1,
        phase=cycle.phase,
        regimen=regimen.key,
        protocol_version=version,
        digest=version.digest,
        height_cm=height,
        weight_kg=weight,
        bsa_m2=surface.value if surface else None,
        inputs={
            "formula": str(formula),
            "bsa_working": surface.working if surface else "",
            "facts": {name: fact_as_data(fact) for name, fact in facts.items()},
        },
        reason=reason,
        made_at=timezone.now(),
        made_by=by,
    )
    PlannedDose.objects.bulk_create([row_of(plan, place, dose) for place, dose in enumerate(doses, start=1)])
    return plan


def version_of_cycle(cycle: CycleStart) -> ProtocolVersion:
    """The protocol version whose doses a cycle has: the one under which it began, whatever was amended since.

    A cycle that was corrected to a phase that version does not have follows the subject's."""
    if cycle.protocol_version_id == cycle.subject.protocol_version_id:
        return cycle.subject.protocol_version
    began = cycle.protocol_version
    has_it = any(phase.key == cycle.phase for phase in began.protocol.phases)
    return began if has_it else cycle.subject.protocol_version


def row_of(plan: DosePlan, line: int, dose: Dose) -> PlannedDose:
    """A computed dose as its stored line."""
    return PlannedDose(
        subject_id=plan.subject_id,
        study_id=plan.study_id,
        site_id=plan.site_id,
        plan=plan,
        line=line,
        drug=dose.drug,
        name_en=dose.name.en,
        name_zh=dose.name.zh,
        route=dose.route,
        unit=dose.unit,
        days=list(dose.days),
        per_day=dose.per_day,
        calculated=dose.calculated,
        amount=dose.rounded,
        cap_applied=dose.cap_applied,
        infusion_hours=dose.infusion_hours,
        working_en=dose.working.en,
        working_zh=dose.working.zh,
        missing_facts=list(dose.missing),
    )


def facts_of_regimen(regimen: Regimen) -> set[str]:
    """The facts that choose between dose levels and durations, body size aside (it comes with the cycle)."""
    rules = [level.when for drug in regimen.drugs for level in drug.doses if level.when is not None]
    rules += [other.when for drug in regimen.drugs for other in drug.infusion_exceptions]
    named = {name for rule in rules for name in facts_named(parse_rule(rule))}
    return named - {"weight_kg", "height_cm"}


def canonical(quantity: Quantity | None) -> Decimal | None:
    """A measurement in its canonical unit."""
    if quantity is None:
        return None
    return quantity.value if quantity.canonical is None else quantity.canonical


def fact_as_data(fact: Fact) -> Mapping[str, Any]:
    """A fact as the snapshot keeps it."""
    source = fact.source
    return {
        "value": None if fact.value is None else str(fact.value),
        "unit": fact.unit,
        "comparator": fact.comparator,
        "on": fact.on.isoformat() if fact.on else None,
        "why": str(fact.why),
        "source": [source.table, source.row_id, source.item] if source else None,
    }

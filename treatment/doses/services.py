"""Every write of the treatment room beyond its forms: the computation of planned doses."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.free_text import identifier_sentence
from trialsite.casebook.services import locked_subject
from trialsite.casebook.states import RecordState
from trialsite.clinical.facts import Fact

from ..domain.doses import PlannedDose as Dose
from ..models import CycleStart, DosePlan, PlannedDose
from .computing import Computed, compute_doses
from .weights import measured_since


def plan_first_doses(cycle: CycleStart, by: User) -> DosePlan | None:
    """Compute the doses when a phase is first entered; later corrections of the form leave the plan as it is."""
    return None if cycle.plans.exists() else keep_plan(cycle, by, reason="")


def replan_doses(
    *, cycle_id: UUID, from_day: int = 1, measured_weight: bool = False, by: User, reason: str
) -> DosePlan:
    """Compute the doses of a cycle anew beside the plan that was there: from its form and the facts as they are now.

    from_day: what the plan in force has for the days before stays as it is. measured_weight: by the weight measured
    since instead of that of the form. Raises CheckFailed (per field), Refused (a rule, in a sentence)."""
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
    weight = measured_since(cycle) if measured_weight else None
    if measured_weight and weight is None:
        raise Refused(_("No weight was measured since this phase began."))
    with because(reason):
        plan = keep_plan(cycle, by, reason=reason.strip(), from_day=from_day, weight=weight)
    if plan is None:
        raise Refused(_("The protocol plans no doses for this phase."))
    publish_change(cycle.subject_id, by.pk)
    return plan


def keep_plan(
    cycle: CycleStart, by: User, *, reason: str, from_day: int = 1, weight: Fact | None = None
) -> DosePlan | None:
    """Compute and store the planned doses of a phase; None where the protocol plans none."""
    measured = Decimal(str(weight.value)) if weight is not None else None
    found = compute_doses(cycle, measured)
    if found is None:
        return None
    earlier = cycle.plans.order_by("-number").first()
    if not 1 <= from_day <= found.regimen.cycle_days or (from_day > 1 and earlier is None):
        raise CheckFailed(
            {"from_day": _("A day of the cycle, from 1 to %(last)s.") % {"last": found.regimen.cycle_days}}
        )
    plan = DosePlan.objects.create(
        subject_id=cycle.subject_id,
        study_id=cycle.study_id,
        site_id=cycle.site_id,
        cycle=cycle,
        number=earlier.number + 1 if earlier else 1,
        phase=cycle.phase,
        regimen=found.regimen.key,
        protocol_version=found.version,
        digest=found.version.digest,
        height_cm=found.height_cm,
        weight_kg=found.size.weight_kg,
        bsa_m2=found.size.bsa_m2,
        dose_level=found.dose_level,
        from_day=from_day,
        inputs=inputs_of(cycle, found, weight),
        reason=reason,
        made_at=timezone.now(),
        made_by=by,
    )
    kept = earlier.doses.order_by("line") if earlier and from_day > 1 else ()
    rows = merged(kept, [row_of(plan, dose) for dose in found.doses], from_day)
    for place, row in enumerate(rows, start=1):
        row.line, row.plan = place, plan
    PlannedDose.objects.bulk_create(rows)
    return plan


def merged(kept: Sequence[PlannedDose] | Any, new: Sequence[PlannedDose], from_day: int) -> list[PlannedDose]:
    """The lines of an earlier plan up to a day and those of the new one from it, drug by drug."""
    before = [carried(row, [day for day in row.days if day < from_day]) for row in kept]
    after = [carried(row, [day for day in row.days if day >= from_day]) for row in new]
    drugs = dict.fromkeys(row.drug for row in [*new, *before])
    return [row for drug in drugs for row in [*before, *after] if row.drug == drug and row.days]


def carried(row: PlannedDose, days: list[int]) -> PlannedDose:
    """A line as a new row with these days."""
    values = {
        field.attname: getattr(row, field.attname)
        for field in PlannedDose._meta.concrete_fields
        if field.name not in ("id", "plan", "days")
    }
    return PlannedDose(**values, days=days)


def inputs_of(cycle: CycleStart, found: Computed, weight: Fact | None) -> dict[str, Any]:
    """What a plan rests on, as it is kept with it."""
    weighed = weight.on if weight is not None else cycle.weighed_on
    return {
        "formula": str(found.formula),
        "bsa_working": found.size.working,
        "obese": {"en": found.size.obese.en, "zh": found.size.obese.zh} if found.size.obese else None,
        "weight_measured": weight is not None,
        "weighed_on": weighed.isoformat() if weighed else None,
        "facts": {name: fact_as_data(fact) for name, fact in found.facts.items()},
    }


def row_of(plan: DosePlan, dose: Dose) -> PlannedDose:
    """A computed dose as its stored line."""
    return PlannedDose(
        subject_id=plan.subject_id,
        study_id=plan.study_id,
        site_id=plan.site_id,
        plan=plan,
        line=0,
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
        reasons=list(dose.reasons),
        working_en=dose.working.en,
        working_zh=dose.working.zh,
        missing_facts=list(dose.missing),
    )


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

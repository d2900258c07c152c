"""The facts that treatment gives to rules, by name."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from enrollment.item_facts import fact_of_item, record_fact
from trialsite.casebook.registries import FactSource
from trialsite.casebook.selectors import current_records
from trialsite.clinical.facts import Fact

from .medication.checks import inhibitor_of
from .medication.dictionary import dictionary
from .models import ConcomitantMedication, CycleStart
from .models.medication import STRENGTH, Inhibitor
from .plan.paths import cycles_of
from .transplant.facts import transplant_facts


def inhibitor(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """The strongest CYP3A inhibitor among medicines that were not stopped; none until one is recorded.

    What the form leaves empty is as the dictionary of medicines has it."""
    found = {subject_id: Fact(str(Inhibitor.NONE)) for subject_id in subject_ids}
    taken = current_records(ConcomitantMedication, subject_ids).filter(stopped_text="")
    strong = [(one.inhibitor or inhibitor_of(dictionary().recognise(one.medicine)), one) for one in taken]
    known = [(strength, one) for strength, one in strong if strength]
    for strength, one in sorted(known, key=lambda pair: STRENGTH.index(Inhibitor(pair[0]))):
        item = "inhibitor" if one.inhibitor else "medicine"
        found[one.subject_id] = Fact(str(strength), on=one.performed_on, source=one.address(item))
    return found


def first_weight(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """The weight with which the first phase began: what later weights are compared with."""
    found = {}
    for subject_id, cycles in cycles_of(subject_ids).items():
        first = next((one for one in cycles if one.weight is not None), None)
        if first is not None:
            found[subject_id] = fact_of_item(first, "weight", "kg")
    return found


def facts() -> dict[str, FactSource]:
    """What the room registers."""
    return {
        **transplant_facts(),
        "first_cycle_weight_kg": FactSource(first_weight, _("Weight in cycle 1"), "kg", form="CYC"),
        "child_pugh": record_fact(
            CycleStart, "CYC", lambda record: fact_of_item(record, "child_pugh"), _("Child-Pugh class")
        ),
        "cyp3a_inhibitor": FactSource(
            inhibitor, _("CYP3A inhibitor"), form="CM", words=dict(Inhibitor.choices)
        ),
    }

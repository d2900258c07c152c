"""The facts that treatment gives to rules, by name."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.registries import FactSource
from trialsite.casebook.selectors import current_records
from trialsite.clinical.facts import Fact

from .medication.checks import inhibitor_of
from .medication.dictionary import dictionary
from .models import ConcomitantMedication
from .models.medication import Inhibitor
from .transplant.facts import transplant_facts

STRENGTH = [Inhibitor.NONE, Inhibitor.MODERATE, Inhibitor.STRONG, Inhibitor.POSACONAZOLE]


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


def facts() -> dict[str, FactSource]:
    """What the room registers."""
    return {
        **transplant_facts(),
        "cyp3a_inhibitor": FactSource(
            inhibitor, _("CYP3A inhibitor"), form="CM", words=dict(Inhibitor.choices)
        ),
    }

"""The deviations that randomisation drafts: an arm given in an emergency, and what was wrong with an arm."""

from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.clinical.facts import ItemAddress
from trialsite.deviations.services import draft_deviation
from trialsite.deviations.states import DeviationKind, Weight

from .models import EmergencyAllocation, MisRandomisation
from .recruitment_words import missing_words

KINDS = {
    MisRandomisation.Kind.INELIGIBLE: DeviationKind.ELIGIBILITY,
}


def draft_emergency(emergency: EmergencyAllocation, by: User) -> None:
    """An arm was given before the protocol's conditions were confirmed."""

    def words() -> str:
        return _("Randomised in an emergency: %(reason)s. At the time: %(missing)s.") % {
            "reason": emergency.reason.rstrip("."),
            "missing": missing_words(emergency.bridged),
        }

    draft_deviation(
        subject=emergency.subject,
        kind=DeviationKind.RANDOMISATION,
        rule="randomisation.emergency",
        evidence=words,
        occurred_on=emergency.randomisation.randomised_on,
        by=by,
        weight=Weight.MAJOR,
        sources=[ItemAddress(EmergencyAllocation._meta.db_table, str(emergency.pk), "reason")],
    )


def draft_mis_randomisation(found: MisRandomisation, by: User) -> None:
    """Something was wrong with a randomisation."""

    def words() -> str:
        what = MisRandomisation.Kind(found.kind).label
        return _("%(what)s: %(words)s. The arm stays.") % {"what": what, "words": found.words.rstrip(".")}

    draft_deviation(
        subject=found.subject,
        kind=KINDS.get(MisRandomisation.Kind(found.kind), DeviationKind.RANDOMISATION),
        rule="randomisation.mis_randomised",
        evidence=words,
        occurred_on=found.randomisation.randomised_on,
        by=by,
        weight=Weight.MAJOR,
        sources=[ItemAddress(MisRandomisation._meta.db_table, str(found.pk), "words")],
    )

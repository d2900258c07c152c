"""The dates of enrolment from which visits are planned."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Anchor

from .disposition import off_study
from .facts import consent_dates
from .models import PaperEntry, Randomisation


def screening_days(subject_ids: Sequence[UUID], argument: str) -> dict[UUID, date]:
    return dict(Subject.objects.filter(pk__in=subject_ids).values_list("pk", "screened_on"))


def consent_days(subject_ids: Sequence[UUID], argument: str) -> dict[UUID, date]:
    on_paper = PaperEntry.objects.filter(subject_id__in=subject_ids, consented_on__isnull=False)
    return {one.subject_id: one.consented_on for one in on_paper if one.consented_on} | {
        one: fact.value for one, fact in consent_dates(subject_ids).items() if isinstance(fact.value, date)
    }


def randomisation_days(subject_ids: Sequence[UUID], argument: str) -> dict[UUID, date]:
    rows = Randomisation.objects.filter(subject_id__in=subject_ids)
    return dict(rows.values_list("subject_id", "randomised_on"))


ANCHORS = {
    "screening": Anchor(screening_days, _("Screening")),
    "consent": Anchor(consent_days, _("Consent"), ("ICF",)),
    "randomisation": Anchor(randomisation_days, _("Randomisation")),
    "off_study": Anchor(off_study, _("Off study")),
}

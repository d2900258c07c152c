"""Who was looked at before screening in the demo: a few lines at each site, with every kind of outcome."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import cycle

from django.utils import timezone, translation

from enrollment.models import PreOutcome, PreReason
from enrollment.prescreening import Said, record_prescreening
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.studies.models import Study, StudySite

from .accounts import staff_of

FITS = {"age_years": 34, "dx": "BCP_ALL", "newly_dx": True, "ph_status": "NEG", "cd19_pct": 88, "ecog": 1}
LOOKS = cycle(
    (
        (FITS, "F", Said(PreOutcome.REFUSED, PreReason.REFUSES_BURDEN)),
        (FITS | {"age_years": 71}, "M", Said(PreOutcome.PROMISING)),
        (FITS | {"ph_status": "POS"}, "F", Said(PreOutcome.PROMISING)),
        (FITS | {"age_years": 27}, "M", Said(PreOutcome.PROMISING)),
        (FITS | {"age_years": 52}, "M", Said(PreOutcome.OTHER, PreReason.URGENT)),
    )
)
EACH_SITE = 2


def prescreen(study: Study, people: Mapping[str, User]) -> None:
    """Look at two people at each site of a study, for every trial that recruits there."""
    today = timezone.now().date()
    for place in StudySite.objects.filter(study=study).select_related("site").order_by("site__key"):
        coordinator, _investigator = staff_of(place.site.key, dict(people))
        for number in range(EACH_SITE):
            answers, sex, said = next(LOOKS)
            keys = StudySite.objects.filter(site=place.site).values_list("study__key", flat=True)
            with translation.override("en"), acting(user=coordinator, reason=""):
                record_prescreening(
                    site=place.site,
                    assessed_on=today - timedelta(days=3 + 11 * number),
                    answers=answers,
                    sex=sex,
                    said=dict.fromkeys(keys, said),
                    by=coordinator,
                )

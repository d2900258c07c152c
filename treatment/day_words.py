"""The subject's day as people on the ward say it: "C2 D9", "HSCT D+41"."""

from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assessments.visits.plans import death_date
from trialsite.casebook import registries
from trialsite.casebook.models import Subject
from trialsite.casebook.versions import named
from trialsite.clinical.dates import hsct_day

from .plan.paths import cycles_of


def day_in_words(subject: Subject, today: date) -> str:
    """The day after transplantation once there was one, otherwise the day of the phase that began last.

    Empty before treatment, after its last phase has ended, and after death. Day 1 is the first day of a phase;
    day 0 is the graft.
    """
    died = death_date(subject.pk)
    if died is not None and died <= today:
        return ""
    graft = registries.anchor_dates([subject.pk], "hsct_d0").get(subject.pk)
    if graft is not None and graft <= today:
        return _("HSCT D+%(n)s") % {"n": hsct_day(today, graft)}
    begun = [
        one for one in cycles_of([subject.pk])[subject.pk] if one.performed_on and one.performed_on <= today
    ]
    if not begun or begun[-1].performed_on is None or (begun[-1].ended_on and begun[-1].ended_on < today):
        return ""
    return f"{short_name(subject, begun[-1].phase)} D{(today - begun[-1].performed_on).days + 1}"


def short_name(subject: Subject, key: str) -> str:
    """The phase as the ward calls it: "C2", "Induction chemo"."""
    phase = named(subject.protocol_version.protocol, "phases", key)
    return phase.short.in_language(get_language() or "en") if phase else key

"""What stands beside the number of a subject on every page: the end of treatment, medicines that meet treatment."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import current_records
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState

from .domain.interactions import stands
from .infusion.advice import advised
from .infusion.courses import courses_of
from .infusion.words import alert_words
from .infusion.work import unreported_flushes
from .medication.interaction_words import interaction_words
from .medication.taken import interactions_of
from .models import BlinatumomabInfusion, EndOfTreatment
from .models.infusions import StopReason
from .selectors import segments_of

RECENT_DAYS = (
    14  # doses are entered some days late: so long after the last one it still counts as given (assumption)
)


def end_of_treatment_alerts(subject: Subject) -> Iterator[Any]:
    """Off treatment since when, and why; follow-up goes on."""
    if subject.state != SubjectState.ENROLLED:
        return
    ends = current_records(EndOfTreatment, [subject.pk]).exclude(performed_on=None)
    end = ends.order_by("-performed_on").first()
    if end is not None:
        yield _("Off treatment since %(day)s: %(reason)s.") % {
            "day": end.performed_on.isoformat(),
            "reason": end.get_reason_display(),
        }


def interaction_alerts(subject: Subject) -> Iterator[Any]:
    """Medicines that change what is being given or planned, with what follows."""
    if subject.state != SubjectState.ENROLLED:
        return
    today = site_today(subject)
    for found in interactions_of(subject):
        if stands(found, today, RECENT_DAYS):
            yield interaction_words(found)


def infusion_alerts(subject: Subject) -> Iterator[Any]:
    """What the label advises while blinatumomab runs or is held; a line that was flushed and is no event yet."""
    rows = segments_of(subject) if subject.state == SubjectState.ENROLLED else []
    if not rows:
        return
    open_now = rows[-1].stop is None or rows[-1].stop_reason == StopReason.AE
    for one in advised(subject, courses_of(subject)) if open_now else ():
        if one.stands:
            yield alert_words(one)
    for record in unreported_flushes(BlinatumomabInfusion.objects.filter(subject=subject)):
        yield _("The line of blinatumomab was flushed (%(day)s): enter a medication error.") % {
            "day": record.performed_on
        }

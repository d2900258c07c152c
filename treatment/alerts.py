"""What stands beside the number of a subject on every page: that protocol treatment has ended, and why."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import current_records
from trialsite.casebook.states import SubjectState

from .models import EndOfTreatment


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

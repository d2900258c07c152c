"""Writing attempts at contact, and what follows from them: the survival contact, and the way back of who was lost."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.models import PlannedVisit
from assessments.selectors import BY_TELEPHONE, open_visits
from enrollment.disposition import end_of_study, return_to_study
from enrollment.models import EndReason
from trialsite.access.models import User
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.selectors import current_records
from trialsite.casebook.services import locked_subject, next_repeat, submit_form
from trialsite.casebook.slots import Slot

from .domain.attempts import Told, told_by
from .models import ContactAttempt, SurvivalContact
from .models.attempts import CallResult
from .models.events import ContactKind

CALL, CONTACT = "CALL", "SUR"


@transaction.atomic
def record_attempt(*, subject: Subject, values: Mapping[str, Any], by: User) -> ContactAttempt:
    """Enter one attempt at contact in the subject's log, as its form would be entered.

    Raises CheckFailed (per item) and Refused as `submit_form` does.
    """
    subject = locked_subject(subject.pk, by)
    slot = Slot(subject.pk, LOG, CALL, 1, next_repeat(subject=subject, form_key=CALL))
    record = submit_form(slot=slot, values=values, by=by)
    assert isinstance(record, ContactAttempt)
    return record


def follow_attempt(record: ContactAttempt, by: User) -> None:
    """Enter the survival contact of an attempt that found the subject alive, unless that day has one."""
    day = record.performed_on
    if day is None or told_by(record.call_result, record.disease_told) is not Told.ALIVE:
        return
    known = current_records(SurvivalContact, [record.subject_id])
    if known.filter(performed_on=day, alive=True).exists():
        return
    family = record.call_result == CallResult.FAMILY
    values = {
        "performed_on": day,
        "contact_kind": ContactKind.FAMILY if family else ContactKind.TELEPHONE,
        "alive": True,
    }
    slot = slot_of_contact(record.subject, day)
    submit_form(slot=slot, values=values, missing={"no_relapse": "NOT_DONE"}, by=by)


def slot_of_contact(subject: Subject, day: date) -> Slot:
    """Where a contact of a day is entered: at the planned one whose window opened last, otherwise in the log."""
    bring_up_to_date(Subject.objects.filter(pk=subject.pk))
    planned = open_visits(PlannedVisit.objects.filter(BY_TELEPHONE, subject=subject, earliest__lte=day))
    visit = planned.order_by("-earliest").first()
    if visit is not None:
        return Slot(subject.pk, visit.key, CONTACT, visit.repeat)
    return Slot(subject.pk, LOG, CONTACT, 1, next_repeat(subject=subject, form_key=CONTACT))


def return_who_was_lost(record: SurvivalContact, by: User) -> None:
    """Take "lost to follow-up" back when a contact of that day or later found the subject alive."""
    if not record.alive or record.performed_on is None:
        return
    end = end_of_study(record.subject_id)
    if end is None or end.reason != EndReason.LOST or record.performed_on < end.ended_on:
        return
    reason = _("Reached again: alive on %(day)s.") % {"day": record.performed_on.isoformat()}
    return_to_study(subject=record.subject, by=by, reason=reason)

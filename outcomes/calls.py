"""Writing attempts at contact, and what follows from them: the survival contact, and the way back of who was lost.

A contact that an attempt entered falls with it: corrected so that it no longer bears the contact out, or voided.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.models import PlannedVisit
from assessments.visits.selectors import BY_TELEPHONE, open_visits
from enrollment.disposition import end_of_study, return_to_study
from enrollment.models import EndReason
from trialsite.access.models import User
from trialsite.audit import because
from trialsite.casebook.errors import Refused
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.selectors import current_records
from trialsite.casebook.services import change_state, locked_subject, next_repeat, submit_form
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import RecordState

from .domain.attempts import Contact, contact_told
from .models import ContactAttempt, SurvivalContact
from .models.events import ContactKind

CALL, CONTACT = "CALL", "SUR"
BY_CALL = (ContactKind.TELEPHONE, ContactKind.FAMILY)


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
    """Enter the survival contact of an attempt that found the subject alive, unless that day has one.

    A correction first takes back what the attempt entered before and no longer bears out.
    """
    take_back_contacts(record, by)
    told = told_of(record)
    if told is None:
        return
    known = current_records(SurvivalContact, [record.subject_id])
    if known.filter(performed_on=told.on, alive=True).exists():
        return
    values = {"performed_on": told.on, "contact_kind": kind_of(told), "alive": True, "attempt": record}
    slot = slot_of_contact(record.subject, told.on)
    submit_form(slot=slot, values=values, missing={"no_relapse": "NOT_DONE"}, by=by)


def take_back_contacts(record: ContactAttempt, by: User) -> None:
    """Void the contacts that an attempt entered and no longer bears out, or leave them to another that does.

    Raises Refused where somebody has added to such a contact since: what was added is not to be lost unseen.
    """
    told = told_of(record)
    entered = current_records(SurvivalContact, [record.subject_id]).filter(attempt=record)
    for contact in entered.filter(contact_kind__in=BY_CALL):
        if told is not None and (contact.performed_on, contact.contact_kind) == (told.on, kind_of(told)):
            continue
        if other := another_that_bears_out(contact):
            leave_to(other, contact)
            continue
        if contact.version > 1:
            raise Refused(
                _(
                    "The survival contact that this call entered (%(day)s) was changed since. "
                    "Void it first, or correct its kind if the subject was seen in another way."
                )
                % {"day": contact.performed_on}
            )
        change_state(record=contact, action="void", by=by, reason=why_taken_back(record))


def another_that_bears_out(contact: SurvivalContact) -> ContactAttempt | None:
    """Another attempt that stands and tells the same as a contact says."""
    others = current_records(ContactAttempt, [contact.subject_id]).exclude(pk=contact.attempt_id)
    for other in others.filter(performed_on=contact.performed_on).order_by("pk"):
        told = told_of(other)
        if told is not None and kind_of(told) == contact.contact_kind:
            return other
    return None


def told_of(record: ContactAttempt) -> Contact | None:
    if record.state == RecordState.VOIDED:
        return None
    return contact_told(record.performed_on, record.call_result, record.disease_told)


def kind_of(told: Contact) -> ContactKind:
    return ContactKind.FAMILY if told.by_family else ContactKind.TELEPHONE


def why_taken_back(record: ContactAttempt) -> str:
    """The reason for the trail: the contact's own; why the attempt changed stands with the attempt."""
    if record.state == RecordState.VOIDED:
        return _("The call that entered this contact was voided.")
    return _("The call that entered this contact was corrected.")


def leave_to(attempt: ContactAttempt, contact: SurvivalContact) -> None:
    """A contact is from now on that of another attempt. No answer of the contact changes, so its version stays."""
    with because(_("Another call of that day tells the same.")):
        contact.attempt = attempt
        contact.save(update_fields=["attempt"])


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

"""What is done with a proposed adverse event: laid ready as a draft of the form, or declined with a reason.

Nothing is entered by itself: the draft is submitted by a person, and an event that stands then takes the proposal."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook.entry import typed_over
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.form_types import form_type
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.pages import EntryPage
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.selectors import draft_of, open_slot
from trialsite.casebook.services import locked_subject, next_repeat, save_draft
from trialsite.casebook.slots import Slot

from ..models import AdverseEvent, EventDecision, ProposedEvent

FORM = "AE"


def standing_proposal(subject: Subject, term: str, starts_on: date) -> ProposedEvent:
    """The proposal of these values as the record gives it now."""
    bring_up_to_date(Subject.objects.filter(pk=subject.pk))
    found = ProposedEvent.objects.filter(subject=subject, term=term, starts_on=starts_on).first()
    if found is None:
        raise Refused(_("This proposal no longer stands: the record has changed. Look at the list again."))
    return found


@transaction.atomic
def decline_proposal(*, subject_id: UUID, term: str, starts_on: date, by: User, reason: str) -> EventDecision:
    """Record that these values are no adverse event, or change none. They are proposed again only if they get worse."""
    subject = locked_subject(subject_id, by)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why these values are no adverse event.")})
    refuse_identifiers({"reason": reason})
    found = standing_proposal(subject, term, starts_on)
    with because(reason):
        return EventDecision.objects.create(
            subject=subject,
            study_id=subject.study_id,
            site_id=subject.site_id,
            term=term,
            starts_on=found.starts_on,
            known_until=found.ended_on or found.last_on,
            worst_grade=found.worst_grade,
            reason=reason.strip(),
            decided_by=by,
        )


@transaction.atomic
def draft_proposal(*, subject_id: UUID, term: str, starts_on: date, by: User) -> Slot:
    """Lay the form ready as the author's draft: a new event with its track, or one that stands with what it lacks."""
    subject = locked_subject(subject_id, by)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    found = standing_proposal(subject, term, starts_on)
    record: AdverseEvent | None = None
    if found.event_id is not None:
        record = AdverseEvent.objects.select_related("visit").get(pk=found.event_id)
    number = record.form_repeat if record else next_repeat(subject=subject, form_key=FORM)
    slot = Slot.of_record(record) if record else Slot(subject.pk, LOG, FORM, 1, number)
    if draft_of(slot, by) is not None:
        raise Refused(
            _("You have a draft of adverse event %(number)s: submit or discard it first.")
            % {"number": number}
        )
    kind = form_type(FORM, subject)
    assert kind is not None
    page = EntryPage(open_slot(slot, subject, kind))
    typed = typed_over(page, fields_of(found, saved=record is not None))
    typed["track-TOTAL_FORMS"] = str(int(typed["track-TOTAL_FORMS"]) + 1)  # one blank line to go on
    save_draft(
        slot=slot,
        typed={name: [text] for name, text in typed.items()},
        base_version=record.version if record else 0,
        by=by,
    )
    return slot


def fields_of(found: ProposedEvent, *, saved: bool) -> dict[str, str]:
    """What a proposal puts into the fields of the form."""
    fields = {} if saved else {"term": found.term, "onset": found.starts_on.isoformat()}
    first_free = 100 if saved else 0  # beyond the saved lines: new ones come after them
    for place, (day, grade, text) in enumerate(found.track, start=first_free):
        fields |= {
            f"track-{place}-since": day,
            f"track-{place}-grade": str(grade),
            f"track-{place}-note": text,
        }
        if saved:
            fields[f"track-{place}-line"] = ""
    if found.ended_on is not None:
        fields |= {
            "stop": found.ended_on.isoformat(),
            "ongoing": "no",
            "outcome": AdverseEvent.Outcome.RECOVERED.value,
        }
    elif not saved:
        fields |= {"ongoing": "yes", "outcome": AdverseEvent.Outcome.NOT_RECOVERED.value}
    return fields

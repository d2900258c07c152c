"""Screening somebody again: forms of the earlier screening that still hold are copied, by choice, with their dates."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.casebook import registries
from trialsite.casebook.errors import Refused
from trialsite.casebook.form_types import form_type
from trialsite.casebook.items import values_of
from trialsite.casebook.models import Subject
from trialsite.casebook.moves import lines_of, refuse_foreign_answers
from trialsite.casebook.names import form_title
from trialsite.casebook.registries import TrailWords
from trialsite.casebook.selectors import RecordLine, open_slot, records_of
from trialsite.casebook.services import lock_slot, locked_subject, submit_form
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import OpenSlot, Slot
from trialsite.casebook.states import SubjectState
from trialsite.studies.domain.protocol import Protocol

from .domain.carrying import NEVER, holds_until, still_holds, window_of
from .models import CarriedOver

SCREENING = "screening"  # the anchor of the visits whose forms can be carried over


@dataclass(frozen=True)
class Offer:
    """A form of the earlier screening: until when it holds, and whether it stands in the new one already."""

    line: RecordLine
    title: str
    until: date | None
    holds: bool
    entered: bool

    @property
    def possible(self) -> bool:
        return self.holds and not self.entered


def offers_to(subject: Subject) -> list[Offer]:
    """What the earlier screening of a subject has, in the order of the protocol's forms."""
    if subject.previous is None:
        return []
    protocol, today = subject.protocol_version.protocol, site_today(subject)
    visits = {plan.key for plan in protocol.visits if plan.anchor == SCREENING}
    entered = {place(line) for line in records_of(subject)}
    found = []
    for line in records_of(subject.previous):
        if line.visit_key in visits and line.form_key not in NEVER and line.performed_on is not None:
            days = window_days(line.form_key, protocol)
            until, holds = holds_until(line.performed_on, days), still_holds(line.performed_on, days, today)
            title = str(form_title(protocol, line.form_key))
            found.append(Offer(line, title, until, holds, place(line) in entered))
    order = list(registries.forms)
    return sorted(found, key=lambda one: order.index(one.line.form_key) if one.line.form_key in order else 99)


def place(line: RecordLine) -> tuple[str, int, str, int]:
    return line.visit_key, line.visit_repeat, line.form_key, line.form_repeat


def window_days(form_key: str, protocol: Protocol) -> int | None:
    """The shortest screening window of the facts that a form gives."""
    facts = [name for name, source in registries.facts.items() if source.form == form_key]
    return window_of(protocol.screening.window_days(name) for name in facts)


@transaction.atomic
def carry_over(*, subject: Subject, records: Collection[UUID], by: User) -> list[CarriedOver]:
    """Copy chosen forms of the earlier screening: values and dates as they were, each marked with where it came from.

    Refused for a form that no longer holds, that stands here already, or that the earlier screening does not have.
    """
    subject = locked_subject(subject.pk, by)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    if subject.state != SubjectState.SCREENING or subject.previous is None:
        raise Refused(
            _("Forms are carried over only while somebody who was screened before is in screening.")
        )
    offered = {one.line.id: one for one in offers_to(subject)}
    if not records:
        raise Refused(_("Choose what is to be carried over."))
    if any(one not in offered or not offered[one].possible for one in records):
        raise Refused(_("One of these forms does not hold any more, or stands here already."))
    return [copy_form(subject, offered[one].line, by) for one in offered if one in records]


def copy_form(subject: Subject, line: RecordLine, by: User) -> CarriedOver:
    """One form with its lines, by the same service as any entry, and the mark of where it came from."""
    earlier = subject.previous
    assert earlier is not None
    kind = form_type(line.form_key, earlier)
    assert kind is not None
    old = open_slot(line.slot(earlier.pk), earlier, kind)
    target = lock_slot(slot=line.slot(subject.pk), by=by)
    values = values_of(old.record)
    refuse_foreign_answers(target, values)
    reason = f"carried over from {earlier.screening_number}"
    record = submit_form(
        slot=target, values=values, rows=lines_of(old), missing=old.record.missing, by=by, reason=reason
    )
    return CarriedOver.objects.create(
        subject=subject,
        study_id=subject.study_id,
        site_id=subject.site_id,
        visit_key=line.visit_key,
        visit_repeat=line.visit_repeat,
        form_key=line.form_key,
        form_repeat=line.form_repeat,
        record_id=record.pk,
        earlier_subject=earlier,
        earlier_number=earlier.screening_number,
        earlier_record_id=line.id,
        original_on=line.performed_on,
        carried_at=timezone.now(),
        carried_by=by,
    )


# Where it shows


def carried_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any] | None:
    """On a form that was carried over: from where, by whom, and its original date."""
    if opened.record is None:
        return None
    mark = CarriedOver.objects.filter(record_id=opened.record.pk).select_related("carried_by").first()
    if mark is None:
        return None
    return {"template": "enrollment/carried_panel.html", "mark": mark, "earlier_url": earlier_url(mark)}


def earlier_url(mark: CarriedOver) -> str:
    return Slot(
        mark.earlier_subject_id, mark.visit_key, mark.form_key, mark.visit_repeat, mark.form_repeat
    ).url()


def carried_to_form(slot: Slot, record_id: UUID | None) -> Iterable[QuerySet[Any]]:
    """The mark belongs to the history of its form."""
    yield CarriedOver.objects.filter(**slot.columns)


def hidden(changes: Mapping[str, Any]) -> set[str]:
    return set(changes) - {"earlier_number", "original_on"}


CARRIED_WORDS = TrailWords(hidden=hidden)

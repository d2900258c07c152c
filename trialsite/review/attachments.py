"""Attachments of forms: pictures and PDFs of source documents, for whoever verifies from afar."""

import hashlib
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.holds import holds_on, refuse_where_held
from trialsite.casebook.services import locked_subject
from trialsite.casebook.slots import OpenSlot, Slot

from .attached_files import cleaned
from .models import Attachment, AttachmentContent

MOST_ON_A_FORM = 20


@transaction.atomic
def attach_file(*, opened: OpenSlot, content: bytes, about: str, redacted: bool, by: User) -> Attachment:
    """Put a picture or PDF on a form. `redacted`: the author says that names and numbers of the person are removed.

    Raises CheckFailed at file, about or redacted; Refused (a rule, in a sentence)."""
    subject, slot = locked_subject(opened.subject.pk, by), opened.slot
    require(by, opened.kind.permission, study_id=subject.study_id, site_id=subject.site_id)
    refuse_where_held(holds_on(subject), slot=slot)
    wrong = {}
    if not about.strip():
        wrong["about"] = _("Say in a few words what the file shows.")
    if not redacted:
        wrong["redacted"] = _("Remove names and numbers of the person from the file, then tick this.")
    if wrong:
        raise CheckFailed(wrong)
    refuse_identifiers({"about": about})
    if standing_at(slot).count() >= MOST_ON_A_FORM:
        raise Refused(_("At most %(n)d files can stand on a form. Void one first.") % {"n": MOST_ON_A_FORM})
    clean = cleaned(content)
    place: dict[str, Any] = {"study_id": subject.study_id, "site_id": subject.site_id}
    made = Attachment.objects.create(
        **slot.columns,
        **place,
        about=about.strip()[:200],
        media_type=clean.media_type,
        size=len(clean.content),
        digest=hashlib.sha256(clean.content).hexdigest(),
        made_from=hashlib.sha256(content).hexdigest(),
        attached_by=by,
    )
    AttachmentContent.objects.create(attachment=made, subject=subject, content=clean.content, **place)
    return made


@transaction.atomic
def void_attachment(*, attachment_id: UUID, by: User, reason: str) -> Attachment:
    """Void an attachment, with the reason: it is not shown any more, its entry in the trail stays."""
    found = Attachment.objects.visible_to(by).select_for_update(of=("self",)).get(pk=attachment_id)
    subject = locked_subject(found.subject_id, by)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    refuse_where_held(holds_on(subject), slot=found.slot)
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why: a change to the record needs a reason.")})
    refuse_identifiers({"reason": reason})
    if found.voided_at is not None:
        raise Refused(_("This file is voided already."))
    with because(reason):
        found.voided_by, found.voided_at, found.voided_why = by, timezone.now(), reason.strip()[:300]
        found.save(update_fields=["voided_by", "voided_at", "voided_why"])
    return found


def open_attachment(attachment_id: UUID, by: User) -> tuple[Attachment, bytes]:
    """An attachment that stands, with its bytes; that it was opened is an event. Raises Attachment.DoesNotExist."""
    found = Attachment.objects.visible_to(by).get(pk=attachment_id, voided_at=None)
    require(by, "record.view", study_id=found.study_id, site_id=found.site_id)
    content = AttachmentContent.objects.visible_to(by).get(pk=found.pk)
    record_event(kind="attachment.opened", user_id=by.pk, attachment=str(found.pk))
    return found, bytes(content.content)


def standing_at(slot: Slot) -> QuerySet[Attachment]:
    """The attachments of a form, the oldest first."""
    found = Attachment.objects.filter(**slot.columns, voided_at=None)
    return found.select_related("attached_by").order_by("attached_at", "pk")

"""On a form: the files attached to it, how one is added, opened and voided."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from csp.constants import NONE
from csp.decorators import csp_replace
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.casebook.holds import holds_on, standing_of
from trialsite.casebook.selectors import slot_or_404
from trialsite.casebook.shown_again import Answer
from trialsite.casebook.slots import OpenSlot, Slot

from .attached_files import MOST_BYTES, SUFFIXES
from .attachments import attach_file, open_attachment, standing_at, void_attachment
from .models import Attachment

ACCEPTED = ",".join(SUFFIXES)


def attachments_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any] | None:
    """What the panel of a form shows; nothing where nothing is attached and nothing can be."""
    subject, slot = opened.subject, opened.slot
    allowed = may(
        user_of(request), opened.kind.permission, study_id=subject.study_id, site_id=subject.site_id
    )
    may_attach = allowed and opened.kind.asked and not standing_of(holds_on(subject), slot)
    files = list(standing_at(slot))
    if not files and not may_attach:
        return None
    return {
        "template": "review/attachments_panel.html",
        "on_entry": True,
        "files": files,
        "may_attach": may_attach,
        "attach_url": f"{slot.url()}attachments/",
        "accepted": ACCEPTED,
        "most_mb": MOST_BYTES // 1024**2,
    }


@login_required
@require_POST
def attach(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponse:
    """Take a file that was chosen on a form."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    answer = Answer(request, opened.slot.url())
    sent = request.FILES.get("file")
    with answer.refusals():
        attach_file(
            opened=opened,
            content=sent.read(MOST_BYTES + 1) if sent else b"",
            about=request.POST.get("about", ""),
            redacted="redacted" in request.POST,
            by=user_of(request),
        )
        messages.success(request, _("The file is attached."))
    return answer.response()


@login_required
@csp_replace({"default-src": [NONE], "sandbox": True})  # type: ignore[arg-type]
def opened_file(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """The file itself, shown in the browser: nothing in it runs, and nobody may show it inside another page."""
    try:
        found, content = open_attachment(attachment_id, user_of(request))
    except Attachment.DoesNotExist as error:
        raise Http404 from error
    name = f"{found.form_key}-{found.digest[:8]}.{SUFFIXES[found.media_type]}"
    response = HttpResponse(content, content_type=found.media_type)
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def void(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """Void an attachment, with a reason."""
    user = user_of(request)
    found = Attachment.objects.visible_to(user).filter(pk=attachment_id).first()
    if found is None:
        raise Http404
    slot: Slot = found.slot
    answer = Answer(request, slot.url())
    with answer.refusals():
        void_attachment(attachment_id=attachment_id, by=user, reason=request.POST.get("reason", ""))
        messages.success(request, _("The file is voided."))
    return answer.response()

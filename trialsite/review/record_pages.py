"""On a form: what was verified against source, and the way to verify."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.casebook.items import item_in_words
from trialsite.casebook.selectors import slot_or_404
from trialsite.casebook.shown_again import Answer
from trialsite.casebook.slots import OpenSlot

from .contents import content_of
from .item_words import value_in_words
from .plan_pages import next_url
from .verification import items_to_verify, verified_items, verify_items


def verification_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any] | None:
    """The items that the plan asks for and those verified, as boxes for who verifies."""
    if opened.record is None:
        return None
    user, subject = user_of(request), opened.subject
    may_verify = may(user, "source.verify", study_id=subject.study_id, site_id=subject.site_id)
    done = verified_items(opened.record.pk)
    if not done and not may_verify:
        return None
    content = content_of(opened.kind, opened.record)
    planned = set(items_to_verify(opened, content))
    return {
        "template": "review/verification_panel.html",
        "may_verify": may_verify,
        "verify_url": opened.slot.url("verify"),
        "next_url": next_url(user, subject.study),
        "open": len(planned - set(done)),
        "items": [
            (
                item,
                item_in_words(item.rstrip("!"), opened.kind),
                value_in_words(item, value, opened.kind, subject),
                item in planned,
                done.get(item),
            )
            for item, value in content.items()
        ],
    }


@login_required
@require_POST
def verify(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponse:
    """Mark items of a form as verified against source."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    answer = Answer(request, opened.slot.url() + "#verification")
    with answer.refusals():
        done = verify_items(opened=opened, items=request.POST.getlist("items"), by=user_of(request))
        messages.success(request, _("Verified: %(n)d items.") % {"n": len(done)})
    return answer.response()

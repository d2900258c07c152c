"""Saving what is being typed, and the key under which a browser keeps what it cannot send."""

from base64 import b64encode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from trialsite.access.models import User
from trialsite.access.requests import user_of

from . import services
from .errors import NewerDraft
from .forms import typed
from .models import Draft, Subject
from .selectors import slot_or_404
from .slots import OpenSlot


@login_required
@require_POST
def draft(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponseBase:
    """Save what is being typed; the answer is the draft's version and the words that stand beside the form."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    if request.POST.get("press") == "discard":
        services.forget_draft(slot=opened.slot, by=user_of(request))
        messages.info(request, _("Draft discarded."))
        return redirect(opened.slot.url())
    try:
        saved = save_typed(request, opened, window_of(request))
    except NewerDraft as refusal:
        found = refusal.draft
        answer = {"version": found.version if found else 0, "words": newer_words(refusal, opened.subject)}
        return JsonResponse(answer, status=409)
    return JsonResponse({"version": saved.version, "words": draft_words(saved, opened.subject)})


def version_of(request: HttpRequest) -> int | None:
    """The version of the draft that the window knows; None where it does not say."""
    return number(request, "draft_version")


def window_of(request: HttpRequest) -> services.DraftWindow | None:
    """The window that saves; None for a caller that does not say which draft it knows."""
    version = version_of(request)
    if version is None:
        return None
    name = request.POST.get("window", "")[:40]
    return services.DraftWindow(version, name, number(request, "window_step") or 0)


def number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def save_typed(request: HttpRequest, opened: OpenSlot, window: services.DraftWindow | None) -> Draft:
    return services.save_draft(
        slot=opened.slot,
        typed=typed(request.POST),
        base_version=number(request, "base_version") or 0,
        window=window,
        by=user_of(request),
    )


def draft_words(found: Draft, subject: Subject) -> str:
    """When a draft was saved, by the clock of the site."""
    return _("Draft saved %(when)s") % {"when": clock(found, subject)}


def newer_words(refusal: NewerDraft, subject: Subject) -> str:
    """What another window did, and when."""
    if refusal.draft is None:
        return refusal.sentence
    return f"{refusal.sentence} ({clock(refusal.draft, subject)})"


def clock(found: Draft, subject: Subject) -> str:
    return timezone.localtime(found.saved_at, ZoneInfo(subject.site.timezone)).strftime("%H:%M")


@login_required
@require_safe
@never_cache
def local_key(request: HttpRequest) -> HttpResponse:
    """The key of what this person's browsers keep while the server cannot be reached, and whose it is (ADR 0017)."""
    user = user_of(request)
    return JsonResponse(
        {"owner": secret_of(user, "owner").hex()[:32], "key": b64encode(secret_of(user, "key")).decode()}
    )


def secret_of(user: User, purpose: str) -> bytes:
    """32 bytes of this person and purpose: the same at every log-in, never stored."""
    return salted_hmac(
        f"trialsite.casebook.local-copies.{purpose}", str(user.pk), algorithm="sha256"
    ).digest()

"""The pages of one's webhooks: made, seen with what was sent, given another secret, resumed, ended."""

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from trialsite.access.encryption import decrypted
from trialsite.access.models import User
from trialsite.access.permissions import require_somewhere, studies_reached
from trialsite.access.requests import user_of
from trialsite.casebook.errors import CheckFailed
from trialsite.studies.models import Study

from .forms import WebhookForm
from .models import DeliveryState, Webhook
from .webhooks import (
    EXPORTS,
    end_webhook,
    kinds_typed,
    make_webhook,
    new_secret,
    resume_webhook,
    send_again,
    webhooks_of,
)

SHOWN = 50
STATUS, CAUSE = re.compile(r"answered with status (\d+)"), re.compile(r"no connection \((\w+)\)")


def studies_open_to(user: User) -> QuerySet[Study]:
    """The studies of which the user pulls exports."""
    require_somewhere(user, EXPORTS)
    return Study.objects.filter(pk__in=studies_reached(user, EXPORTS)).order_by("key")


def mine(request: HttpRequest, webhook_id: UUID) -> Webhook:
    """One of one's own webhooks."""
    require_somewhere(user_of(request), EXPORTS)
    return get_object_or_404(webhooks_of(user_of(request)), pk=webhook_id)


@never_cache
@login_required
def webhooks(request: HttpRequest) -> HttpResponse:
    """One's webhooks, and the form to make another; its secret is shown this once."""
    user = user_of(request)
    form = WebhookForm(request.POST or None, studies=studies_open_to(user))
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data | {"kinds": kinds_typed(form.cleaned_data["kinds"])}
        try:
            made, secret = make_webhook(**told, by=user)
        except CheckFailed as refused:
            for item, sentence in refused.messages.items():
                form.add_error(item, sentence)
        else:
            return secret_shown(request, made, secret)
    waits = Q(deliveries__state=DeliveryState.WAITING)
    found = webhooks_of(user).annotate(
        waiting=Count("deliveries", filter=waits), last=Max("deliveries__delivered_at")
    )
    lines = [{"webhook": one, "host": host_of(one)} for one in found]
    context = {"form": form, "lines": lines}
    return render(request, "exchange/webhooks.html", context, status=422 if form.errors else 200)


def host_of(webhook: Webhook) -> str:
    return urlsplit(decrypted(webhook.address)).hostname or ""


def secret_shown(request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
    return render(request, "exchange/webhook_secret.html", {"webhook": webhook, "secret": secret})


@login_required
def webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """What was sent to a program and what waits, the newest first."""
    found = mine(request, webhook_id)
    deliveries = [
        {"delivery": one, "failure": in_words(one.failure)} for one in found.deliveries.all()[:SHOWN]
    ]
    context = {"webhook": found, "host": host_of(found), "deliveries": deliveries, "shown": SHOWN}
    return render(request, "exchange/webhook.html", context)


def in_words(failure: str) -> str:
    """How an attempt failed, in the reader's language."""
    if found := STATUS.fullmatch(failure):
        return _("answered with status %(status)s") % {"status": found[1]}
    if found := CAUSE.fullmatch(failure):
        return _("no connection (%(cause)s)") % {"cause": found[1]}
    sentences: dict[str, Any] = {
        "the address is not allowed": _("the address is not allowed any more"),
        "the host is not known": _("the host is not known"),
        "the host is not on the public internet": _("the host is not on the public internet"),
    }
    return str(sentences.get(failure, failure))


@never_cache
@login_required
@require_POST
def another_secret(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Make another secret and show it, this once."""
    found = mine(request, webhook_id)
    return secret_shown(request, found, new_secret(webhook=found, by=user_of(request)))


@login_required
@require_POST
def resume(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Go on where sending stopped."""
    found = mine(request, webhook_id)
    resume_webhook(webhook=found, by=user_of(request))
    messages.success(request, _("It goes on within a minute where it stopped."))
    return redirect("webhook", found.pk)


@login_required
@require_POST
def again(request: HttpRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send a message once more."""
    found = mine(request, webhook_id)
    send_again(delivery=get_object_or_404(found.deliveries, pk=delivery_id), by=user_of(request))
    messages.success(request, _("It is sent within a minute."))
    return redirect("webhook", found.pk)


@login_required
@require_POST
def end(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Tell the program nothing any more."""
    found = mine(request, webhook_id)
    end_webhook(webhook=found, by=user_of(request))
    messages.success(request, _("The webhook is ended; its address and secret are forgotten."))
    return redirect("webhooks")

"""The page that tells how to pull data, and keeps one's tokens."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.errors import AccessRefused
from trialsite.access.models import Profile, Scope, Token
from trialsite.access.permissions import grants_of
from trialsite.access.requests import throttled, user_of
from trialsite.access.services import issue_token, revoke_token
from trialsite.casebook.registries import forms
from trialsite.studies.selectors import studies_visible_to

from .forms import TokenForm
from .lists import router
from .renderers import CSVRenderer

TOKEN_DAYS = 90
AT_FIRST = {"scopes": [Scope.READ, Scope.EXPORT], "profile": Profile.CODED}
LISTS: list[tuple[str, Any]] = [(name, view) for name, view, _basename in router.registry]


@login_required
def guide(request: HttpRequest) -> HttpResponse:
    """Lists and forms with their CSV links, and one's tokens."""
    return guide_page(request)


def guide_page(
    request: HttpRequest, key: str = "", form: TokenForm | None = None, status: int = 200
) -> HttpResponse:
    """The page, with a fresh key that is shown this once, or with a form that was refused."""
    tokens = Token.objects.select_related("study").filter(
        user_id=user_of(request).pk, revoked_at=None, expires_at__gt=timezone.now()
    )
    lists = [
        {"name": name, "title": view.title, "csv": CSVRenderer in view.renderer_classes}
        for name, view in LISTS
        if getattr(view, "title", "")
    ]
    context = {
        "lists": lists,
        "forms": forms.values(),
        "tokens": tokens.order_by("-expires_at"),
        "key": key,
        "form": form or TokenForm(user=user_of(request), initial=AT_FIRST),
        "api": reverse("api-root"),
        "may_export": grants_of(user_of(request)).somewhere("export.run"),
        "studies": [
            study
            for study in studies_visible_to(user_of(request)).order_by("key")
            if grants_of(user_of(request)).somewhere("export.run", study.pk)
        ],
    }
    return render(request, "exchange/guide.html", context, status=status)


@login_required
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token for one's own REST clients; it ends after 90 days."""
    if not grants_of(user_of(request)).somewhere("export.run"):
        raise PermissionDenied(_("None of your roles pulls exports, so a token would open nothing."))
    if throttled(request, "token", settings.TOKENS_PER_MINUTE):
        messages.error(request, _("Too many tokens at once: wait a minute."))
        return redirect("api-guide")
    form, user = TokenForm(request.POST, user=user_of(request)), user_of(request)
    if not form.is_valid():
        return guide_page(request, form=form, status=422)
    told = form.cleaned_data
    study, expires = told.pop("study"), timezone.now() + timedelta(days=TOKEN_DAYS)
    try:
        key = issue_token(user=user, study_id=study and study.pk, expires_at=expires, by=user, **told)
    except AccessRefused as refusal:
        for item, sentence in refusal.messages.items():
            form.add_error(item, sentence)
        return guide_page(request, form=form, status=422)
    return guide_page(request, key)


@login_required
@require_POST
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """End one of one's own tokens."""
    token = get_object_or_404(Token, pk=token_id, user_id=user_of(request).pk)
    revoke_token(token=token, by=user_of(request))
    messages.success(request, _("The token no longer opens anything."))
    return redirect("api-guide")

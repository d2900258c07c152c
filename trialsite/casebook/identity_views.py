"""Who a subject is: one deliberate click, which the audit remembers."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from trialsite.access.errors import AccessRefused
from trialsite.access.identity import change_phone, show_identity
from trialsite.access.permissions import require
from trialsite.access.requests import user_of

from .casebook_page import subject_context
from .selectors import subject_or_404


@never_cache
@login_required
@require_POST
def identity(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Show name and numbers of a subject's person, once."""
    user = user_of(request)
    subject = subject_or_404(user, subject_id)
    require(user, "identity.view", study_id=subject.study_id, site_id=subject.site_id)
    shown = show_identity(person_id=subject.person_id, subject_id=subject.pk, by=user)
    context = {**subject_context(request, subject, "subject"), "identity": shown}
    return render(request, "casebook/identity.html", context)


@never_cache
@login_required
@require_POST
def phone(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Keep other telephone numbers of a subject's person."""
    user = user_of(request)
    subject = subject_or_404(user, subject_id)
    require(user, "subject.screen", study_id=subject.study_id, site_id=subject.site_id)
    typed = request.POST.get("phone", "")
    try:
        change_phone(person_id=subject.person_id, phone=typed, by=user)
    except AccessRefused as refusal:
        shown = show_identity(person_id=subject.person_id, subject_id=subject.pk, by=user)
        context = {**subject_context(request, subject, "subject"), "identity": shown}
        told = {"typed": typed, "wrong": [refusal.messages["phone"]]}
        return render(request, "casebook/identity.html", context | told, status=422)
    messages.success(request, _("The numbers are changed."))
    return redirect("subject", subject.pk)

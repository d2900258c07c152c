"""The page of a planned visit that was not done: saying so with the reason, and taking it back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import require
from trialsite.access.requests import user_of

from . import services
from .casebook_page import subject_context
from .errors import CheckFailed, Refused
from .models import Subject
from .pages import NotDoneForm, ReasonForm
from .selectors import missed_visits, planned_visits, subject_or_404
from .slots import parsed


@login_required
def not_done(request: HttpRequest, subject_id: UUID, visit: str) -> HttpResponse:
    """Record a planned visit as not done; where that is recorded already, see why and undo it."""
    found, place = place_or_404(request, subject_id, visit)
    form = NotDoneForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.record_missed_visit(
                subject_id=found.pk,
                key=place[0],
                repeat=place[1],
                text=form.cleaned_data["text"],
                by=user_of(request),
                reason=form.cleaned_data["reason"],
            )
        except CheckFailed as refusal:
            show_at_fields(form, refusal)
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, _("The visit is recorded as not done."))
            return leave(request, found)
    return page(request, found, place, not_done_form=form)


@login_required
@require_POST
def undo_not_done(request: HttpRequest, subject_id: UUID, visit: str) -> HttpResponse:
    """Take back that a visit was not done."""
    found, place = place_or_404(request, subject_id, visit)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            services.undo_missed_visit(
                subject_id=found.pk, key=place[0], repeat=place[1], by=user_of(request), reason=form.words
            )
        except CheckFailed as refusal:
            show_at_fields(form, refusal)
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, _("The visit is to be done again."))
            return leave(request, found)
    return page(request, found, place, undo_form=form)


def place_or_404(request: HttpRequest, subject_id: UUID, visit: str) -> tuple[Subject, tuple[str, int]]:
    """The subject with key and repeat of the visit, for those who enter forms there."""
    found, place = subject_or_404(user_of(request), subject_id), parsed(visit)
    if place is None:
        raise Http404
    require(user_of(request), "form.submit", study_id=found.study_id, site_id=found.site_id)
    return found, place


def page(
    request: HttpRequest,
    found: Subject,
    place: tuple[str, int],
    not_done_form: Form | None = None,
    undo_form: Form | None = None,
) -> HttpResponse:
    """The visit with the reasons to choose from, or with the reason recorded and the way back."""
    missed = missed_visits(found).get(place)
    row = next((row for row in planned_visits(found) if (row.key, row.repeat) == place), None)
    if row is None and missed is None:
        raise Http404
    context: dict[str, Any] = {
        **subject_context(request, found, "subject"),
        "visit": f"{place[0]}.{place[1]}",
        "row": row,
        "missed": missed,
        "name": row.name if row else missed and missed.name,
        "form": (undo_form or ReasonForm()) if missed else (not_done_form or NotDoneForm()),
        "came_from": request.GET.get("from", ""),
    }
    return render(request, "casebook/not_done.html", context, status=422 if request.method == "POST" else 200)


def leave(request: HttpRequest, found: Subject) -> HttpResponse:
    """Back to where the visit was chosen: the inbox or the casebook."""
    return redirect("inbox") if request.GET.get("from") == "inbox" else redirect("subject", found.pk)


def show_at_fields(form: Form, refusal: CheckFailed) -> None:
    for item, sentence in refusal.messages.items():
        form.add_error(item, sentence)

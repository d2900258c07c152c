"""A subject's part in the study: earlier screenings and what is carried over, going off study and coming back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may, require
from trialsite.access.requests import user_of
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.errors import Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import subject_or_404, subjects_visible_to
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.casebook.transfers import transfers_of

from .carrying import carry_over, offers_to
from .disposition import leave_study, return_to_study
from .forms import LeaveForm, PlainForm, ReturnForm
from .models import CarriedOver, Disposition, EndReason
from .refusals import show_refusal


@login_required
def participation(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Everything about the part in the study that is no form of the casebook."""
    return page(request, subject_or_404(user_of(request), subject_id))


def page(request: HttpRequest, subject: Subject, refused: PlainForm | None = None) -> HttpResponse:
    user = user_of(request)
    here: dict[str, Any] = {"study_id": subject.study_id, "site_id": subject.site_id}
    may_leave = may(user, "subject.leave", **here)
    off, on = subject.state == SubjectState.OFF_STUDY, subject.state == SubjectState.ENROLLED
    ends = Disposition.objects.filter(subject=subject).select_related("recorded_by", "undone_by")
    context = {
        **subject_context(request, subject, "participation"),
        "ends": ends.order_by("-recorded_at"),
        "leave_form": shown(LeaveForm, refused, proposed_end(request, subject)) if may_leave and on else None,
        "return_form": shown(ReturnForm, refused, None) if may_leave and off else None,
        "withdrawal_url": reverse("new-log-form", args=[subject.pk, "WD"]),
        "earlier": screenings_of(request, subject),
        "carried": CarriedOver.objects.filter(subject=subject).select_related("carried_by"),
        "transfers": transfers_of(subject),
        "may_carry": subject.state == SubjectState.SCREENING and subject.previous_id is not None,
    }
    return render(request, "enrollment/participation.html", context, status=422 if refused else 200)


def proposed_end(request: HttpRequest, subject: Subject) -> dict[str, Any]:
    """What stands in the form of an end at first: today, and the reason that the inbox proposes."""
    reason = request.GET.get("reason", "")
    return {"ended_on": site_today(subject), "reason": reason if reason in EndReason.values else ""}


def screenings_of(request: HttpRequest, subject: Subject) -> list[Subject]:
    """The other parts of the same person in studies, as far as this reader sees them."""
    seen = subjects_visible_to(user_of(request)).filter(usubjid=subject.usubjid).exclude(pk=subject.pk)
    return list(seen.order_by("screened_on", "screening_number"))


def shown(kind: type[PlainForm], refused: PlainForm | None, initial: dict[str, Any] | None) -> PlainForm:
    return refused if isinstance(refused, kind) else kind(initial=initial)


@login_required
@require_POST
def leave(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Take a subject off study."""
    subject = subject_or_404(user_of(request), subject_id)
    form = LeaveForm(request.POST)
    if form.is_valid():
        try:
            leave_study(subject=subject, by=user_of(request), **form.cleaned_data)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The subject is off study. Later visits are not expected any more."))
            return redirect("participation", subject.pk)
    return page(request, subject, form)


@login_required
@require_POST
def come_back(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Take back that a subject went off study."""
    subject = subject_or_404(user_of(request), subject_id)
    form = ReturnForm(request.POST)
    if form.is_valid():
        try:
            return_to_study(subject=subject, by=user_of(request), reason=form.cleaned_data["reason"])
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The subject is in the study again. Visits are expected again."))
            return redirect("participation", subject.pk)
    return page(request, subject, form)


@login_required
def carrying(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Choose which forms of the earlier screening stand in this one too."""
    subject = subject_or_404(user_of(request), subject_id)
    require(user_of(request), "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    offers, refused = offers_to(subject), ""
    chosen = set(request.POST.getlist("records"))
    if request.method == "POST":
        known = {str(one.line.id): one.line.id for one in offers}
        try:
            marks = carry_over(
                subject=subject, records=[known[key] for key in chosen if key in known], by=user_of(request)
            )
        except Refused as refusal:
            refused = refusal.sentence
        else:
            messages.success(request, _("Carried over: %(n)d forms.") % {"n": len(marks)})
            return redirect("eligibility", subject.pk)
    context = {
        **subject_context(request, subject, "participation"),
        "offers": [(one, not chosen or str(one.line.id) in chosen) for one in offers],
        "refused": refused,
    }
    return render(request, "enrollment/carry_over.html", context, status=422 if refused else 200)

"""The treatment page and the medication page of a subject."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from trialsite.access.permissions import may, require
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.selectors import subject_or_404
from trialsite.casebook.shown_again import Answer

from .anthracyclines.decisions import decide_beyond_limit, is_principal
from .anthracyclines.page import anthracycline_context
from .doses.page import dose_context, worksheet_context
from .doses.services import replan_doses
from .infusion.first import first_infusion_context
from .intensity.page import intensity_context
from .medication.page import medication_context
from .methotrexate.page import methotrexate_context
from .models import CycleStart
from .plan.decisions import decide_next_phase
from .plan.page import treatment_context


@login_required
@require_GET
def treatment(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The path of one subject, what follows, and its cycles planned beside given."""
    found = subject_or_404(request.user, subject_id)  # type: ignore[arg-type]
    place = {"study_id": found.study_id, "site_id": found.site_id}
    require(request.user, "record.view", **place)
    with timezone.override(ZoneInfo(found.site.timezone)):
        context = subject_context(request, found, "treatment") | treatment_context(found)
        context |= dose_context(found) | first_infusion_context(found)
        context |= anthracycline_context(found) | methotrexate_context(found) | intensity_context(found)
        context["may_go_beyond"] = is_principal(request.user, found)  # type: ignore[arg-type]
        context["may_decide"] = may(request.user, "treatment.decide", **place)
        context["may_export"] = may(request.user, "export.run", **place)
        return render(request, "treatment/treatment.html", context)


@login_required
@require_GET
def worksheet(request: HttpRequest, subject_id: UUID, cycle_id: UUID) -> HttpResponse:
    """The doses of one phase day by day, to print for pharmacy and ward."""
    found = subject_or_404(request.user, subject_id)  # type: ignore[arg-type]
    require(request.user, "record.view", study_id=found.study_id, site_id=found.site_id)
    with timezone.override(ZoneInfo(found.site.timezone)):
        context = worksheet_context(found, cycle_id)
        if context is None:
            raise Http404
        return render(request, "treatment/worksheet.html", {"subject": found} | context)


@login_required
@require_GET
def medication(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """What one subject takes beside the protocol's treatment, corticosteroids over time, transfusions."""
    found = subject_or_404(request.user, subject_id)  # type: ignore[arg-type]
    require(request.user, "record.view", study_id=found.study_id, site_id=found.site_id)
    context = subject_context(request, found, "medication") | medication_context(found, request.GET)
    return render(request, "treatment/medication.html", context)


@login_required
@require_POST
def beyond_limit(request: HttpRequest, subject_id: UUID, phase: str) -> HttpResponse:
    """The principal investigator signs that a phase may go beyond the limit of anthracyclines."""
    found = subject_or_404(request.user, subject_id)  # type: ignore[arg-type]
    answer = Answer(request, reverse("treatment", args=[found.pk]))
    with answer.refusals():
        decide_beyond_limit(
            subject_id=found.pk,
            phase=phase,
            password=request.POST.get("password", ""),
            reason=request.POST.get("reason", ""),
            by=request.user,  # type: ignore[arg-type]
        )
        messages.success(request, _("Decided: the phase may begin."))
    return answer.response()


@login_required
@require_POST
def decide(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Record what an investigator decided to follow the phase that runs."""
    found = subject_or_404(request.user, subject_id)  # type: ignore[arg-type]
    answer, typed = Answer(request, reverse("treatment", args=[found.pk])), request.POST
    kind, _colon, phase = typed.get("choice", "").partition(":")
    with answer.refusals():
        decision = decide_next_phase(
            subject_id=found.pk,
            kind=kind,
            chosen_phase=phase,
            other_words=typed.get("other_words", ""),
            indication=typed.get("indication", ""),
            decided_on=day_of(typed.get("decided_on", "")),
            by=request.user,  # type: ignore[arg-type]
            reason=typed.get("reason", ""),
        )
        messages.success(request, _("Decided: %(what)s.") % {"what": decision.chosen_words})
    return answer.response()


def day_of(text: str) -> date | None:
    """A day as typed; None for anything else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


@login_required
@require_POST
def replan(request: HttpRequest, subject_id: UUID, cycle_id: UUID) -> HttpResponse:
    """Compute the doses of a cycle anew."""
    found = subject_or_404(request.user, subject_id)  # type: ignore[arg-type]
    if not CycleStart.objects.filter(pk=cycle_id, subject=found).exists():
        raise Http404
    answer = Answer(request, reverse("treatment", args=[found.pk]))
    with answer.refusals():
        day = request.POST.get("from_day", "").strip() or "1"
        if not day.isdecimal():
            raise CheckFailed({"from_day": _("Enter a day of the cycle as a whole number.")})
        replan_doses(
            cycle_id=cycle_id,
            from_day=int(day),
            measured_weight=request.POST.get("measured_weight") == "yes",
            by=request.user,  # type: ignore[arg-type]
            reason=request.POST.get("reason", ""),
        )
        messages.success(request, _("The doses were computed anew; the earlier plan is kept."))
    return answer.response()

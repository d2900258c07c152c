"""Pages of serious events: a study's list, the printable report, and the steps around them."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import require
from trialsite.access.requests import user_of
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.selectors import subject_or_404
from trialsite.casebook.shown_again import Answer, page_of
from trialsite.casebook.slots import Slot
from trialsite.studies.selectors import study_or_404

from ..domain.sae import Criterion
from ..models import Admission, SeriousEvent
from .forms import AssessmentForm
from .listed import SHOWN, STATES, lines_of, reports_of, rules_shown
from .printed import report_to_print
from .services import ASSESSED, assess_sae, decline_proposal, draft_from_stay, draft_report


@login_required
def saes(request: HttpRequest, key: str) -> HttpResponse:
    """The serious events of a study: versions, whether a SUSAR, how the clocks stand."""
    user = user_of(request)
    study = study_or_404(user, key)
    require(user, "record.view", study_id=study.pk)
    asked = request.GET.get("state", "")
    page = Paginator(reports_of(user, study, asked), SHOWN).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "page": page,
        "lines": lines_of(list(page)),
        "rules": rules_shown(study),
        "states": STATES.items(),
        "asked": asked,
    }
    return render(request, "assessments/sae/list.html", context)


def report_or_404(request: HttpRequest, sae_id: UUID) -> SeriousEvent:
    found = SeriousEvent.objects.visible_to(user_of(request))
    return get_object_or_404(
        found.select_related("visit", "study", "site", "subject__protocol_version", "subject__site"),
        pk=sae_id,
    )


@login_required
def report(request: HttpRequest, sae_id: UUID, number: int) -> HttpResponse:
    """One version of a report, to be printed from the browser."""
    record = report_or_404(request, sae_id)
    version = record.versions.select_related("made_by").filter(number=number).first()
    if version is None:
        raise Http404
    with timezone.override(ZoneInfo(record.site.timezone)):
        return render(request, "assessments/sae/report.html", report_to_print(record, version))


@login_required
@require_POST
def assess(request: HttpRequest, sae_id: UUID) -> HttpResponse:
    """Record what the sponsor's side says of a serious event."""
    record = report_or_404(request, sae_id)
    answer = Answer(request, Slot.of_record(record).url())
    with timezone.override(ZoneInfo(record.site.timezone)):
        form = AssessmentForm(request.POST)
        with answer.refusals():
            if not form.is_valid():
                raise CheckFailed({item: " ".join(map(str, wrong)) for item, wrong in form.errors.items()})
            values: dict[str, Any] = {item: form.cleaned_data.get(item) for item in ASSESSED}
            assess_sae(sae_id=record.pk, values=values, by=user_of(request))
            messages.success(request, _("Assessed: the clocks follow from it."))
    return answer.response()


def number_of(text: str) -> int | None:
    """An adverse event by its number in the log."""
    return int(text) if text.isdecimal() else None


@login_required
@require_POST
def start(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Begin the report of an adverse event of this subject as a draft."""
    subject = subject_or_404(user_of(request), subject_id)
    number = number_of(request.POST.get("event", ""))
    answer = Answer(request, page_of(request, reverse("subject", args=[subject.pk])))
    with answer.refusals():
        return redirect(draft_report(subject_id=subject.pk, event=number, by=user_of(request)).url())
    return answer.response()


@login_required
@require_POST
def admission_step(request: HttpRequest, admission_id: UUID, action: str) -> HttpResponse:
    """Accept what a stay proposes, as a draft, or decline it with a reason."""
    stay = get_object_or_404(
        Admission.objects.visible_to(user_of(request)).select_related("visit"), pk=admission_id
    )
    if action not in ("accept", "decline"):
        raise Http404
    asked, user = request.POST.get("criterion", ""), user_of(request)
    answer = Answer(request, Slot.of_record(stay).url())
    with answer.refusals():
        if asked not in list(Criterion):
            raise CheckFailed({"criterion": _("Choose what is proposed.")})
        if action == "accept":
            event = number_of(request.POST.get("event", ""))
            slot = draft_from_stay(admission_id=stay.pk, criterion=asked, event=event, by=user)
            return redirect(slot.url())
        decline_proposal(
            admission_id=stay.pk, criterion=asked, by=user, reason=request.POST.get("reason", "")
        )
        messages.success(request, _("Declined: the reason is kept."))
    return answer.response()

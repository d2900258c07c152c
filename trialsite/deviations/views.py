"""The pages of the register: of a study, of a subject, and of one deviation with its decision."""

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may, require
from trialsite.access.requests import user_of
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.formfields import DateFormField
from trialsite.casebook.selectors import subject_or_404
from trialsite.casebook.shown_again import Answer
from trialsite.studies.selectors import sites_visible_to, study_or_404

from .selectors import CRITERIA, deviation_or_404, forms_behind, of_subject, register_of, steps_for
from .services import decide_deviation, report_deviation
from .states import DeviationKind, DeviationState, Weight

CHOICES = {"kinds": DeviationKind.choices, "weights": Weight.choices, "states": DeviationState.choices}
SHOWN = 50


@login_required
def register(request: HttpRequest, key: str) -> HttpResponse:
    """The deviations of a study with a filter, and the way to report one of a site or of the study."""
    user = user_of(request)
    study = study_or_404(user, key)
    require(user, "record.view", study_id=study.pk)
    asked = {name: request.GET.get(name, "") for name in CRITERIA}
    page = Paginator(register_of(user, study, asked), SHOWN).get_page(request.GET.get("page"))
    sites = sites_visible_to(user, study)
    context = {
        "study": study,
        "page": page,
        "asked": asked,
        "sites": sites,
        "report_sites": [
            one for one in sites if may(user, "deviation.report", study_id=study.pk, site_id=one.pk)
        ],
        "report_url": reverse("deviations-report", args=[key]),
        **CHOICES,
    }
    return render(request, "deviations/register.html", context)


@login_required
@require_POST
def report(request: HttpRequest, key: str) -> HttpResponse:
    """Report a deviation of a site."""
    user = user_of(request)
    study = study_or_404(user, key)
    site = sites_visible_to(user, study).filter(key=request.POST.get("site", "")).first()
    require(user, "deviation.report", study_id=study.pk, site_id=site.pk if site else None)
    answer = Answer(request, reverse("deviations", args=[key]))
    with answer.refusals():
        if site is None:
            raise CheckFailed({"site": _("Choose the site.")})
        report_deviation(study=study, site=site, **told(request), by=user)
        messages.success(request, _("The deviation is drafted: a monitor or data manager decides."))
    return answer.response()


@login_required
def subject_register(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The deviations of one subject, and the way to report another."""
    subject = subject_or_404(user_of(request), subject_id)
    here: dict[str, Any] = {"study_id": subject.study_id, "site_id": subject.site_id}
    page = Paginator(of_subject(subject), SHOWN).get_page(request.GET.get("page"))
    context = {
        **subject_context(request, subject, "subject-deviations"),
        "page": page,
        "may_report": may(user_of(request), "deviation.report", **here),
        "report_url": reverse("subject-deviations-report", args=[subject.pk]),
        "one_subject": True,
        **CHOICES,
    }
    return render(request, "deviations/subject.html", context)


@login_required
@require_POST
def subject_report(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Report a deviation of a subject."""
    subject = subject_or_404(user_of(request), subject_id)
    require(user_of(request), "deviation.report", study_id=subject.study_id, site_id=subject.site_id)
    answer = Answer(request, reverse("subject-deviations", args=[subject.pk]))
    with answer.refusals():
        report_deviation(subject=subject, **told(request), by=user_of(request))
        messages.success(request, _("The deviation is drafted: a monitor or data manager decides."))
    return answer.response()


def told(request: HttpRequest) -> dict[str, Any]:
    """What a report says; CheckFailed where the day cannot be read."""
    fields = {name: request.POST.get(name, "").strip() for name in ("kind", "weight", "evidence")}
    return {**fields, "occurred_on": day_typed(request.POST.get("occurred_on", ""), "occurred_on")}


def day_typed(text: str, item: str) -> date | None:
    """A day as people write it; None where nothing was typed."""
    try:
        return DateFormField(required=False).clean(text.strip())
    except ValidationError as error:
        raise CheckFailed({item: " ".join(error.messages)}) from error


@login_required
def deviation(request: HttpRequest, deviation_id: UUID) -> HttpResponse:
    """One deviation: evidence, the forms behind it, what was decided, and the steps that are open to the reader."""
    user = user_of(request)
    found = deviation_or_404(user, deviation_id)
    zone = found.site.timezone if found.site else "UTC"
    context = {
        "deviation": found,
        "zone": zone,
        "study": found.study,
        "behind": forms_behind(found),
        "decisions": found.decisions.select_related("decided_by"),
        "steps": steps_for(found, user),
        "weights": [one for one in Weight.choices if one[0] != found.weight],
    }
    if found.subject is not None:
        context |= subject_context(request, found.subject, "subject-deviations")
    with timezone.override(ZoneInfo(zone)):
        return render(request, "deviations/deviation.html", context)


@login_required
@require_POST
def step(request: HttpRequest, deviation_id: UUID, action: str) -> HttpResponse:
    """Take a step of a deviation."""
    found = deviation_or_404(user_of(request), deviation_id)
    if action == "draft":
        raise Http404
    answer = Answer(request, reverse("deviation", args=[found.pk]))
    with answer.refusals():
        said = {name: request.POST.get(name, "") for name in ("weight", "reason")}
        decide_deviation(deviation_id=found.pk, action=action, **said, by=user_of(request))
        messages.success(request, _("Decided."))
    return answer.response()

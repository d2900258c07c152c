"""The page of an endpoint's historical controls: upload, and the endpoint beside the newest version of each."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from outcomes.domain.historical import Method
from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.names import local
from trialsite.studies.domain.protocol import EndpointPlan, Protocol
from trialsite.studies.domain.vocabulary import CENSORS, EVENTS, ORIGINS
from trialsite.studies.models import Study

from ..dashboard_page import refresh_own
from ..figures import TIME_TO_EVENT, figure
from ..study_reading import counted_times, plan_or_404, study_with_figures, subjects_behind
from .comparison import compared, words
from .controls import OTHER, ControlFields, newest_controls, upload_control


@login_required
def controls(request: HttpRequest, key: str, endpoint: str) -> HttpResponse:
    """The endpoint beside its historical controls; by POST one more version, or what is wrong with it."""
    user = user_of(request)
    study = study_with_figures(user, key)
    plan = plan_or_404(study.protocol, endpoint)
    if plan.kind != TIME_TO_EVENT or plan.analysis:
        raise Http404
    if request.method != "POST":
        return render(request, "outcomes/controls.html", controls_context(user, study, plan, request.GET))
    fields = typed(request)
    try:
        stored = upload_control(
            study=study, plan=plan, fields=fields, file=request.FILES.get("file"), by=user
        )
    except CheckFailed as refusal:
        context = controls_context(user, study, plan, {}, fields)
        context["wrong"] = {name: [sentence] for name, sentence in refusal.messages.items()}
        return render(request, "outcomes/controls.html", context, status=422)
    said = {"control": stored, "n": len(stored.rows)}
    messages.success(request, _("%(control)s is stored with %(n)s lines.") % said)
    return redirect("dashboard-controls", key, endpoint)


def typed(request: HttpRequest) -> ControlFields:
    """What was typed; a month or a list that nobody chose is empty."""
    texts = {
        name: request.POST.get(name, "")
        for name in ("name", "source", "period_from", "period_to", "origin", "censor", "definition", "unit")
    }
    return ControlFields(events=request.POST.getlist("events"), **texts)


def controls_context(
    user: User,
    study: Study,
    plan: EndpointPlan,
    wanted: Mapping[str, Any],
    fields: ControlFields | None = None,
) -> dict[str, Any]:
    """Everything on the page; subjects are compared one by one only for who may upload, and so sees the whole study,
    and asks for it: that reads the covariates of every subject."""
    refresh_own(user, study)
    protocol = study.protocol
    shown = figure(plan, counted_times(study, [plan.key]), by_arm=False)
    uploads = may(user, "control.upload", study_id=study.pk)
    asked = wanted.get("method", "")
    method = Method(asked) if uploads and asked in set(Method) else None
    return {
        "study": study,
        "plan": plan,
        "behind": subjects_behind(study),
        "several_arms": len(protocol.arms) > 1,
        "shown": shown,
        "compared": [compared(user, study, shown, one, method) for one in newest_controls(study, plan.key)],
        "method": method,
        "may_upload": uploads,
        "fields": fields or defaults(plan),
        "origins": choices(protocol, "origin", ORIGINS),
        "events": choices(protocol, "event", EVENTS),
        "censors": choices(protocol, "censor", CENSORS),
        "name": local(plan.name),
    }


def defaults(plan: EndpointPlan) -> ControlFields:
    """An empty form, with the definition of the study chosen."""
    return ControlFields("", "", "", "", plan.origin or "", plan.events, plan.censor or "", "", "days")


def choices(protocol: Protocol, key: str, codes: Iterable[str]) -> list[tuple[str, str]]:
    return [(code, words(protocol, key, code)) for code in (*codes, OTHER)]

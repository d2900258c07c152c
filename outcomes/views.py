"""Pages of the outcomes: the endpoints of a subject, the studies' dashboards, one endpoint of a study."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require_somewhere
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.selectors import subject_or_404, subjects_visible_to
from trialsite.listing import told
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.selectors import study_or_404

from .consort_page import STATIONS, consort_context, in_month, subjects_at, words_of_reason
from .dashboard_page import arm_name, dashboard_context, endpoint_context, refresh_own, studies_context
from .dashboards.between_groups import as_json, between_groups
from .dashboards.pages import asked_by, csv_of, kept, tabs
from .dashboards.topics import group_words, levels_of
from .selectors import behind_number, events_here, results_of_study
from .study_reading import plan_or_404, sees_arms, study_with_figures
from .subject_page import outcomes_context
from .swimmer.page import swimmer_context

NUMBERS = (
    "counted",
    "events",
    "competing",
    "arm",
    "site",
    "factor",
    "level",
)  # what narrows an endpoint's list to one number


@login_required
def subject_outcomes(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Each endpoint of one subject: date, status, time, why, and the records it rests on."""
    subject = subject_or_404(request.user, subject_id)  # type: ignore[arg-type]
    context = {**subject_context(request, subject, "outcomes"), **outcomes_context(subject)}
    return render(request, "outcomes/subject.html", context)


@login_required
def dashboards(request: HttpRequest) -> HttpResponse:
    """The user's studies with six figures each."""
    user = person(request)
    require_somewhere(user, "figures.view")
    return render(request, "outcomes/dashboards.html", studies_context(user))


@login_required
def study(request: HttpRequest, key: str) -> HttpResponse:
    """One study: six figures, curve, accrual, flow."""
    user = person(request)
    found = study_with_figures(user, key)
    context = dashboard_context(user, found, request.GET.get("endpoint", ""))
    return render(request, "outcomes/study.html", context | {"tabs": tabs(found, "summary", user)})


@login_required
def endpoint(request: HttpRequest, key: str, endpoint: str) -> HttpResponse:
    """One endpoint of a study, its groups beside each other (?by=), and the subjects at one's own sites behind it or
    behind one of its numbers.

    ?day=: those with an event that day; ?counted=1, ?events=1, ?competing=1, ?arm=, ?site=, ?factor= with ?level=: of
    the counted; ?csv= a table of the groups; ?json the figures of the page."""
    user = person(request)
    found = study_with_figures(user, key)
    plan = plan_or_404(found.protocol, endpoint)
    refresh_own(user, found)
    context = endpoint_context(user, found, plan)
    asked = asked_by(request, user, found)
    if "json" in request.GET:
        return JsonResponse(as_json(asked, context["chosen"]), json_dumps_params={"ensure_ascii": False})
    parts = between_groups(asked, context["chosen"]) if context["chosen"].timed else []
    if "csv" in request.GET:
        return csv_of(parts, request.GET["csv"], f"{found.key}-{plan.key}")
    context |= {"parts": parts, "kept": kept(asked)}
    text = request.GET.get("day", "")
    day = int(text) if text.isdigit() and len(text) < 6 else None
    results = results_of_study(user, found, plan.key)
    if day is not None:
        context |= events_here(results, context["chosen"], day)
    number = {name: request.GET[name] for name in NUMBERS if request.GET.get(name)}
    if not sees_arms(user, found):
        number.pop("arm", None)
    if number and day is None:
        context |= {"results": behind_number(results, context["chosen"], number), "narrowed": True}
        context["words"] = narrowed_words(found.protocol, number)
    page = Paginator(context.get("results", results), 50).get_page(request.GET.get("page"))
    own = subjects_visible_to(user).filter(study=found).count()
    return render(request, "outcomes/endpoint.html", context | {"page": page, "day": day, "own": own})


def narrowed_words(protocol: Protocol, asked: Mapping[str, str]) -> str:
    """Which of the subjects a number counts, in words."""
    factor, level = asked.get("factor", ""), asked.get("level", "")
    words = [
        _("with the event") if asked.get("events") else "",
        _("with a competing event") if asked.get("competing") else "",
        arm_name(protocol, asked["arm"]) if asked.get("arm") else "",
        asked.get("site", ""),
        told(group_words(protocol, factor), str(levels_of(protocol, factor).get(level, level)))
        if factor
        else "",
    ]
    return " · ".join(one for one in words if one)


@login_required
def consort(request: HttpRequest, key: str) -> HttpResponse:
    """The flow of people through a study, drawn after CONSORT, with its table."""
    user = person(request)
    found = study_with_figures(user, key)
    refresh_own(user, found)
    context = consort_context(user, found) | {"tabs": tabs(found, "flow", user)}
    return render(request, "outcomes/consort.html", context)


@login_required
def station(request: HttpRequest, key: str, station: str) -> HttpResponse:
    """The subjects of one's own sites behind one count of the flow."""
    user = person(request)
    found = study_with_figures(user, key)
    if station not in STATIONS:
        raise Http404
    refresh_own(user, found)
    reason, arm, site, month = (request.GET.get(name, "") for name in ("reason", "arm", "site", "month"))
    subjects = in_month(subjects_at(user, found, station, reason, arm, site), station, month)
    words = words_of_reason(found.protocol, station, reason) if reason else ""
    context = {
        "study": found,
        "title": STATIONS[station],
        "narrowed": [one for one in (words, site, month) if one],
        "page": Paginator(subjects, 50).get_page(request.GET.get("page")),
    }
    return render(request, "outcomes/station.html", context)


@login_required
def courses(request: HttpRequest, key: str) -> HttpResponse:
    """The courses of the subjects at one's own sites as a swimmer plot, with its table."""
    user = person(request)
    require_somewhere(user, "record.view")
    found = study_or_404(user, key)
    return render(request, "outcomes/swimmer.html", swimmer_context(user, found, request.GET))


def person(request: HttpRequest) -> User:
    user: Any = request.user
    return user

"""The trail's pages: of everything one may see, of a subject, of a form and its items."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from trialsite.access.permissions import require, require_somewhere
from trialsite.access.requests import user_of
from trialsite.audit.models import Trail
from trialsite.studies.models import Site
from trialsite.studies.selectors import studies_visible_to

from .casebook_page import subject_context
from .models import Subject
from .registries import forms
from .selectors import slot_or_404, subject_or_404
from .trail import in_words
from .trail_filters import (
    ACTION_CHOICES,
    ROLE_CHOICES,
    TrailFilter,
    about,
    in_slot,
    items_of,
    trail_visible_to,
)

PAGE = 50


@login_required
def trail(request: HttpRequest) -> HttpResponse:
    """The trail of everything this user may see, newest first."""
    user = user_of(request)
    require_somewhere(user, "trail.view")
    studies = studies_visible_to(user)
    sites = Site.objects.filter(study_sites__study__in=studies).distinct()
    context = {"studies": studies, "sites": sites, "forms": forms.values()}
    zones = {site.timezone for site in sites}
    zone = zones.pop() if len(zones) == 1 else "UTC"
    return page(request, "casebook/trail.html", trail_visible_to(user), zone, context)


@login_required
def subject_trail(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Everything that happened to a subject's record, newest first."""
    found = subject_or_404(user_of(request), subject_id)
    require(user_of(request), "trail.view", study_id=found.study_id, site_id=found.site_id)
    entries = Trail.objects.filter(about(Subject.objects.filter(pk=found.pk)))
    context = {**subject_context(request, found, "subject-trail"), "forms": forms.values()}
    narrowed = {"subject": found.number, "study": found.study.key}
    return page(request, "casebook/subject_trail.html", entries, found.site.timezone, context, narrowed)


@login_required
def form_history(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponse:
    """What happened to a form and to what stands on it, or with ?item= to one of its items."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    found = opened.subject
    entries = Trail.objects.filter(in_slot(opened))
    context = {**subject_context(request, found, "subject"), "slot": opened.slot, "kind": opened.kind}
    context["items"] = items_of(opened.kind)
    narrowed = {"slot": f"{found.pk}/{visit}/{form}"}
    return page(request, "casebook/history.html", entries, found.site.timezone, context, narrowed)


def page(
    request: HttpRequest,
    template: str,
    entries: QuerySet[Trail],
    zone: str,
    context: dict[str, Any],
    narrowed: dict[str, str] | None = None,
) -> HttpResponse:
    """A page of the filtered trail, turned by key. `narrowed`: what the page shows only, as the API filters by it."""
    chosen = TrailFilter(request.GET, queryset=entries, zone=zone)
    before = request.GET.get("before", "")
    found = chosen.qs.order_by("-id") if chosen.is_valid() else entries.none()
    if before.isdigit():
        found = found.filter(pk__lt=int(before))
    rows = list(found[: PAGE + 1])
    asked = request.GET.copy()
    asked.pop("before", None)
    export = asked.copy()
    for name, value in (narrowed or {}).items():
        export[name] = value
    export["format"] = "csv"
    kind = forms.get(request.GET.get("form", ""))
    item = request.GET.get("item", "")
    context = {
        "items": items_of(kind) if kind else (),
        "changes": in_words(rows[:PAGE], item),
        "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "before": before,
        "chosen": chosen,
        "asked": asked,
        "zone": zone,
        "actions": ACTION_CHOICES,
        "roles": ROLE_CHOICES,
        "export": f"{reverse('api-trail-list')}?{export.urlencode()}&zone={zone}",
        **context,
    }
    return render(request, template, context, status=200 if chosen.is_valid() else 422)

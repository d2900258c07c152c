"""The pages of this room: the study calendar and the assessments of a subject."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trialsite.access.models import User
from trialsite.access.permissions import require, require_somewhere
from trialsite.access.requests import user_of
from trialsite.audit.moment import now
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.selectors import subject_or_404
from trialsite.casebook.site_day import site_day
from trialsite.studies.selectors import sites_visible_to, studies_visible_to

from .overview import overview
from .visits.calendar_page import (
    Filters,
    calendar_day,
    calendar_month,
    calendar_weeks,
    day_notes,
    day_of,
    monday_of,
)
from .visits.public_holidays import last_published_year

WEEKS_SHOWN = 4


@login_required
def calendar(request: HttpRequest) -> HttpResponse:
    """The visits by week, by month or of one day, with filters by study and site; late ones first."""
    user = user_of(request)
    require_somewhere(user, "record.view")
    chosen = Filters(request.GET.get("study", ""), request.GET.get("site", ""))
    studies = list(studies_visible_to(user))
    places = {place.key: place for each in studies for place in sites_visible_to(user, each)}
    shown = {"month": month_context, "day": day_context}.get(request.GET.get("view", ""), weeks_context)
    today = max((site_day(place) for place in places.values()), default=now().date())
    context = {
        **shown(user, request.GET.get("from", ""), chosen, today),
        "studies": studies,
        "sites": sorted(places.values(), key=lambda place: place.key),
        "chosen": chosen,
        "unpublished": last_published_year() + 1,
    }
    return render(request, "assessments/calendar.html", context)


def weeks_context(user: User, text: str, chosen: Filters, today: date) -> dict[str, Any]:
    first = monday_of(text, today)
    late, weeks = calendar_weeks(user, first=first, weeks=WEEKS_SHOWN, chosen=chosen)
    return {
        "view": "weeks",
        "late": late,
        "weeks": weeks,
        "first": first,
        "this_monday": monday_of("", today),
        "earlier": first - timedelta(weeks=WEEKS_SHOWN),
        "later": first + timedelta(weeks=WEEKS_SHOWN),
        "last": first + timedelta(weeks=WEEKS_SHOWN) - timedelta(days=1),
    }


def month_context(user: User, text: str, chosen: Filters, today: date) -> dict[str, Any]:
    first = day_of(text, today).replace(day=1)
    return {
        "view": "month",
        "first": first,
        "month": calendar_month(user, month=first, chosen=chosen),
        "today": today,
        "earlier": (first - timedelta(days=1)).replace(day=1),
        "later": (first + timedelta(days=31)).replace(day=1),
        "last": first + timedelta(days=31),
    }


def day_context(user: User, text: str, chosen: Filters, today: date) -> dict[str, Any]:
    day = day_of(text, today)
    return {
        "view": "day",
        "first": day,
        "shown": calendar_day(user, day=day, chosen=chosen),
        "notes": day_notes(user, chosen, day, day),
        "earlier": day - timedelta(days=1),
        "later": day + timedelta(days=1),
        "last": day,
    }


@login_required
def assessments(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Responses, MRD, laboratory trends and adverse events of one subject."""
    found = subject_or_404(user_of(request), subject_id)
    require(user_of(request), "record.view", study_id=found.study_id, site_id=found.site_id)
    context = {**subject_context(request, found, "assessments"), **overview(found)}
    return render(request, "assessments/assessments.html", context)

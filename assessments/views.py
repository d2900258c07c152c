"""The pages of this room: the study calendar and the assessments of a subject."""

from datetime import date, timedelta
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trialsite.access.permissions import require, require_somewhere
from trialsite.access.requests import user_of
from trialsite.audit.moment import now
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.selectors import subject_or_404
from trialsite.studies.selectors import sites_visible_to, studies_visible_to

from .overview import overview
from .selectors import calendar_weeks

WEEKS_SHOWN = 4


@login_required
def calendar(request: HttpRequest) -> HttpResponse:
    """Late, due and coming visits by week, with filters by study and site."""
    require_somewhere(user_of(request), "record.view")
    user = user_of(request)
    first = monday_of(request.GET.get("from", ""))
    study, site = request.GET.get("study", ""), request.GET.get("site", "")
    late, weeks = calendar_weeks(user, first=first, weeks=WEEKS_SHOWN, study=study, site=site)
    studies = list(studies_visible_to(user))
    places = {place.key: place for each in studies for place in sites_visible_to(user, each)}
    context = {
        "late": late,
        "weeks": weeks,
        "first": first,
        "this_monday": monday_of(""),
        "earlier": first - timedelta(weeks=WEEKS_SHOWN),
        "later": first + timedelta(weeks=WEEKS_SHOWN),
        "studies": studies,
        "sites": sorted(places.values(), key=lambda place: place.key),
        "study": study,
        "site": site,
    }
    return render(request, "assessments/calendar.html", context)


@login_required
def assessments(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Responses, MRD, laboratory trends and adverse events of one subject."""
    found = subject_or_404(user_of(request), subject_id)
    require(user_of(request), "record.view", study_id=found.study_id, site_id=found.site_id)
    context = {**subject_context(request, found, "assessments"), **overview(found)}
    return render(request, "assessments/assessments.html", context)


def monday_of(text: str) -> date:
    """The Monday of the week of a day in ISO; of today (UTC) when there is none or it is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = now().date()
    return day - timedelta(days=day.weekday())

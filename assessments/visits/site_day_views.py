"""The page of a study's working days: the public calendar, and what its sites say of their own days."""

from datetime import date
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.audit.moment import now
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.formfields import DateFormField
from trialsite.casebook.shown_again import Answer
from trialsite.studies.selectors import sites_visible_to, study_open_to

from ..models import SiteDayKind
from .calendar_page import runs
from .public_holidays import last_published_year
from .site_days import record_site_days, site_days_of, withdraw_site_day, years_listed
from .working_days import public_calendar


@login_required
def site_days(request: HttpRequest, key: str) -> HttpResponse:
    """The days off and make-up workdays, and the way to say that a site differs from them."""
    user = user_of(request)
    study = study_open_to(user, key, "record.view")
    if request.method == "POST":
        return record(request, key)
    places = [
        site
        for site in sites_visible_to(user, study)
        if may(user, "site.days", study_id=study.pk, site_id=site.pk)
    ]
    years = years_listed(now().date())
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    context = {
        "study": study,
        "lines": site_days_of(user, study),
        "places": places,
        "kinds": SiteDayKind.choices,
        "writable": {site.pk for site in places},
        "public": list(runs(public_calendar(), first, last)),
        "published": last_published_year(),
        "years": years,
    }
    return render(request, "assessments/site_days.html", context)


def record(request: HttpRequest, key: str) -> HttpResponse:
    user = user_of(request)
    study = study_open_to(user, key, "site.days")
    site = sites_visible_to(user, study).filter(key=request.POST.get("site", "")).first()
    answer = Answer(request, reverse("site-days", args=[key]))
    with answer.refusals():
        if site is None:
            raise CheckFailed({"site": _("Choose a site.")})
        first = typed_day(request, "first")
        last = typed_day(request, "last") if request.POST.get("last", "").strip() else first
        found = record_site_days(
            study=study,
            site=site,
            first=first,
            last=last,
            kind=request.POST.get("kind", ""),
            by=user,
            reason=request.POST.get("reason", ""),
        )
        messages.success(
            request,
            ngettext(
                "Recorded: %(days)d day of %(site)s.", "Recorded: %(days)d days of %(site)s.", len(found)
            )
            % {"days": len(found), "site": site.key},
        )
    return answer.response()


def typed_day(request: HttpRequest, name: str) -> date:
    try:
        return DateFormField().clean(request.POST.get(name, "").strip())  # type: ignore[return-value]
    except forms.ValidationError as problem:
        raise CheckFailed({name: problem.messages[0]}) from None


@login_required
@require_POST
def withdraw(request: HttpRequest, key: str, day_id: UUID) -> HttpResponse:
    """Take back what was said of a day."""
    user = user_of(request)
    study = study_open_to(user, key, "site.days")
    if not site_days_of(user, study).filter(pk=day_id).exists():
        raise Http404
    answer = Answer(request, reverse("site-days", args=[key]))
    with answer.refusals():
        withdraw_site_day(day_id=day_id, by=user, reason=request.POST.get("reason", ""))
        messages.success(request, _("Withdrawn: the public calendar holds again."))
    return answer.response()

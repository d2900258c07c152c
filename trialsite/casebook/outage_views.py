"""The outages of a study's sites: recorded when they are over, taken back where that was wrong."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.studies.models import Site
from trialsite.studies.selectors import sites_visible_to, study_open_to

from .errors import CheckFailed
from .formfields import DateTimeFormField
from .models import Outage
from .outages import outages_visible_to, record_outage, withdraw_outage
from .shown_again import Answer


@login_required
def outages(request: HttpRequest, key: str) -> HttpResponse:
    """The outages of a study's sites, and the way to record one."""
    user = user_of(request)
    study = study_open_to(user, key, "record.view")
    if request.method == "POST":
        return record(request, key)
    places = [
        site
        for site in sites_visible_to(user, study)
        if may(user, "outage.record", study_id=study.pk, site_id=site.pk)
    ]
    context = {
        "study": study,
        "lines": [(one, *local_times(one)) for one in outages_visible_to(user, study)],
        "places": places,
        "writable": {site.pk for site in places},
    }
    return render(request, "casebook/outages.html", context)


def local_times(outage: Outage) -> tuple[str, str]:
    """Begin and end on the clock of the site."""
    zone = ZoneInfo(outage.site.timezone)
    began, ended = (at.astimezone(zone) for at in (outage.began_at, outage.ended_at))
    return f"{began:%Y-%m-%d %H:%M}", f"{ended:%Y-%m-%d %H:%M}"


def record(request: HttpRequest, key: str) -> HttpResponse:
    user = user_of(request)
    study = study_open_to(user, key, "outage.record")
    site = sites_visible_to(user, study).filter(key=request.POST.get("site", "")).first()
    answer = Answer(request, reverse("outages", args=[key]))
    with answer.refusals():
        if site is None:
            raise CheckFailed({"site": _("Choose a site.")})
        began_at, ended_at = instants(request, site)
        reason = request.POST.get("reason", "")
        record_outage(study=study, site=site, began_at=began_at, ended_at=ended_at, by=user, reason=reason)
        messages.success(request, _("The outage is recorded."))
    return answer.response()


def instants(request: HttpRequest, site: Site) -> tuple[datetime, datetime]:
    """The two instants as they were typed, in the zone of the site; CheckFailed at what cannot be read."""
    field, wrong, found = DateTimeFormField(), {}, {}
    with timezone.override(ZoneInfo(site.timezone)):
        for name in ("began_at", "ended_at"):
            try:
                found[name] = field.clean(request.POST.get(name, "").strip())
            except forms.ValidationError as problem:
                wrong[name] = problem.messages[0]
    if wrong:
        raise CheckFailed(wrong)
    return found["began_at"], found["ended_at"]


@login_required
@require_POST
def withdraw(request: HttpRequest, key: str, outage_id: UUID) -> HttpResponse:
    """Take back an outage that was recorded wrongly."""
    user = user_of(request)
    study = study_open_to(user, key, "outage.record")
    outage = outages_visible_to(user, study).filter(pk=outage_id).first()
    if outage is None:
        raise Http404
    answer = Answer(request, reverse("outages", args=[key]))
    with answer.refusals():
        withdraw_outage(outage=outage, by=user, reason=request.POST.get("reason", ""))
        messages.success(request, _("The outage is withdrawn."))
    return answer.response()

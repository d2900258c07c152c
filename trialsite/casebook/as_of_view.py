"""Choosing the instant as of which the record is shown."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from trialsite.access.permissions import grants_of
from trialsite.access.requests import user_of
from trialsite.audit.middleware import prefix_of
from trialsite.audit.moment import read_instant
from trialsite.studies.models import Site


@login_required
def as_of(request: HttpRequest) -> HttpResponse:
    """Day, time and time zone; then the page one came from, as of then."""
    asked = {name: request.GET.get(name, "") for name in ("at", "zone", "page")}
    if not url_has_allowed_host_and_scheme(asked["page"], allowed_hosts=None):
        asked["page"] = "/"
    problem = ""
    if asked["at"]:
        try:
            instant = read_instant(asked["at"], asked["zone"] or "UTC")
            return redirect(prefix_of(instant) + asked["page"].lstrip("/"))
        except ValueError as refusal:
            problem = str(refusal)
    context = {"asked": asked, "problem": problem, "zones": zones_of(request)}
    return render(request, "casebook/as_of.html", context, status=422 if problem else 200)


def zones_of(request: HttpRequest) -> list[str]:
    """The time zones of the sites where the user works, and UTC."""
    studies = {study for study, _site, _role in grants_of(user_of(request)).rows if study}
    zones = Site.objects.filter(study_sites__study__in=studies).values_list("timezone", flat=True)
    return [*sorted(set(zones) - {"UTC"}), "UTC"]

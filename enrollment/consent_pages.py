"""The page of a study's consent texts: versions, approvals at each site, and recording both."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may, require
from trialsite.access.requests import user_of
from trialsite.casebook.shown_again import Answer
from trialsite.deviations.views import day_typed
from trialsite.studies.models import ProtocolVersion, Study
from trialsite.studies.selectors import sites_visible_to, study_or_404

from .consent_versions import add_consent_version, approve_consent_version, rows_at
from .models import ConsentVersion
from .models.consent_versions import ConsentLanguage


@login_required
def versions(request: HttpRequest, key: str) -> HttpResponse:
    """The versions of the consent text with the day of approval at each site."""
    user = user_of(request)
    study = study_or_404(user, key)
    require(user, "record.view", study_id=study.pk)
    sites = list(sites_visible_to(user, study))
    found = list(study.consent_versions.select_related("protocol_version", "recorded_by"))  # type: ignore[attr-defined]
    standing = {(row.version_id, row.site_id): row for row in rows_at(study.pk)}
    context = {
        "study": study,
        "sites": sites,
        "lines": [(one, [standing.get((one.pk, site.pk)) for site in sites]) for one in found],
        "versions": found,
        "languages": ConsentLanguage.choices,
        "protocols": ProtocolVersion.objects.filter(study=study).order_by("-loaded_at"),
        "may_add": may(user, "consent.version", study_id=study.pk),
        "open_sites": [
            one for one in sites if may(user, "consent.approval", study_id=study.pk, site_id=one.pk)
        ],
    }
    return render(request, "enrollment/consent_versions.html", context)


@login_required
@require_POST
def add(request: HttpRequest, key: str) -> HttpResponse:
    """Record a version of the consent text."""
    user = user_of(request)
    study = study_or_404(user, key)
    require(user, "consent.version", study_id=study.pk)
    answer = Answer(request, reverse("consent-versions", args=[key]))
    with answer.refusals():
        sent = request.POST
        add_consent_version(
            study=study,
            label=sent.get("label", ""),
            language=sent.get("language", ""),
            dated_on=day_typed(sent.get("dated_on", ""), "dated_on"),
            protocol_version=ProtocolVersion.objects.filter(
                study=study, version=sent.get("protocol_version", "")
            ).first(),
            again=sent.get("again") == "on",
            by=user,
        )
        messages.success(
            request, _("The version is recorded. It is signed nowhere before it is approved there.")
        )
    return answer.response()


@login_required
@require_POST
def approve(request: HttpRequest, key: str) -> HttpResponse:
    """Record from which day a version is approved at a site."""
    user = user_of(request)
    study = study_or_404(user, key)
    site = sites_visible_to(user, study).filter(key=request.POST.get("site", "")).first()
    require(user, "consent.approval", study_id=study.pk, site_id=site.pk if site else None)
    answer = Answer(request, reverse("consent-versions", args=[key]))
    with answer.refusals():
        approve_consent_version(
            version=version_named(study, request.POST.get("version", "")),
            site=site,
            approved_on=day_typed(request.POST.get("approved_on", ""), "approved_on"),
            reason=request.POST.get("reason", ""),
            by=user,
        )
        messages.success(request, _("The approval is recorded."))
    return answer.response()


def version_named(study: Study, name: str) -> ConsentVersion | None:
    found: Any = study.consent_versions.all()  # type: ignore[attr-defined]
    return next((one for one in found if one.name == name), None)

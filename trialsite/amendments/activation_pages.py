"""The pages that put a version in force: per site the approval, what it would change, and the dry run in full."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.access.requests import user_of
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.shown_again import Answer
from trialsite.studies.models import ProtocolVersion
from trialsite.studies.selectors import sites_visible_to, study_open_to

from .activation import Approval, activate_version, incompatibilities, site_of
from .activation_lines import place_lines, untrained_staff
from .dry_run import run_of, runs, subjects_of_run, totals_of
from .selectors import study_to_read, version_or_404
from .sign_off import unsigned_words
from .uploads import unseen_findings

MOST_AT_ONCE = 200  # subjects of which a page reads the whole dry run; beyond, it shows them page by page
ON_A_PAGE = 25


@login_required
def activation(request: HttpRequest, key: str, version: str) -> HttpResponse:
    """A version and the sites of its study: where it is in force, and where it can be put in force."""
    user = user_of(request)
    found = version_or_404(study_open_to(user, key, "protocol.activate"), version, user)
    totals = {one.site.key: one for one in summary(found, user) or ()}
    language = get_language() or "en"
    context = {
        "study": found.study,
        "version": found,
        "protocol": found.protocol,
        "current": found.study.current_version.pk == found.pk,
        "lines": [(line, totals.get(line.key)) for line in place_lines(found)],
        "study_staff": untrained_staff(found).get(None, []),
        "refusals": [(one.path, one.sentence.in_language(language)) for one in incompatibilities(found)],
        "unsigned": unsigned_words(found),
        "unseen": len(unseen_findings(found)),
        "summed": bool(totals) or not subjects_of_run(found, user).exists(),
    }
    return render(request, "amendments/activation.html", context)


@login_required
@require_POST
def activate(request: HttpRequest, key: str, version: str, site: str) -> HttpResponse:
    """Put the version in force at a site."""
    user = user_of(request)
    found = version_or_404(study_open_to(user, key, "protocol.activate"), version, user)
    require(user, "protocol.activate", study_id=found.study_id)
    answer = Answer(request, reverse("activation", args=[key, version]))
    with answer.refusals():
        approval = approval_typed(request)
        if "confirmed" not in request.POST:
            raise CheckFailed({"confirmed": _("Read what changes at this site, then tick that you did.")})
        place = site_of(version=found, key=site, by=user)
        kept = activate_version(version=found, site=place, approval=approval, by=user)
        messages.success(
            request,
            _("Version %(version)s is in force at %(site)s from %(day)s on.")
            % {"version": found.version, "site": place, "day": kept.in_force_from.isoformat()},
        )
    return answer.response()


def approval_typed(request: HttpRequest) -> Approval:
    """The approval as typed; a day that cannot be read is said at its field."""
    days: dict[str, date | None] = {}
    wrong = {}
    for name in ("approved_on", "in_force_from"):
        text = request.POST.get(name, "").strip()
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            wrong[name] = _("Enter a day as YYYY-MM-DD.")
    if wrong:
        raise CheckFailed(wrong)
    return Approval(days["approved_on"], request.POST.get("reference", ""), days["in_force_from"])


def summary(version: ProtocolVersion, user: User) -> list[Any] | None:
    """The totals of the whole dry run by site; None where there are too many subjects to read at once."""
    if subjects_of_run(version, user).count() > MOST_AT_ONCE:
        return None
    return totals_of(list(runs(version, user)))


@login_required
def dry_run(request: HttpRequest, key: str, version: str) -> HttpResponse:
    """What the version would change, site by site and subject by subject. Nothing is written."""
    user = user_of(request)
    study = study_to_read(user, key)
    found = version_or_404(study, version, user)
    require(user, "record.view", study_id=study.pk)
    keys = {one.key: str(one) for one in sites_visible_to(user, study).order_by("key")}
    site = request.GET.get("site", "")
    subjects = subjects_of_run(found, user, site if site in keys else "")
    page = Paginator(subjects, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "version": found,
        "protocol": found.protocol,
        "current": study.current_version.pk == found.pk,
        "page": page,
        "runs": run_of(list(page.object_list), found),
        "totals": summary(found, user),
        "sites": keys.items(),
        "site": site,
        "most": MOST_AT_ONCE,
    }
    return render(request, "amendments/dry_run.html", context)

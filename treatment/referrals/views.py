"""The open referrals of a study: a page, and the same as a file."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from enrollment.log_views import as_file
from trialsite.access.models import User
from trialsite.access.permissions import may, reach_of
from trialsite.access.requests import user_of
from trialsite.casebook.due import due_in_words
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import Study
from trialsite.studies.selectors import sites_visible_to, study_open_to

from ..models import OpenReferral
from .panel import ASKED, referral_line
from .reading import Standing, referrals_among

SHOWN = 50


@login_required
@require_GET
def referrals(request: HttpRequest, key: str) -> HttpResponse:
    """The referrals of a study of which something is still to be learned, what is asked for longest first."""
    user = user_of(request)
    study = study_open_to(user, key, "record.view")
    site = request.GET.get("site", "")
    found = open_referrals(user, study, "record.view", site)
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "page": page,
        "lines": list(lines_of(page)),
        "sites": sites_visible_to(user, study),
        "site": site,
        "may_export": may(user, "export.run", study_id=study.pk),
    }
    return render(request, "treatment/open_referrals.html", context)


@login_required
@require_GET
def referrals_csv(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """The same as a file, for those who may export."""
    user = user_of(request)
    study = study_open_to(user, key, "export.run")
    header = [
        "study", "site", "subject_number", "referred_for", "hospital", "referred_on", "planned_on", "day0_on",
        "next", "asked_for_from", "missing", "still_open",
    ]  # fmt: skip
    found = open_referrals(user, study, "export.run", request.GET.get("site", ""))
    return as_file(request, "open-referrals", header, (file_line(*one) for one in standings_of(found)))


def open_referrals(user: User, study: Study, action: str, site: str) -> QuerySet[OpenReferral]:
    """The open referrals where the reader may take an action, derived anew where the record has moved on."""
    bring_up_to_date(Subject.objects.visible_to(user).filter(study=study, state=SubjectState.ENROLLED))
    found = OpenReferral.objects.filter(
        reach_of(user, action), study=study, subject__state=SubjectState.ENROLLED
    )
    if site:
        found = found.filter(site__key=site)
    found = found.select_related("referral__visit", "subject__study", "subject__site")
    return found.order_by("due", "subject__subject_number", "pk")


def standings_of(rows: Iterable[OpenReferral]) -> Iterator[tuple[OpenReferral, Standing]]:
    """Each row with how its referral stands today; the number of queries does not grow with the rows."""
    rows = list(rows)
    found = referrals_among({row.subject_id: site_today(row.subject) for row in rows})
    of = {one.referral.pk: one for each in found.values() for one in each}
    return ((row, of[row.referral_id]) for row in rows if row.referral_id in of)


def lines_of(rows: Iterable[OpenReferral]) -> Iterator[dict[str, Any]]:
    for row, one in standings_of(rows):
        line = referral_line(one)
        yield line | {
            "subject": row.subject,
            "day0": one.day0_on,
            "due": row.due,
            "due_state": due_in_words(row.due, site_today(row.subject)),
            "things": [
                thing for thing, each in zip(line["things"], one.things, strict=True) if each.state in ASKED
            ],
        }


def file_line(row: OpenReferral, one: Standing) -> dict[str, str]:
    sent, day0 = one.referral, one.day0_on
    return {
        "study": row.subject.study.key,
        "site": row.subject.site.key,
        "subject_number": row.subject.number,
        "referred_for": row.kind,
        "hospital": row.hospital,
        "referred_on": sent.performed_on.isoformat() if sent.performed_on else "",
        "planned_on": sent.planned_on.isoformat() if sent.planned_on else "",
        "day0_on": day0.isoformat() if day0 else "",
        "next": row.wanted,
        "asked_for_from": row.due.isoformat(),
        "missing": " ".join(each.what.value for each in one.things if each.state in ASKED),
        "still_open": str(row.still),
    }

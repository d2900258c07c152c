"""The reference ranges of a study's sites: the list, recording one, correcting and withdrawing with what moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may, require
from trialsite.access.requests import user_of
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.clinical.units import analyte as unit_line
from trialsite.clinical.units import unit_beside
from trialsite.exchange.renderers import csv_lines
from trialsite.studies.models import Site, Study
from trialsite.studies.selectors import sites_visible_to, study_open_to

from ..domain.ranges import same_laboratory
from ..models import ReferenceRange
from .form import RangeForm, limits_words, people_words
from .moves import moved_line, moved_sums
from .services import (
    ANALYTES_WITH_RANGES,
    GradesMove,
    MovedGrade,
    digest_of_moved,
    moved_stored,
    ranges_visible_to,
    record_range,
    withdraw_range,
)

SHOWN = 100
MOVED_SHOWN = 200


@dataclass(frozen=True)
class RangeLine:
    """One range in the list."""

    row: ReferenceRange
    people: str
    limits: str
    standard: str
    until: date | None


@login_required
def ranges(request: HttpRequest, key: str) -> HttpResponse:
    """The ranges of a study's sites, with a filter, and the way to record one."""
    user = user_of(request)
    study = study_open_to(user, key, "record.view")
    sites = list(sites_visible_to(user, study))
    site, analyte = request.GET.get("site", ""), request.GET.get("analyte", "")
    everything = request.GET.get("all") == "on"
    found = ranges_visible_to(user, study)
    if site:
        found = found.filter(site__key=site)
    if analyte:
        found = found.filter(analyte=analyte)
    page = Paginator(found if everything else found.filter(withdrawn_at=None), SHOWN).get_page(
        request.GET.get("page")
    )
    writable = places_to_write(user, study, sites)
    context = {
        "study": study,
        "sites": sites,
        "places": writable,
        "writable": {one.pk for one in writable},
        "analytes": analyte_choices(),
        "asked": {"site": site, "analyte": analyte, "all": everything},
        "page": page,
        "lines": lines_of(list(page)),
    }
    return render(request, "assessments/ranges.html", context)


def places_to_write(user: Any, study: Study, sites: Sequence[Site]) -> list[Site]:
    return [one for one in sites if may(user, "range.record", study_id=study.pk, site_id=one.pk)]


def analyte_choices() -> list[tuple[str, str]]:
    language = get_language() or "en"
    return [(key, unit_line(key).label.in_language(language)) for key in ANALYTES_WITH_RANGES]


def lines_of(rows: Sequence[ReferenceRange]) -> list[RangeLine]:
    """The ranges with the last day of each: the day before the next one for the same people begins."""
    standing = list(
        ReferenceRange.objects.filter(
            study__in={row.study_id for row in rows},
            site__in={row.site_id for row in rows},
            analyte__in={row.analyte for row in rows},
            withdrawn_at=None,
        )
    )
    found = []
    for row in rows:
        later = [
            other.effective_from
            for other in standing
            if same_people(other, row) and other.effective_from > row.effective_from
        ]
        until = min(later) - timedelta(days=1) if later and row.withdrawn_at is None else None
        standard = "" if row.unit == unit_line(row.analyte).canonical else standard_words(row)
        found.append(RangeLine(row, people_words(row), limits_words(row.lln, row.uln), standard, until))
    return found


def same_people(one: ReferenceRange, other: ReferenceRange) -> bool:
    about = ("site_id", "analyte", "sex", "age_from", "age_below")
    return all(getattr(one, item) == getattr(other, item) for item in about) and (
        same_laboratory(one.laboratory) == same_laboratory(other.laboratory)
    )


def standard_words(row: ReferenceRange) -> str:
    """The limits in the analyte's standard unit, to four decimals."""
    low, high = (None if one is None else round(one, 4) for one in (row.lln_canonical, row.uln_canonical))
    return f"{limits_words(low, high)} {unit_beside(unit_line(row.analyte).canonical)}"


@login_required
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Record a range of an analyte at a site."""
    user = user_of(request)
    study = study_open_to(user, key, "range.record")
    asked = request.POST if request.method == "POST" else request.GET
    site = sites_visible_to(user, study).filter(key=asked.get("site", "")).first()
    analyte = asked.get("analyte", "")
    if site is None or analyte not in ANALYTES_WITH_RANGES:
        messages.error(request, _("Choose a site and an analyte."))
        return redirect("reference-ranges", key)
    require(user, "range.record", study_id=study.pk, site_id=site.pk)
    return entered(request, study, site, analyte, None)


@login_required
def correct(request: HttpRequest, key: str, range_id: UUID) -> HttpResponse:
    """Correct a range: what it replaces stays in the list of all."""
    user = user_of(request)
    study = study_open_to(user, key, "range.record")
    found = range_or_404(user, study, range_id)
    require(user, "range.record", study_id=study.pk, site_id=found.site_id)
    return entered(request, study, found.site, found.analyte, found)


def range_or_404(user: Any, study: Study, range_id: UUID) -> ReferenceRange:
    found = ranges_visible_to(user, study).select_related("study").filter(pk=range_id).first()
    if found is None:
        raise Http404
    return found


def entered(
    request: HttpRequest, study: Study, site: Site, analyte: str, replaces: ReferenceRange | None
) -> HttpResponse:
    """The form; by POST the range is stored, or what moves is shown, or what is wrong stands at its field."""
    form = RangeForm(request.POST or None, analyte=analyte, replaces=replaces)
    context = {
        "study": study,
        "site": site,
        "analyte": analyte,
        "analyte_name": unit_line(analyte).label.in_language(get_language() or "en"),
        "replaces": replaces,
        "form": form,
    }
    if request.method != "POST":
        return render(request, "assessments/range_form.html", context)
    status = 422
    if form.is_valid():
        try:
            record_range(
                study=study,
                site=site,
                entry=form.entry(),
                replaces=replaces,
                seen=request.POST.get("seen", ""),
                by=user_of(request),
                reason=form.cleaned_data.get("reason", ""),
            )
            messages.success(request, _("The range is recorded."))
            return redirect(f"{reverse('reference-ranges', args=[study.key])}?site={site.key}")
        except GradesMove as shown:
            if request.POST.get("press") == "csv":
                return moved_csv(shown.moved, analyte)
            context |= moved_context(shown)
            status = 200
        except CheckFailed as refusal:
            form.add_sentences(refusal.messages)
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
    return render(request, "assessments/range_form.html", context, status=status)


@login_required
@require_POST
def withdraw(request: HttpRequest, key: str, range_id: UUID) -> HttpResponse:
    """Withdraw a range that never was right."""
    user = user_of(request)
    study = study_open_to(user, key, "range.record")
    found = range_or_404(user, study, range_id)
    context: dict[str, Any] = {"study": study, "found": found, "line": lines_of([found])[0]}
    try:
        withdraw_range(
            found=found,
            seen=request.POST.get("seen", ""),
            by=user,
            reason=request.POST.get("reason", ""),
        )
        messages.success(request, _("The range is withdrawn."))
        return redirect(f"{reverse('reference-ranges', args=[study.key])}?site={found.site.key}")
    except GradesMove as shown:
        if request.POST.get("press") == "csv":
            return moved_csv(shown.moved, found.analyte)
        context |= moved_context(shown) | {"reason": request.POST.get("reason", "")}
        return render(request, "assessments/range_withdraw.html", context)
    except CheckFailed as refusal:
        context |= {"reason_errors": [*refusal.messages.values()], "reason": request.POST.get("reason", "")}
    except Refused as refusal:
        context |= {"reason_errors": [refusal.sentence]}
    return render(request, "assessments/range_withdraw.html", context, status=422)


@login_required
def moved(request: HttpRequest, key: str, range_id: UUID) -> HttpResponse:
    """The grades that moved when a range was recorded or withdrawn, as CSV."""
    user = user_of(request)
    found = range_or_404(user, study_open_to(user, key, "record.view"), range_id)
    return moved_csv(moved_stored(found), found.analyte)


def moved_context(shown: GradesMove) -> dict[str, Any]:
    return {
        "moved_sums": moved_sums(shown.moved),
        "moved": [moved_line(one) for one in shown.moved[:MOVED_SHOWN]],
        "moved_count": len(shown.moved),
        "moved_more": max(len(shown.moved) - MOVED_SHOWN, 0),
        "seen": digest_of_moved(shown.moved),
    }


def moved_csv(found: Sequence[MovedGrade], analyte: str) -> HttpResponse:
    header = ["subject", "analyte", "on", "term", "old", "new"]
    rows = (dict(zip(header, one.row(), strict=True)) for one in found)
    response = HttpResponse(b"".join(csv_lines(rows, header)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="grades-{analyte}.csv"'
    return response

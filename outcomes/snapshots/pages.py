"""The pages of data cuts: those of a study, a new one, one with its files, the difference of two."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trialsite.access.models import User
from trialsite.access.permissions import refusal
from trialsite.access.requests import user_of
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.exchange.renderers import csv_lines
from trialsite.studies.models import Study

from ..domain.cut_difference import COMPARED
from ..models import DataCut
from ..study_reading import sees_arms
from ..views import study_with_figures
from .files import open_file
from .forms import TakeCutForm
from .selectors import (
    check_of,
    cut_or_404,
    cuts_of,
    difference_of,
    figures_of,
    files_for,
    has_report,
    is_made,
    report_run_of,
    run_of,
)
from .services import TAKES_CUTS, ask_again, given_up, may_take, take_cut

SHOWN = 100


@login_required
def cuts(request: HttpRequest, key: str) -> HttpResponse:
    """The data cuts of a study."""
    user = user_of(request)
    study = study_with_figures(user, key)
    found = list(cuts_of(study))
    context = {
        "study": study,
        "lines": [(one, run_of(one)) for one in found],
        "made": [one for one in found if is_made(one)],
        "may_take": may_take(user, study),
    }
    return render(request, "outcomes/cuts/list.html", context)


@login_required
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Take a data cut; what is refused stands beside its field, and nothing that was typed is lost."""
    user = user_of(request)
    study = study_with_figures(user, key)
    if not may_take(user, study):
        raise PermissionDenied(refusal(user, TAKES_CUTS, study.pk))
    form = TakeCutForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            cut = take_cut(study=study, **form.cleaned_data, by=user)
        except CheckFailed as refused:
            for item, sentence in refused.messages.items():
                form.add_error(item, sentence)
        else:
            messages.success(request, _("The data cut is taken. Its files are being made."))
            return redirect("cut", study.key, cut.pk)
    status = 422 if form.errors else 200
    return render(request, "outcomes/cuts/new.html", {"study": study, "form": form}, status=status)


@login_required
def cut(request: HttpRequest, key: str, cut_id: UUID) -> HttpResponse:
    """One data cut: what it is, its files, figures, and whether it came out again."""
    user = user_of(request)
    study = study_with_figures(user, key)
    found = cut_or_404(study, cut_id)
    return render(request, "outcomes/cuts/cut.html", cut_context(user, study, found))


def cut_context(user: User, study: Study, found: DataCut) -> dict[str, Any]:
    run = run_of(found)
    made = [one for one in cuts_of(study) if is_made(one)]
    figures = figures_of(user, found)
    return {
        "study": study,
        "cut": found,
        "run": run,
        "working": run is not None and run.ended_at is None and not given_up(run),
        "made": is_made(found),
        "has_report": has_report(found),
        "report_run": report_run_of(found),
        "check": check_of(found),
        "files": files_for(user, found),
        "figures": figures,
        "arms": len({one.arm for one in figures}) > 1,
        "pooled": len(study.protocol.arms) > 1 and not sees_arms(user, study),
        "may_take": may_take(user, study),
        "cuts": made,
        "others": [one for one in made if one.pk != found.pk],
    }


@login_required
def work(request: HttpRequest, key: str, cut_id: UUID) -> HttpResponse:
    """How far a worker is, as a part of the page; by POST, have a cut checked again or its files made."""
    user = user_of(request)
    study = study_with_figures(user, key)
    found = cut_or_404(study, cut_id)
    if request.method == "POST":
        try:
            ask_again(cut=found, work=request.POST.get("work", "check"), by=user)
        except Refused as refused:
            messages.error(request, refused.sentence)
        return redirect("cut", study.key, found.pk)
    run = run_of(found)
    working = run is not None and run.ended_at is None and not given_up(run)
    context = {"study": study, "cut": found, "run": run, "working": working}
    response = render(request, "outcomes/cuts/progress.html", context)
    if not working:
        response["HX-Refresh"] = "true"  # its files, or what the check found
    return response


@login_required
@require_GET
def file(request: HttpRequest, key: str, cut_id: UUID, file_id: UUID) -> HttpResponse:
    """One file of a data cut."""
    user = user_of(request)
    found = cut_or_404(study_with_figures(user, key), cut_id)
    wanted = next((one for one in found.files.all() if one.pk == file_id), None)
    if wanted is None:
        raise Http404
    response = HttpResponse(open_file(wanted, user), content_type=wanted.media_type)
    response["Content-Disposition"] = f'attachment; filename="{study_file_name(found, wanted.name)}"'
    return response


def study_file_name(found: DataCut, name: str) -> str:
    """How a file is called outside: "VIP-BLINA-HSCT-DSMB-1-endpoints.csv"."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "_" for one in found.name)
    return f"{found.study.key}-{plain}-{name}"


@login_required
def difference(request: HttpRequest, key: str) -> HttpResponse:
    """What changed between two data cuts, by endpoint."""
    user = user_of(request)
    study = study_with_figures(user, key)
    old, later = chosen_pair(request, study)
    found = difference_of(user, old, later)
    endpoint = request.GET.get("endpoint", "")
    lines = [one for one in found.subjects if endpoint in ("", one.change.endpoint)]
    context = {
        "study": study,
        "old": old,
        "new": later,
        "endpoints": found.endpoints,
        "endpoint": endpoint,
        "page": Paginator(lines, SHOWN).get_page(request.GET.get("page")),
        "cuts": [one for one in cuts_of(study) if is_made(one)],
        "csv_url": f"{reverse('cut-difference-csv', args=[study.key])}?old={old.pk}&new={later.pk}",
    }
    return render(request, "outcomes/cuts/difference.html", context)


@login_required
@require_GET
def difference_csv(request: HttpRequest, key: str) -> HttpResponse:
    """The same as CSV: one line for each endpoint of a changed subject at one's own sites."""
    user = user_of(request)
    study = study_with_figures(user, key)
    old, later = chosen_pair(request, study)
    found = difference_of(user, old, later)
    columns = [f"{name}_{side}" for name in COMPARED for side in ("was", "is")]
    header = ["endpoint", "change", "subject", "number", "site", *columns]
    rows = [
        {
            "endpoint": one.change.endpoint,
            "change": one.change.kind.value,
            "subject": one.change.subject,
            "number": one.subject.number,
            "site": one.subject.site.key,
            **{f"{name}_was": one.change.old.get(name, "") for name in COMPARED},
            **{f"{name}_is": one.change.new.get(name, "") for name in COMPARED},
        }
        for one in found.subjects
    ]
    record_event(
        kind="export.cut_difference", user_id=user.pk, old=str(old.pk), new=str(later.pk), rows=len(rows)
    )
    response = HttpResponse(b"".join(csv_lines(rows, header)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{study.key}-cuts-difference.csv"'
    return response


def chosen_pair(request: HttpRequest, study: Study) -> tuple[DataCut, DataCut]:
    """The two cuts that were asked for; 404 where one is none, or has no files."""
    pair = cut_or_404(study, request.GET.get("old", "")), cut_or_404(study, request.GET.get("new", ""))
    if not all(map(is_made, pair)):
        raise Http404
    return pair

"""The page of an import: files are tried out, every refusal is listed, and the whole is kept or nothing."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from trialsite.access.requests import user_of
from trialsite.casebook.errors import CheckFailed
from trialsite.studies.models import Study
from trialsite.studies.selectors import study_open_to

from .import_columns import blank_files
from .imports import Tables, Trial, import_from_paper, read_files
from .paper_views import ENTERS, sites_for

SHOWN = 200  # refusals on a page


@login_required
@never_cache
def imports(request: HttpRequest, key: str) -> HttpResponse:
    """Upload, preview, keep. What was uploaded goes back to the browser and is stored nowhere until it is kept."""
    user = user_of(request)
    study = study_open_to(user, key, ENTERS)
    context: dict[str, Any] = {"study": study}
    if request.method != "POST":
        return render(request, "enrollment/import.html", context)
    keep = request.POST.get("press") == "keep"
    try:
        tables = (
            sent_again(request)
            if keep
            else read_files([(one.name or "", one.read()) for one in request.FILES.getlist("files")])
        )
    except CheckFailed as refusal:
        context["errors"] = list(refusal.messages.values())
        return render(request, "enrollment/import.html", context, status=422)
    trial = import_from_paper(study=study, sites=sites_for(user, study), tables=tables, keep=keep, by=user)
    if keep and not trial.refused:
        messages.success(
            request,
            _("Imported: %(n)d lines, as batch %(batch)s.") % {"n": trial.lines, "batch": trial.batch},
        )
        return redirect("gaps", key)
    return preview(request, study, tables, trial)


def vars_of(trial: Trial) -> dict[str, Any]:
    return {"n": trial.lines, "batch": trial.batch}


def uploaded(request: HttpRequest) -> Tables:
    return read_files([(one.name or "", one.read()) for one in request.FILES.getlist("files")])


def sent_again(request: HttpRequest) -> Tables:
    """The files as the preview gave them back; they are tried out again as a whole."""
    try:
        tables = json.loads(request.POST.get("content", ""))
    except ValueError as error:
        raise CheckFailed({"files": _("Choose the files again.")}) from error
    if not isinstance(tables, dict) or not all(isinstance(text, str) for text in tables.values()):
        raise CheckFailed({"files": _("Choose the files again.")})
    return read_files([(str(name), text.encode()) for name, text in tables.items()])


def preview(request: HttpRequest, study: Study, tables: Tables, trial: Trial) -> HttpResponse:
    """What the files would enter, and everything that is refused; nothing is kept yet."""
    refused: dict[str, int] = {}
    for one in trial.refused:
        refused[one.file] = refused.get(one.file, 0) + 1
    context = {
        "study": study,
        "trial": trial,
        "files": [(name, trial.taken.get(name, 0), refused.get(name, 0)) for name in tables],
        "refused": trial.refused[:SHOWN],
        "more": max(len(trial.refused) - SHOWN, 0),
        "content": json.dumps(tables) if not trial.refused else "",
    }
    return render(request, "enrollment/import.html", context, status=422 if trial.refused else 200)


@login_required
def templates(request: HttpRequest, key: str) -> HttpResponse:
    """The empty files of an import, as a zip file."""
    user = user_of(request)
    study = study_open_to(user, key, ENTERS)
    response = HttpResponse(blank_files(study, sites_for(user, study)), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{study.key}-import.zip"'
    return response

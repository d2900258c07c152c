"""The pages of exports: ask for one, see how far it is, download it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from outcomes.models import DataCut
from outcomes.snapshots.paper import NoPdf, pdf_of
from outcomes.snapshots.selectors import cuts_of, is_made
from trialsite.access.models import User
from trialsite.access.permissions import grants_of, may, refuse_page
from trialsite.access.requests import user_of
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.selectors import subject_or_404
from trialsite.studies.models import Study
from trialsite.studies.selectors import study_or_404

from .bundle import PARTS
from .forms import ExportForm
from .models import Export
from .paper import casebook_page
from .ranges import file_response
from .services import EXPORTS, ask_for_export, given_up, path_of

SHOWN = 20
ZIP = "application/zip"


def study_to_export(user: User, key: str) -> Study:
    """A study at some site of which the user pulls exports; refused to other readers, 404 to strangers."""
    study = study_or_404(user, key)
    if not grants_of(user).somewhere(EXPORTS, study.pk):
        refuse_page()
    return study


@login_required
def exports(request: HttpRequest, key: str) -> HttpResponse:
    """One's own exports of a study, and the form to ask for another; what is refused stands beside its field."""
    user = user_of(request)
    study = study_to_export(user, key)
    cuts = cuts_open_to(user, study)
    form = ExportForm(request.POST or None, cuts=cuts, initial={"parts": ["csv"]})
    if request.method == "POST" and form.is_valid():
        told: dict[str, Any] = dict(form.cleaned_data)
        wanted = told.pop("cut")
        cut = next((one for one in cuts if str(one.pk) == wanted), None)
        try:
            ask_for_export(study=study, cut=cut, by=user, **told)
        except CheckFailed as refused:
            for item, sentence in refused.messages.items():
                form.add_error(item, sentence)
        else:
            messages.success(request, _("A worker makes the export. You can leave this page meanwhile."))
            return redirect("exports", study.key)
    context = {"study": study, "form": form, "lines": own_exports(user, study)}
    return render(request, "exports/list.html", context, status=422 if form.errors else 200)


def cuts_open_to(user: User, study: Study) -> list[DataCut]:
    """The data cuts that an export can be made of."""
    if not grants_of(user).somewhere("figures.view", study.pk):
        return []
    return [one for one in cuts_of(study) if is_made(one)]


def own_exports(user: User, study: Study) -> list[dict[str, Any]]:
    """The newest exports that the user asked for, each with whether somebody still works on it."""
    found = Export.objects.filter(study=study, asked_by=user).select_related("study", "cut")[:SHOWN]
    return [line_of(one) for one in found]


def line_of(one: Export) -> dict[str, Any]:
    """An export with the words of its parts, and whether somebody still works on it."""
    parts = [str(PARTS[key].label) for key in one.parts]
    return {"export": one, "parts": parts, "working": one.ended_at is None and not given_up(one)}


def export_or_404(user: User, study: Study, export_id: UUID) -> Export:
    """An export that the user asked for."""
    found = (
        Export.objects.filter(pk=export_id, study=study, asked_by=user).select_related("study", "cut").first()
    )
    if found is None:
        raise Http404
    return found


@login_required
@require_GET
def export_line(request: HttpRequest, key: str, export_id: UUID) -> HttpResponse:
    """How far one export is: the line of the list, which asks again by itself."""
    user = user_of(request)
    found = export_or_404(user, study_to_export(user, key), export_id)
    return render(request, "exports/line.html", {"study": found.study, "line": line_of(found)})


@login_required
@require_GET
def export_file(request: HttpRequest, key: str, export_id: UUID) -> HttpResponseBase:
    """The file of an export; a download that broke off goes on where it stopped."""
    user = user_of(request)
    return download(request, user, export_or_404(user, study_to_export(user, key), export_id))


def download(request: HttpRequest, user: User, found: Export) -> HttpResponseBase:
    """The file for its reader, which is an event of the audit; 404 where it is not made, or gone."""
    path = path_of(found)
    if found.state != "done" or not path.is_file():
        raise Http404
    record_event(kind="export.downloaded", user_id=user.pk, export=str(found.pk), sha256=found.sha256)
    return file_response(request, path, name=found.file_name, media_type=ZIP, tag=found.sha256)


@login_required
@require_GET
def casebook_pdf(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The casebook of a subject as PDF, without the trail, which an export has; without Pango as a page to print."""
    user = user_of(request)
    subject = subject_or_404(user, subject_id)
    place = {"study_id": subject.study_id, "site_id": subject.site_id}
    if not may(user, EXPORTS, **place):
        refuse_page()
    page = casebook_page(subject, user, trail=False)
    record_event(kind="export.casebook", user_id=user.pk, subject=str(subject.pk))
    try:
        headers = {"Content-Disposition": f'inline; filename="{subject.usubjid}.pdf"'}
        return HttpResponse(pdf_of(page), content_type="application/pdf", headers=headers)
    except NoPdf:
        return HttpResponse(page)

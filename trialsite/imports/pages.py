"""The pages of imports: upload, columns, preview as a diff, entering, cancelling, reversing, the tray."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from assessments.laboratory.draws import ENTERED
from assessments.models.tray import analyte_word
from trialsite.access.models import User
from trialsite.access.permissions import may, refuse_page, require, require_somewhere
from trialsite.access.requests import user_of
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.exchange.renderers import csv_lines
from trialsite.studies.models import Site, Study
from trialsite.studies.selectors import sites_visible_to, studies_visible_to

from .kinds import KINDS, Kind, fits, guessed
from .laboratory import unknown_names
from .models import ImportBatch, ImportKind, ImportState
from .outcomes import REJECTED, STATUSES, Row, counts, rows_from, touched_from
from .services import (
    PreviewMoved,
    StandsChanged,
    cancel_import,
    commit_import,
    mapping_of,
    reverse_import,
    stage_again,
    stage_import,
    tell_names,
)
from .sheets import Sheet

SHOWN, LISTED = 100, 30
ACCOUNTS = "accounts.manage"


@dataclass
class Upload:
    """What was typed to upload a file, and the file."""

    site: Site
    kind: str
    source: str
    file_name: str
    content: bytes

    @property
    def of_kind(self) -> Kind:
        return KINDS[self.kind]

    @property
    def encoded(self) -> str:
        return base64.b64encode(self.content).decode()


def status_words() -> dict[str, str]:
    return {
        "new": pgettext("line of an import", "new"),
        "changed": pgettext("line of an import", "changed"),
        "same": pgettext("line of an import", "as it stands"),
        "rejected": pgettext("line of an import", "rejected"),
    }


def studies_of(user: User) -> QuerySet[Study]:
    """The studies in which this user has a role, or all where the user manages accounts."""
    return Study.objects.all() if may(user, ACCOUNTS, study_id=None) else studies_visible_to(user)


def places_of(user: User, study: Study) -> list[Site]:
    """The sites at which this user imports something."""
    permissions = {kind.permission for kind in KINDS.values()}
    every = may(user, ACCOUNTS, study_id=None)
    sites = Site.objects.filter(study_sites__study=study) if every else sites_visible_to(user, study)
    return [
        site
        for site in sites.order_by("key")
        if any(may(user, one, study_id=study.pk, site_id=site.pk) for one in permissions)
    ]


def kinds_of(user: User, study: Study) -> list[tuple[str, Any]]:
    """The kinds of files that this user imports at some site, with their words."""
    return [
        (key, ImportKind(key).label)
        for key, kind in KINDS.items()
        if may(user, kind.permission, study_id=study.pk)
    ]


@login_required
def studies(request: HttpRequest) -> HttpResponse:
    """The studies into which this user imports files; the only one opens at once."""
    user = user_of(request)
    if not may(user, ACCOUNTS, study_id=None):
        require_somewhere(user, "record.view")
    found = [study for study in studies_of(user) if places_of(user, study)]
    if len(found) == 1:
        return redirect("imports", found[0].key)
    return render(request, "imports/studies.html", {"studies": found})


@login_required
@never_cache
def imports(request: HttpRequest, key: str) -> HttpResponse:
    """The imports of one's sites; a POST reads a file, asks for its columns where they are not known, and stages it."""
    user = user_of(request)
    study = get_object_or_404(studies_of(user), key=key)
    sites = places_of(user, study)
    if not sites:
        refuse_page()
    context: dict[str, Any] = {
        "study": study,
        "sites": sites,
        "kinds": kinds_of(user, study),
        "typed": request.POST,
    }
    if request.method == "POST":
        try:
            upload = uploaded(request, user, study, sites)
            sheet = upload.of_kind.read(upload.file_name, upload.content)
            return staged_or_asked(request, study, upload, sheet, user)
        except CheckFailed as refusal:
            context["errors"] = {at: [said] for at, said in refusal.messages.items()}
        except Refused as refusal:
            context["errors"] = {"files": [refusal.sentence]}
    context["batches"] = [
        {"batch": one, "counts": counts(rows_from(one.rows))} for one in batches_of(user, study)[:LISTED]
    ]
    return render(request, "imports/list.html", context, status=422 if context.get("errors") else 200)


def uploaded(request: HttpRequest, user: User, study: Study, sites: list[Site]) -> Upload:
    """The file and what was said of it: of a form with a file, or of the page that asked for the columns."""
    sent = request.POST
    site = next((one for one in sites if one.key == sent.get("site", sites[0].key)), None)
    kind = sent.get("kind", "")
    if site is None or kind not in KINDS:
        raise CheckFailed({"kind": _("Choose a site and what the file holds.")})
    require(user, KINDS[kind].permission, study_id=study.pk, site_id=site.pk)
    if "content" in sent:
        try:
            content = base64.b64decode(sent["content"], validate=True)
        except (binascii.Error, ValueError) as problem:
            raise CheckFailed({"files": _("Choose the file again.")}) from problem
        return Upload(site, kind, sent.get("source", ""), sent.get("file_name", ""), content)
    file = request.FILES.get("files")
    if file is None or not file.size:
        raise CheckFailed({"files": _("Choose a file in which something stands.")})
    return Upload(site, kind, sent.get("source", ""), file.name or "", file.read())


def staged_or_asked(
    request: HttpRequest, study: Study, upload: Upload, sheet: Sheet, user: User
) -> HttpResponse:
    """Stage a file whose columns are told or known; else ask for them, with the best guess chosen."""
    targets = upload.of_kind.targets
    known = mapping_of(study=study, site=upload.site, kind=upload.kind, source=upload.source)
    told = {key: request.POST.get(f"column-{key}", "") for key in targets}
    mapping = {key: column for key, column in told.items() if column}
    if "content" not in request.POST:
        mapping = known if fits(upload.of_kind, known, sheet.columns) else {}
        if targets and (not mapping or request.POST.get("look") == "on"):
            chosen = mapping or guessed(upload.of_kind, sheet.columns)
            return columns_page(request, study, upload, sheet, chosen, {})
    try:
        batch = stage_import(
            study=study,
            site=upload.site,
            kind=upload.kind,
            source=upload.source,
            file_name=upload.file_name,
            content=upload.content,
            sheet=sheet,
            mapping=mapping,
            by=user,
        )
    except CheckFailed as refusal:
        if "mapping" not in refusal.messages:
            raise
        return columns_page(request, study, upload, sheet, mapping, refusal.messages)
    return redirect("import", study.key, batch.pk)


def columns_page(
    request: HttpRequest,
    study: Study,
    upload: Upload,
    sheet: Sheet,
    chosen: Mapping[str, str],
    wrong: Mapping[str, str],
) -> HttpResponse:
    """What stands in which column. The file goes back to the browser: nothing of it is kept yet."""
    context = {
        "study": study,
        "upload": upload,
        "targets": [
            {"key": key, "target": target, "chosen": chosen.get(key, "")}
            for key, target in upload.of_kind.targets.items()
        ],
        "columns": sheet.columns,
        "sample": [[cells.get(column, "") for column in sheet.columns] for _number, cells in sheet.lines[:3]],
        "errors": list(wrong.values()),
    }
    return render(request, "imports/columns.html", context, status=422 if wrong else 200)


def batches_of(user: User, study: Study) -> Any:
    """The imports of a study at the sites where this user enters such data, the newest first."""
    found = ImportBatch.objects.visible_to(user).filter(study=study, site__in=places_of(user, study))
    kinds = [key for key, _words in kinds_of(user, study)]
    return found.filter(kind__in=kinds).select_related("site", "staged_by", "committed_by", "reversed_by")


def batch_or_404(user: User, key: str, import_id: UUID) -> ImportBatch:
    study = get_object_or_404(studies_of(user), key=key)
    found = batches_of(user, study).select_related("study").filter(pk=import_id).first()
    if found is None:
        raise Http404
    return found  # type: ignore[no-any-return]


@login_required
@never_cache
def one_import(request: HttpRequest, key: str, import_id: UUID) -> HttpResponse:
    """An import line by line; a POST enters, cancels or reverses it, or says what its names mean."""
    user = user_of(request)
    batch = batch_or_404(user, key, import_id)
    said: dict[str, Any] = {}
    if request.method == "POST":
        steps = {"commit": commit, "cancel": cancel, "reverse": reverse, "names": names, "again": again}
        step = steps.get(request.POST.get("press", ""))
        try:
            if step is not None:
                return step(request, batch, user)
        except StandsChanged as refusal:
            said = {"left": refusal.places, "reason": request.POST.get("reason", "")}
        except CheckFailed as refusal:
            said = {"errors": {at: [one] for at, one in refusal.messages.items()}}
        except Refused as refusal:
            messages.error(request, refusal.sentence)
            if isinstance(refusal, PreviewMoved):
                stage_again(batch_id=batch.pk, by=user)
            batch = batch_or_404(user, key, import_id)
            said = {"refused": True}
    return shown(request, batch, said)


def shown(request: HttpRequest, batch: ImportBatch, said: Mapping[str, Any]) -> HttpResponse:
    rows = rows_from(batch.rows)
    numbers = counts(rows)
    status = request.GET.get("show", "")
    wanted = [row for row in rows if status in ("", row.status)] if status in ("", *STATUSES) else rows
    words = status_words()
    staged = batch.state == ImportState.STAGED
    names = unknown_names(rows) if staged and "test" in KINDS[batch.kind].targets else []
    page = Paginator(wanted, SHOWN).get_page(request.GET.get("page"))
    context = {
        "study": batch.study,
        "batch": batch,
        "tabs": [("", _("all"), len(rows)), *((one, words[one], numbers[one]) for one in STATUSES)],
        "status": status,
        "page": page,
        "rows": [(row, words.get(row.status, ""), refusals_of(row, batch)) for row in page],
        "writes": numbers["new"] + numbers["changed"],
        "rejected": numbers[REJECTED],
        "names": names,
        "analytes": [(key, analyte_word(key)) for key in ENTERED] if names else [],
        "standing": len(touched_from(batch.touched)),
        **said,
    }
    return render(request, "imports/one.html", context, status=422 if said else 200)


def refusals_of(row: Row, batch: ImportBatch) -> list[tuple[str, str, str]]:
    """Why a line is refused, each with the column of the file."""
    return [(batch.mapping.get(column, column), words, accepted) for column, words, accepted in row.refused]


def commit(request: HttpRequest, batch: ImportBatch, user: User) -> HttpResponse:
    done = commit_import(batch_id=batch.pk, by=user)
    count = len(touched_from(done.touched))
    messages.success(request, ngettext("Entered: %(n)d form.", "Entered: %(n)d forms.", count) % {"n": count})
    return redirect("import", batch.study.key, batch.pk)


def cancel(request: HttpRequest, batch: ImportBatch, user: User) -> HttpResponse:
    cancel_import(batch_id=batch.pk, by=user)
    messages.success(request, _("Cancelled: nothing of the file was kept."))
    return redirect("imports", batch.study.key)


def again(request: HttpRequest, batch: ImportBatch, user: User) -> HttpResponse:
    stage_again(batch_id=batch.pk, by=user)
    return redirect("import", batch.study.key, batch.pk)


def names(request: HttpRequest, batch: ImportBatch, user: User) -> HttpResponse:
    """Names and analytes come as two lists of fields, so that a name may hold anything."""
    told = zip(request.POST.getlist("name"), request.POST.getlist("analyte"), strict=False)
    tell_names(batch_id=batch.pk, names={name: analyte for name, analyte in told if analyte}, by=user)
    messages.success(request, _("The names are kept for this laboratory."))
    return redirect("import", batch.study.key, batch.pk)


def reverse(request: HttpRequest, batch: ImportBatch, user: User) -> HttpResponse:
    reverse_import(
        batch_id=batch.pk,
        reason=request.POST.get("reason", ""),
        leave_changed=request.POST.get("leave") == "on",
        by=user,
    )
    messages.success(request, _("Reversed: the record is as it was before this import."))
    return redirect("import", batch.study.key, batch.pk)


@login_required
@require_GET
def tray(request: HttpRequest, key: str, import_id: UUID) -> HttpResponse:
    """The rejected lines of an import with their reasons, as CSV under the columns of the file."""
    batch = batch_or_404(user_of(request), key, import_id)
    rows = [row for row in rows_from(batch.rows) if row.rejected]
    targets = list(dict.fromkeys(key for row in rows for key in row.cells))
    columns = [batch.mapping.get(target, target) for target in targets]
    header = ["import_line", *columns, "why_rejected", "accepted_values"]
    lines = (
        [str(row.line), *(row.cells.get(target, "") for target in targets), *reasons(row, batch)]
        for row in rows
    )
    content = csv_lines((dict(zip(header, line, strict=True)) for line in lines), header)
    response = HttpResponse(b"".join(content), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejected-{batch.short_id}.csv"'
    return response


def reasons(row: Row, batch: ImportBatch) -> tuple[str, str]:
    found = refusals_of(row, batch)
    why = "; ".join(f"{column}: {words}" if column else words for column, words, _accepted in found)
    return why, "; ".join(accepted for _column, _words, accepted in found if accepted)

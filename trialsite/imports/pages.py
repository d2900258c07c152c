"""The pages of imports: upload, columns, preview as a diff, entering, cancelling, reversing, the tray."""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
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

from .kinds import KINDS, Kind, fits, guessed
from .models import ImportBatch, ImportKind, ImportState, ImportStep
from .outcomes import REJECTED, STATUSES, Row
from .runs import (
    STEPS,
    at_work,
    cancel,
    given_up,
    import_file,
    run_of,
    start_again,
    stop_import_run,
    take_import_step,
)
from .selectors import ACCOUNTS, Lines, imports_open_to, places_of, standing, studies_of
from .services import PreviewMoved, StandsChanged, mapping_of, stage_again
from .sheets import MOST_BYTES, Sheet, refuse_large

SHOWN, LISTED, NAMES = 100, 30, 50


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
        """The file as the page that asks for its columns carries it."""
        return base64.b64encode(zlib.compress(self.content)).decode()


def status_words() -> dict[str, str]:
    return {
        "new": pgettext("line of an import", "new"),
        "changed": pgettext("line of an import", "changed"),
        "same": pgettext("line of an import", "as it stands"),
        "rejected": pgettext("line of an import", "rejected"),
    }


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
        {"batch": one, "working": at_work(run_of(one))} for one in imports_open_to(user, study)[:LISTED]
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
        content = carried(sent["content"])
        return Upload(site, kind, sent.get("source", ""), sent.get("file_name", ""), content)
    file = request.FILES.get("files")
    if file is None or not file.size:
        raise CheckFailed({"files": _("Choose a file in which something stands.")})
    refuse_large(file.size)
    return Upload(site, kind, sent.get("source", ""), file.name or "", file.read())


def carried(encoded: str) -> bytes:
    """The file that a page carried (`Upload.encoded`), of which no more is unpacked than can be read."""
    try:
        return zlib.decompressobj().decompress(base64.b64decode(encoded, validate=True), MOST_BYTES + 1)
    except (ValueError, zlib.error) as problem:
        raise CheckFailed({"files": _("Choose the file again.")}) from problem


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
        batch = import_file(
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


def batch_or_404(user: User, key: str, import_id: UUID) -> ImportBatch:
    study = get_object_or_404(studies_of(user), key=key)
    found = imports_open_to(user, study).filter(pk=import_id).first()
    if found is None:
        raise Http404
    return found


@login_required
@never_cache
def one_import(request: HttpRequest, key: str, import_id: UUID) -> HttpResponse:
    """An import line by line; a POST takes a step with it, or stops one that a worker takes."""
    user = user_of(request)
    batch = batch_or_404(user, key, import_id)
    said: dict[str, Any] = {}
    if request.method == "POST":
        try:
            return pressed(request, batch, user)
        except StandsChanged as refusal:
            said = {"left": refusal.places, "reason": request.POST.get("reason", "")}
        except CheckFailed as refusal:
            said = {"errors": {at: [one] for at, one in refusal.messages.items()}}
        except Refused as refusal:
            messages.error(request, refusal.sentence)
            if isinstance(refusal, PreviewMoved):
                stage_again(batch_id=batch.pk, by=user)
            said = {"refused": True}
        batch = batch_or_404(user, key, import_id)
    return shown(request, batch, said)


def pressed(request: HttpRequest, batch: ImportBatch, user: User) -> HttpResponse:
    """What a button does; a file that a worker works on stays where it is, and its page says how far that is."""
    step = request.POST.get("press", "")
    here = redirect("import", batch.study.key, batch.pk)
    if step == "cancel":
        cancel(batch=batch, by=user)
        messages.success(request, _("Cancelled: nothing of the file was kept."))
        return redirect("imports", batch.study.key)
    if step == "stop":
        stop_import_run(batch=batch, by=user)
    elif step == "restart":
        start_again(batch=batch, by=user)
    elif step in STEPS:
        run = take_import_step(batch=batch, step=step, told=told_of(request, step), by=user)
        if run is None and (words := done_words(batch, step)):
            messages.success(request, words)
    return here


def told_of(request: HttpRequest, step: str) -> dict[str, Any]:
    """What a form says of a step; names and analytes come as two lists of fields, so that a name may hold anything."""
    sent = request.POST
    if step == ImportStep.COMMIT:
        return {"preview": sent.get("preview", "")}
    if step == ImportStep.REVERSE:
        return {"reason": sent.get("reason", ""), "leave_changed": sent.get("leave") == "on"}
    if step == ImportStep.NAMES:
        told = zip(sent.getlist("name"), sent.getlist("analyte"), strict=False)
        return {"names": {name: analyte for name, analyte in told if analyte}}
    return {}


def done_words(batch: ImportBatch, step: str) -> str:
    """What a step did that was taken at once."""
    if step == ImportStep.COMMIT:
        count = standing(batch)
        return ngettext("Entered: %(n)d record.", "Entered: %(n)d records.", count) % {"n": count}
    if step == ImportStep.REVERSE:
        return _("Reversed: the record is as it was before this import.")
    return _("The names are kept for this laboratory.") if step == ImportStep.NAMES else ""


def shown(request: HttpRequest, batch: ImportBatch, said: Mapping[str, Any]) -> HttpResponse:
    status = request.GET.get("show", "")
    words = status_words()
    page = Paginator(Lines(batch, status), SHOWN).get_page(request.GET.get("page"))
    names = batch.names[:NAMES] if batch.state == ImportState.STAGED else []
    context = {
        "study": batch.study,
        "batch": batch,
        "tabs": [
            ("", _("all"), batch.lines),
            *((one, words[one], batch.counts.get(one, 0)) for one in STATUSES),
        ],
        "status": status,
        "page": page,
        "rows": [(row, words.get(row.status, ""), refusals_of(row, batch)) for row in page],
        "rejected": batch.counts.get(REJECTED, 0),
        "names": names,
        "analytes": [(key, analyte_word(key)) for key in ENTERED] if names else [],
        "standing": standing(batch),
        **progress_of(batch),
        **said,
    }
    return render(request, "imports/one.html", context, status=422 if said else 200)


def progress_of(batch: ImportBatch) -> dict[str, Any]:
    """How far a worker is with an import, or why it failed; `left` and `reason` of a reversal that left something."""
    run = run_of(batch)
    told: dict[str, Any] = {"run": run, "working": at_work(run), "lost": run is not None and given_up(run)}
    if run is not None and run.left:
        told |= {"left": run.left, "reason": run.told.get("reason", "")}
    return told


@login_required
@require_GET
@never_cache
def import_progress(request: HttpRequest, key: str, import_id: UUID) -> HttpResponse:
    """How far a worker is, which asks again by itself; once it has ended the whole page comes anew."""
    batch = batch_or_404(user_of(request), key, import_id)
    told = progress_of(batch)
    answer = render(request, "imports/progress.html", {"study": batch.study, "batch": batch, **told})
    if not told["working"]:
        answer["HX-Refresh"] = "true"
    return answer


def refusals_of(row: Row, batch: ImportBatch) -> list[tuple[str, str, str]]:
    """Why a line is refused, each with the column of the file."""
    return [(batch.mapping.get(column, column), words, accepted) for column, words, accepted in row.refused]


@login_required
@require_GET
def tray(request: HttpRequest, key: str, import_id: UUID) -> HttpResponse:
    """The rejected lines of an import with their reasons, as CSV under the columns of the file."""
    return tray_of(batch_or_404(user_of(request), key, import_id))


def tray_of(batch: ImportBatch) -> HttpResponse:
    rows = Lines(batch, REJECTED)[:]
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

"""An import from upload to reversal. Every step asks for the permission to enter by hand what the file holds.

The steps are the same in a request and with a worker, to whom `work` gives those of a large file.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from assessments.laboratory.draws import ENTERED
from assessments.laboratory.tray import remember_name
from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.clinical.identifiers import identifiers_in
from trialsite.listing import listed
from trialsite.studies.models import Site, Study

from .kinds import KINDS, fits
from .laboratory import unknown_names
from .models import ImportBatch, ImportSource, ImportState
from .outcomes import Row, Touched, Work, as_json, counts, rows_from, touched_from
from .progress import step_by_step, tried_out
from .sheets import Sheet
from .typing_in import LONGEST, ChangedSince, subjects_by_number

OF_SUBJECTS = "form.submit"  # the permission of the kinds whose lines are about subjects


class PreviewMoved(Refused):
    """The record has changed since the preview: what would be entered now is not what was shown."""

    def __init__(self) -> None:
        super().__init__(
            _("The record has changed since this preview. Nothing was entered: look at what would be now.")
        )


class OtherPreview(Refused):
    """Somebody has looked at the file anew since this person did: what they saw is not what stands there."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody has looked at this file anew since you did. Nothing was entered: read it again.")
        )


class StandsChanged(Refused):
    """Records that an import entered were changed by somebody since; `places` names them."""

    def __init__(self, places: Sequence[str]) -> None:
        super().__init__(
            _("Somebody has changed these since, or they left this site: %(places)s.")
            % {"places": listed(places)}
        )
        self.places = list(places)


@transaction.atomic
def keep_file(
    *,
    study: Study,
    site: Site,
    kind: str,
    source: str,
    file_name: str,
    content: bytes,
    sheet: Sheet,
    mapping: Mapping[str, str],
    by: User,
) -> ImportBatch:
    """Keep what a file says, not tried out yet. Lines in which an identifier of a person stands are not kept.

    `mapping`: target → column, remembered for the source; only such columns are kept. Raises CheckFailed (files,
    source, mapping), Refused, PermissionDenied."""
    of_kind = KINDS[kind]
    require(by, of_kind.permission, study_id=study.pk, site_id=site.pk)
    source, file_name = " ".join(source.split())[:100], file_name.strip()[-150:]
    refuse_identifiers({"source": source, "files": file_name})
    if of_kind.targets and not fits(of_kind, mapping, sheet.columns):
        raise CheckFailed({"mapping": _("Say in which columns subject, day, test and result stand.")})
    batch = ImportBatch(
        study=study,
        site=site,
        kind=kind,
        source=source,
        file_name=file_name,
        sha256=hashlib.sha256(content).hexdigest(),
        language=get_language() or "en",
        mapping=dict(mapping),
        staged_by=by,
    )
    remember(batch, by)
    rows = [Row(number, cells_of(of_kind.targets, cells, mapping)) for number, cells in sheet.lines]
    name_subjects(batch, rows, by)
    leave_out_identifiers(batch, rows)
    batch.rows, batch.lines = as_json(rows), len(rows)
    batch.save(force_insert=True)
    tell(batch, "staged", by)
    return batch


def stage_import(*, by: User, **told: Any) -> ImportBatch:
    """Keep what a file says (as `keep_file` is told) and what entering it would do; the record stays as it is."""
    with transaction.atomic():
        return stage_again(batch_id=keep_file(by=by, **told).pk, by=by)


def leave_out_identifiers(batch: ImportBatch, rows: list[Row]) -> None:
    """Reject lines about subjects in which an identifier of a person stands, so that nothing of them is kept."""
    if KINDS[batch.kind].permission != OF_SUBJECTS:
        return
    with override(batch.language):
        for row in rows:
            if identifiers_in(" ".join(row.cells.values())):
                row.cells = {}
                row.reject("", _("An identifier of a person stands in this line: it was not kept."))


def cells_of(
    targets: Mapping[str, object], cells: Mapping[str, str], mapping: Mapping[str, str]
) -> dict[str, str]:
    """What is kept of a line: the columns that the mapping names, under their targets."""
    if not targets:
        return dict(cells)
    return {
        target: cells[column] for target, column in mapping.items() if target in targets and column in cells
    }


def name_subjects(batch: ImportBatch, rows: list[Row], by: User) -> None:
    """Of several identifiers of a person, apart by line breaks, keep the one that is a number of a subject, or none."""
    told = [row for row in rows if "\n" in row.cells.get("subject", "")]
    known = subjects_by_number(batch, by) if told else {}
    for row in told:
        found = {known[one].number for one in row.cells["subject"].splitlines() if one in known}
        row.cells["subject"] = found.pop() if len(found) == 1 else ""


def remember(batch: ImportBatch, by: User) -> None:
    """Keep how the files of this source read."""
    ImportSource.objects.update_or_create(
        study_id=batch.study_id,
        site_id=batch.site_id,
        kind=batch.kind,
        name=batch.source,
        defaults={"mapping": batch.mapping, "told_by": by, "told_at": timezone.now()},
    )


@transaction.atomic
def tell_names(*, batch_id: UUID, names: Mapping[str, str], by: User) -> ImportBatch:
    """Say which analyte a laboratory means by its names (name → analyte), for good, and look at the file anew."""
    batch = locked(batch_id, by, ImportState.STAGED)
    told = names_to_tell(batch, names)
    for name, analyte in told.items():
        remember_name(place=batch, laboratory=batch.source, name=name[:100], analyte=analyte, by=by)
    return stage_again(batch_id=batch.pk, by=by)


def names_to_tell(batch: ImportBatch, names: Mapping[str, str]) -> dict[str, str]:
    """Of what was said of names that which says something new. Raises CheckFailed at "names"."""
    told = {name: analyte for name, analyte in names.items() if name in batch.names and analyte in ENTERED}
    if not told:
        raise CheckFailed({"names": _("Choose an analyte of the list.")})
    return told


def mapping_of(*, study: Study, site: Site, kind: str, source: str) -> dict[str, str]:
    """How the files of a source read, as it was told last."""
    found = ImportSource.objects.filter(
        study=study, site=site, kind=kind, name=" ".join(source.split())[:100]
    ).first()
    return dict(found.mapping) if found else {}


def run(batch: ImportBatch, rows: list[Row], by: User, *, shown: Sequence[object] | None = None) -> Work:
    """Enter every line by the services; kept only where the rows are those that were `shown`, else tried out.

    Raises PreviewMoved where they are not."""
    enter = KINDS[batch.kind].enter
    if shown is None:
        with override(batch.language), tried_out():
            return enter(batch, rows, by)
    with override(batch.language), transaction.atomic():
        work = enter(batch, rows, by)
        if as_json(work.rows) != list(shown):
            raise PreviewMoved
    return work


def keep_preview(batch: ImportBatch, work: Work) -> None:
    """Keep the rows of a trial run, and what pages ask of them."""
    batch.rows, batch.counts = as_json(work.rows), counts(work.rows)
    named = "test" in KINDS[batch.kind].targets
    batch.names = unknown_names(work.rows) if named else []
    batch.preview = hashlib.sha256(json.dumps(batch.rows, sort_keys=True).encode()).hexdigest()
    batch.save(update_fields=["rows", "counts", "names", "preview"])


def fresh(batch: ImportBatch) -> list[Row]:
    """The lines of a staged import as they were read, before anything became of them."""
    return [row if not row.cells else Row(row.line, row.cells) for row in rows_from(batch.rows)]


def locked(batch_id: UUID, by: User, *states: ImportState) -> ImportBatch:
    """An import of a place where the user enters such data, locked until commit. Raises Refused in another state."""
    found = ImportBatch.objects.visible_to(by).select_related("study", "site")
    batch = found.select_for_update(of=("self",), no_key=True).get(pk=batch_id)
    refuse_step(batch, by, *states)
    return batch


def refuse_step(batch: ImportBatch, by: User, *states: ImportState) -> None:
    """Refuse who may not enter such data there, and another state."""
    require(by, KINDS[batch.kind].permission, study_id=batch.study_id, site_id=batch.site_id)
    if batch.state not in states:
        raise Refused(
            _("This import is not where it was: “%(state)s” now.") % {"state": batch.get_state_display()}
        )


@transaction.atomic
def stage_again(*, batch_id: UUID, by: User) -> ImportBatch:
    """Look anew at what a staged import would do."""
    batch = locked(batch_id, by, ImportState.STAGED)
    keep_preview(batch, run(batch, fresh(batch), by))
    return batch


@transaction.atomic
def commit_import(*, batch_id: UUID, preview: str = "", by: User) -> ImportBatch:
    """Enter what the preview showed, all of it or nothing; with `preview` only if it is the one of that digest.

    Raises PreviewMoved, OtherPreview, Refused, PermissionDenied."""
    batch = locked(batch_id, by, ImportState.STAGED)
    refuse_commit(batch, preview)
    work = run(batch, fresh(batch), by, shown=batch.rows)
    batch.rows = as_json([row.kept() for row in work.rows])
    batch.touched = as_json(work.touched)
    batch.state, batch.committed_by, batch.committed_at = ImportState.COMMITTED, by, timezone.now()
    batch.save(update_fields=["rows", "touched", "state", "committed_by", "committed_at"])
    tell(batch, "committed", by, records=len(work.touched), **counts(work.rows))
    return batch


def refuse_commit(batch: ImportBatch, preview: str) -> None:
    if preview and preview != batch.preview:
        raise OtherPreview
    if not batch.writes:
        raise Refused(_("This import would enter nothing."))


@transaction.atomic
def cancel_import(*, batch_id: UUID, by: User) -> None:
    """Delete a staged import; the audit keeps that there was one."""
    batch = locked(batch_id, by, ImportState.STAGED)
    tell(batch, "cancelled", by)
    batch.delete()


@transaction.atomic
def reverse_import(*, batch_id: UUID, reason: str, leave_changed: bool = False, by: User) -> ImportBatch:
    """Void what an import entered and type back what it changed, all of it or nothing.

    What somebody changed since is named (StandsChanged) and, with `leave_changed`, left as it stands. Raises
    CheckFailed at "reason", Refused, PermissionDenied."""
    batch = locked(batch_id, by, ImportState.COMMITTED)
    reason = checked_reason(reason)
    said = _("Import %(id)s reversed: %(reason)s") % {"id": batch.short_id, "reason": reason}
    changed = []
    with because(said[:LONGEST]):
        for one in step_by_step(reversed(touched_from(batch.touched))):
            try:
                with transaction.atomic():
                    KINDS[batch.kind].take_back(one, reason=said[:LONGEST], by=by)
            except ChangedSince:
                changed.append(one)
    if changed and not leave_changed:
        raise StandsChanged([words_of(one) for one in reversed(changed)])
    batch.state, batch.reason = ImportState.REVERSED, reason
    batch.reversed_by, batch.reversed_at = by, timezone.now()
    batch.touched = as_json(changed)  # what is left
    batch.save(update_fields=["state", "reason", "reversed_by", "reversed_at", "touched"])
    tell(batch, "reversed", by, left=len(changed))
    return batch


def checked_reason(reason: str) -> str:
    """Why an import is reversed. Raises CheckFailed at "reason"."""
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why this import is reversed.")})
    refuse_identifiers({"reason": reason})
    return reason.strip()[:200]


def words_of(one: Touched) -> str:
    return " ".join(filter(None, (one.number, one.place)))


def tell(batch: ImportBatch, step: str, by: User, **details: object) -> None:
    """The event of a step: which file, by its digest, for which place."""
    told = {"batch": str(batch.pk), "of": batch.kind, "source": batch.source, "sha256": batch.sha256}
    place = {"study": batch.study.key, "site": batch.site.key, "lines": batch.lines}
    record_event(kind=f"import.{step}", user_id=by.pk, **told, **place, **details)

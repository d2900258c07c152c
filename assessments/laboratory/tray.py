"""What happens to rows of the tray, and the names that a laboratory prints: every write, and the reads beside it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.models import SiteBound, Subject
from trialsite.casebook.services import locked_subject
from trialsite.clinical.identifiers import identifiers_in

from ..domain.lab_match import Unmatched
from ..domain.lab_names import folded
from ..models import LabName, LabTrayRow
from ..models.tray import TrayState
from .draws import ENTERED


@transaction.atomic
def keep_rows(*, subject: Subject, rows: Iterable[Unmatched], laboratory: str = "", by: User) -> int:
    """Lay pasted rows into the tray; how many are new there. One that waits there already is not laid in twice.

    A row in which an identifier of a person stands is not kept at all."""
    subject = locked_subject(subject.pk, by)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    refuse_identifiers({"laboratory": laboratory})
    known = {printed(row) for row in waiting(subject)}
    kept = 0
    for row in rows:
        fresh = LabTrayRow(
            study_id=subject.study_id,
            site_id=subject.site_id,
            subject=subject,
            label=row.label,
            result=row.result,
            unit=row.unit,
            reference=row.reference,
            drawn_on=row.on,
            sample_time=row.at,
            laboratory=laboratory.strip()[:100],
            why=row.why.value,
            kept_by=by,
        )
        if printed(fresh) in known or identifiers_in(f"{row.label} {row.result} {row.unit} {row.reference}"):
            continue
        fresh.save(force_insert=True)
        known.add(printed(fresh))
        kept += 1
    return kept


def printed(row: LabTrayRow) -> tuple[object, ...]:
    return row.label, row.result, row.unit, row.reference, row.drawn_on, row.sample_time


@transaction.atomic
def assign_row(*, row_id: UUID, analyte: str, by: User) -> LabTrayRow:
    """Say which analyte a row is: the row leaves the tray, and the laboratory's name for it is remembered."""
    row = locked_open_row(row_id, by)
    if analyte not in ENTERED:
        raise CheckFailed({"analyte": _("Choose an analyte of the list.")})
    if not row.assignable:
        raise Refused(_("This row is no single number: type what it says into its column, then dismiss it."))
    row.analyte = analyte
    settle(row, TrayState.ASSIGNED, by)
    remember_name(place=row, laboratory=row.laboratory, name=row.label, analyte=analyte, by=by)
    return row


def remember_name(*, place: SiteBound, laboratory: str, name: str, analyte: str, by: User) -> None:
    """Keep which analyte a name of a laboratory means at the site of `place`."""
    require(by, "form.submit", study_id=place.study_id, site_id=place.site_id)
    LabName.objects.update_or_create(
        study_id=place.study_id,
        site_id=place.site_id,
        laboratory=folded(laboratory),
        name=folded(name),
        defaults={"analyte": analyte, "in_use": True, "told_by": by, "told_at": timezone.now()},
    )


@transaction.atomic
def dismiss_row(*, row_id: UUID, by: User, reason: str) -> LabTrayRow:
    """Say that a row is not entered, and why."""
    row = locked_open_row(row_id, by)
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why this row is not entered.")})
    refuse_identifiers({"reason": reason})
    row.reason = reason.strip()[:300]
    with because(row.reason):
        settle(row, TrayState.DISMISSED, by)
    return row


@transaction.atomic
def forget_name(*, name_id: UUID, by: User, reason: str) -> LabName:
    """Take back what a name of a laboratory means: from now on it waits in the tray again."""
    name = LabName.objects.visible_to(by).select_for_update().get(pk=name_id)
    require(by, "form.submit", study_id=name.study_id, site_id=name.site_id)
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why this name does not mean the analyte.")})
    refuse_identifiers({"reason": reason})
    name.in_use = False
    with because(reason.strip()):
        name.save(update_fields=["in_use"])
    return name


def locked_open_row(row_id: UUID, by: User) -> LabTrayRow:
    place = LabTrayRow.objects.visible_to(by).get(pk=row_id)
    subject = locked_subject(place.subject_id, by)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    row = LabTrayRow.objects.select_for_update().get(pk=row_id)
    if row.state != TrayState.OPEN:
        raise Refused(_("Somebody has settled this row of the tray already."))
    return row


def settle(row: LabTrayRow, state: TrayState, by: User) -> None:
    row.state, row.settled_by, row.settled_at = state, by, timezone.now()
    row.save(update_fields=["state", "analyte", "reason", "settled_by", "settled_at"])


def waiting(subject: Subject) -> list[LabTrayRow]:
    """The rows of a subject that wait, in the order in which they were pasted."""
    return list(LabTrayRow.objects.filter(subject=subject, state=TrayState.OPEN).order_by("kept_at", "pk"))


def learned_names(place: SiteBound, laboratory: str) -> Mapping[str, str]:
    """The names that the site of `place` told of a laboratory: folded name → analyte."""
    told = LabName.objects.filter(
        study_id=place.study_id, site_id=place.site_id, laboratory=folded(laboratory), in_use=True
    )
    return dict(told.values_list("name", "analyte"))

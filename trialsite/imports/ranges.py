"""Reference ranges of a file into those of the site: recorded, corrected, or refused by line."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from assessments.domain.lab_names import analytes_of
from assessments.domain.ranges import same_laboratory
from assessments.models import ReferenceRange
from assessments.ranges.form import RangeForm, limits_words, people_words
from assessments.ranges.services import (
    ANALYTES_WITH_RANGES,
    GradesMove,
    RangeEntry,
    digest_of_moved,
    record_range,
    withdraw_range,
)
from trialsite.access.models import User
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.clinical.units import ANALYTES, UnitError, accepted_unit, unit_beside, unit_label
from trialsite.listing import listed

from .models import ImportBatch
from .outcomes import CHANGED, NEW, SAME, Row, Touched, Work
from .progress import step_by_step
from .typing_in import ChangedSince, reason_of

ITEMS = {
    "unit": "unit", "lower": "lln", "upper": "uln", "sex": "sex", "age_from": "age_from", "age_below": "age_below",
    "from": "effective_from", "laboratory": "laboratory", "source": "source",
}  # fmt: skip
COLUMNS = {item: target for target, item in ITEMS.items()} | {"analyte": "analyte"}
SEXES = {"m": "M", "male": "M", "men": "M", "男": "M", "f": "F", "female": "F", "women": "F", "女": "F"}
NAMED = ("analyte", "sex", "age_from", "age_below", "effective_from")


def enter_ranges(batch: ImportBatch, rows: list[Row], by: User) -> Work:
    """Record the range of every line that can be; the others are rejected in their rows."""
    work, told = Work(rows), dict[tuple[Any, ...], int]()
    for row in step_by_step(rows):
        entry = None if row.rejected else entry_of(row)
        if entry is None:
            continue
        people = (same_laboratory(entry.laboratory), *(getattr(entry, item) for item in NAMED))
        if people in told:
            row.reject("", _("Line %(n)d is about the same people from the same day.") % {"n": told[people]})
            continue
        told[people] = row.line
        try:
            with transaction.atomic():
                record(batch, row, entry, work, by)
        except CheckFailed as refusal:
            for item, words in refusal.messages.items():
                row.reject(COLUMNS.get(item, ""), words)
        except Refused as refusal:
            row.reject("", refusal.sentence)
        except PermissionDenied as refusal:
            row.reject("", str(refusal))
    return work


def entry_of(row: Row) -> RangeEntry | None:
    """What a line says; None once it is rejected."""
    name = row.cells.get("analyte", "")
    found = {name} & set(ANALYTES) or analytes_of(name, {})
    analyte = next(iter(found)) if len(found) == 1 else ""
    if analyte not in ANALYTES_WITH_RANGES:
        row.reject("analyte", _("No analyte with ranges has this name."))
        return None
    typed = {item: row.cells.get(target, "") for target, item in ITEMS.items()}
    typed["sex"] = SEXES.get(typed["sex"].casefold(), typed["sex"])
    try:
        typed["unit"] = accepted_unit(analyte, typed["unit"]).code
    except UnitError:
        words = listed(unit_label(one.code) for one in ANALYTES[analyte].units)
        row.reject("unit", _("Choose a unit of this analyte."), words)
        return None
    form = RangeForm(typed, analyte=analyte)
    if form.is_valid():
        return form.entry()
    for item, errors in form.errors.items():
        row.reject(COLUMNS.get(item, ""), str(errors[0]))
    return None


def record(batch: ImportBatch, row: Row, entry: RangeEntry, work: Work, by: User) -> None:
    """Record one range, or correct the one that begins for the same people on the same day."""
    old = standing(batch, entry)
    row.place = entry.laboratory
    if old is not None and (old.lln, old.uln, old.unit) == (entry.lln, entry.uln, entry.unit):
        row.status, row.changes = SAME, [[label(entry), "", ""]]
        return
    told: dict[str, Any] = {
        "study": batch.study,
        "site": batch.site,
        "entry": entry,
        "replaces": old,
        "by": by,
    }
    told |= {"reason": reason_of(batch, [row.line]) if old else ""}
    try:
        with transaction.atomic():
            saved = record_range(**told)
    except GradesMove as shown:
        row.asks = [
            ngettext("%(n)d grade changes.", "%(n)d grades change.", len(shown.moved))
            % {"n": len(shown.moved)}
        ]
        saved = record_range(**told, seen=digest_of_moved(shown.moved))
    row.status = CHANGED if old else NEW
    row.changes = [[f"{label(entry)} · {people_words(saved)}", limits(old) if old else "", limits(saved)]]
    work.touched.append(Touched(str(saved.pk), 0, old is None, number=label(entry), place=entry.laboratory))


def standing(batch: ImportBatch, entry: RangeEntry) -> ReferenceRange | None:
    same = {item: getattr(entry, item) for item in NAMED}
    found = ReferenceRange.objects.filter(study=batch.study, site=batch.site, withdrawn_at=None, **same)
    wanted = same_laboratory(entry.laboratory)
    return next((one for one in found if same_laboratory(one.laboratory) == wanted), None)


def label(entry: RangeEntry) -> str:
    return ANALYTES[entry.analyte].label.in_language(get_language() or "en")


def limits(found: ReferenceRange) -> str:
    return f"{limits_words(found.lln, found.uln)} {unit_beside(found.unit)}".strip()


def take_back_range(one: Touched, *, reason: str, by: User) -> None:
    """Withdraw a range that an import recorded, and record again the one that it corrected."""
    found = (
        ReferenceRange.objects.visible_to(by)
        .select_related("study", "site", "replaces")
        .filter(pk=one.record)
        .first()
    )
    if found is None or found.withdrawn_at is not None:
        raise ChangedSince
    try:
        with transaction.atomic():
            withdraw_range(found=found, by=by, reason=reason)
    except GradesMove as shown:
        withdraw_range(found=found, seen=digest_of_moved(shown.moved), by=by, reason=reason)
    if found.replaces is not None:
        record_again(found.replaces, by)


def record_again(old: ReferenceRange, by: User) -> None:
    items = (
        "analyte",
        "unit",
        "lln",
        "uln",
        "effective_from",
        "source",
        "laboratory",
        "sex",
        "age_from",
        "age_below",
    )
    told: dict[str, Any] = {"study": old.study, "site": old.site, "by": by}
    told["entry"] = RangeEntry(**{item: getattr(old, item) for item in items})
    try:
        with transaction.atomic():
            record_range(**told)
    except GradesMove as shown:
        record_range(**told, seen=digest_of_moved(shown.moved))

"""Recording, correcting and withdrawing reference ranges; every grade that moves is shown before it does."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.holds import in_force
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.clinical.units import UnitError, accepted_unit, to_canonical
from trialsite.studies.models import Site, Study, StudySite

from ..domain.ranges import NormalRange, same_laboratory
from ..laboratory.grades import GradedValue, grade_words, graded_values
from ..laboratory.limits import Place, normal_range, ranges_instead, standing_ranges
from ..laboratory.panels import PANELS
from ..models import ReferenceRange

ANALYTES_WITH_RANGES = tuple(
    key
    for panel in PANELS.values()
    for key in panel
    if key not in ("neutrophils_pct", "bands_pct", "pb_blasts")
)
BESIDE = {
    "calcium": ("calcium", "albumin")
}  # what is graded with the limits of an analyte, and what that needs
OLDEST = Decimal(130)


@dataclass(frozen=True)
class RangeEntry:
    """A range as it was typed: limits in `unit`, ages in years."""

    analyte: str
    unit: str
    lln: Decimal | None
    uln: Decimal | None
    effective_from: date | None
    source: str
    laboratory: str = ""
    sex: str = ""
    age_from: Decimal | None = None
    age_below: Decimal | None = None


@dataclass(frozen=True)
class MovedGrade:
    """A grade that changes with a range; "" is not gradable."""

    subject: str
    analyte: str
    on: str
    term: str
    old: str
    new: str

    def row(self) -> list[str]:
        return [self.subject, self.analyte, self.on, self.term, self.old, self.new]


class GradesMove(Refused):
    """Grades would change that nobody has looked at: nothing was saved yet."""

    def __init__(self, moved: Sequence[MovedGrade]) -> None:
        super().__init__(_("Grades change with this range. Look at them, then confirm."))
        self.moved = moved


def ranges_visible_to(user: User, study: Study) -> QuerySet[ReferenceRange]:
    """The ranges of the sites of a study that this user may see, replaced and withdrawn ones too."""
    found = ReferenceRange.objects.visible_to(user).filter(study=study)
    return found.select_related("site", "recorded_by", "withdrawn_by").order_by(
        "site__key", "analyte", "laboratory", "sex", "age_from", "-effective_from", "recorded_at"
    )


def digest_of_moved(moved: Iterable[MovedGrade]) -> str:
    """What a preview showed, so that a confirmation confirms that and nothing else."""
    return hashlib.sha256(json.dumps([one.row() for one in moved]).encode()).hexdigest()


@transaction.atomic
def record_range(
    *,
    study: Study,
    site: Site,
    entry: RangeEntry,
    replaces: ReferenceRange | None = None,
    seen: str = "",
    by: User,
    reason: str = "",
) -> ReferenceRange:
    """Record a range of a site, or with `replaces` correct one.

    `seen` is the digest of the grades that the author was shown to move. Raises CheckFailed (per item), GradesMove
    (grades that the author has not seen), Refused (a rule, in a sentence)."""
    require(by, "range.record", study_id=study.pk, site_id=site.pk)
    lock_place(study, site)
    if replaces is not None:
        replaces = locked_range(replaces)
    refuse_wrong_entry(entry, replaces, reason)
    refuse_identifiers({"source": entry.source, "reason": reason, "laboratory": entry.laboratory})
    row = row_of(study, site, entry)
    refuse_second(row, replaces)
    moved = moved_grades(study, site, row, replaces)
    refuse_unseen(study, site, moved, seen)
    with because(reason):
        if replaces is not None:
            take_back(replaces, by, reason)
        row.replaces, row.reason, row.recorded_by = replaces, reason.strip(), by
        row.moved = [one.row() for one in moved]
        row.save(force_insert=True)
    return row


@transaction.atomic
def withdraw_range(*, found: ReferenceRange, seen: str = "", by: User, reason: str) -> ReferenceRange:
    """Withdraw a range that never was right; what it held for has the one before it, or none."""
    require(by, "range.record", study_id=found.study_id, site_id=found.site_id)
    lock_place(found.study, found.site)
    found = locked_range(found)
    if not reason.strip():
        raise CheckFailed({"reason": _("Say in your words why.")})
    refuse_identifiers({"reason": reason})
    moved = moved_grades(found.study, found.site, None, found)
    refuse_unseen(found.study, found.site, moved, seen)
    with because(reason):
        found.moved = [one.row() for one in moved]
        take_back(found, by, reason)
    return found


def refuse_unseen(study: Study, site: Site, moved: Sequence[MovedGrade], seen: str) -> None:
    """Refuse grades that move where site or study is held, and those that the author has not been shown."""
    if not moved:
        return
    held = in_force().filter(study=study, subject=None)
    if held.filter(site=None).exists() or held.filter(site=site).exists():
        raise Refused(_("Grades would change, and site or study is frozen or locked: release that first."))
    if digest_of_moved(moved) != seen:
        raise GradesMove(moved)


def lock_place(study: Study, site: Site) -> None:
    """One person at a time changes the ranges of a site."""
    StudySite.objects.select_for_update().get(study=study, site=site)


def locked_range(found: ReferenceRange) -> ReferenceRange:
    standing = ReferenceRange.objects.select_for_update(of=("self",)).select_related("study", "site")
    found = standing.get(pk=found.pk)
    if found.withdrawn_at is not None:
        raise Refused(_("This range is replaced or withdrawn already."))
    return found


def take_back(found: ReferenceRange, by: User, reason: str) -> None:
    found.withdrawn_by, found.withdrawn_at, found.withdrawn_why = by, timezone.now(), reason.strip()
    found.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_why", "moved"])


def refuse_wrong_entry(entry: RangeEntry, replaces: ReferenceRange | None, reason: str) -> None:
    """Refuse what cannot be a range: each item with its sentence."""
    wrong: dict[str, str] = {}
    if entry.analyte not in ANALYTES_WITH_RANGES:
        wrong["analyte"] = _("This analyte is not known.")
    else:
        try:
            accepted_unit(entry.analyte, entry.unit)
        except UnitError:
            wrong["unit"] = _("Choose a unit of this analyte.")
    if entry.lln is None and entry.uln is None and not wrong:
        wrong["lln"] = _("Enter at least one limit.")
    if entry.lln is not None and entry.uln is not None and entry.lln > entry.uln:
        wrong["uln"] = _("The upper limit lies below the lower limit.")
    for item in ("lln", "uln"):
        value = getattr(entry, item)
        if value is not None and value < 0:
            wrong[item] = _("There is no amount below zero.")
    wrong |= wrong_ages(entry)
    if entry.effective_from is None:
        wrong["effective_from"] = _("Enter the first day on which this range holds.")
    if not entry.source.strip():
        wrong["source"] = _("Say where the range comes from: the laboratory's list or notice, with its date.")
    if replaces is not None and not reason.strip():
        wrong["reason"] = _("Say in your words why.")
    if wrong:
        raise CheckFailed(wrong)


def wrong_ages(entry: RangeEntry) -> dict[str, str]:
    wrong = {}
    for item in ("age_from", "age_below"):
        age = getattr(entry, item)
        if age is not None and not 0 <= age <= OLDEST:
            wrong[item] = _("An age is between 0 and 130 years.")
    if entry.age_from is not None and entry.age_below is not None and entry.age_from >= entry.age_below:
        wrong["age_below"] = _("This age must be above the first one.")
    return wrong


def row_of(study: Study, site: Site, entry: RangeEntry) -> ReferenceRange:
    """The range as it would be stored, its limits converted."""
    assert entry.effective_from is not None
    unit = accepted_unit(entry.analyte, entry.unit).code
    in_standard = [
        None if one is None else to_canonical(entry.analyte, one, unit).quantize(Decimal("1e-10"))
        for one in (entry.lln, entry.uln)
    ]
    return ReferenceRange(
        study=study,
        site=site,
        laboratory=" ".join(entry.laboratory.split()),
        analyte=entry.analyte,
        sex=entry.sex,
        age_from=entry.age_from,
        age_below=entry.age_below,
        unit=unit,
        lln=entry.lln,
        uln=entry.uln,
        lln_canonical=in_standard[0],
        uln_canonical=in_standard[1],
        effective_from=entry.effective_from,
        source=entry.source.strip(),
    )


def refuse_second(row: ReferenceRange, replaces: ReferenceRange | None) -> None:
    """Refuse a range for the same people from the same day: that one is corrected, not doubled."""
    others = ReferenceRange.objects.filter(
        study=row.study,
        site=row.site,
        analyte=row.analyte,
        sex=row.sex,
        age_from=row.age_from,
        age_below=row.age_below,
        effective_from=row.effective_from,
        withdrawn_at=None,
    )
    if replaces is not None:
        others = others.exclude(pk=replaces.pk)
    wanted = same_laboratory(row.laboratory)
    if any(same_laboratory(name) == wanted for name in others.values_list("laboratory", flat=True)):
        raise CheckFailed(
            {"effective_from": _("A range for the same people begins on this day already: correct that one.")}
        )


def moved_grades(
    study: Study, site: Site, row: ReferenceRange | None, replaces: ReferenceRange | None
) -> list[MovedGrade]:
    """The grades at the site that change once `row` stands and `replaces` does not; few queries, however many."""
    analyte = (row or replaces).analyte  # type: ignore[union-attr]
    place: Place = (study.pk, site.pk, analyte)
    with one_reading(anew=True):
        standing = standing_ranges([place[:2]]).get(place, ())
    after: list[NormalRange] = [one for one in standing if replaces is None or one.id != str(replaces.pk)]
    if row is not None:
        after.append(normal_range(row))
    numbers = {one.pk: one.number for one in Subject.objects.filter(study=study, site=site)}
    analytes = BESIDE.get(analyte, (analyte,))
    with one_reading(anew=True):
        old = graded_values(list(numbers), analytes)
    with ranges_instead({place: after}):
        new = graded_values(list(numbers), analytes)
    found = [
        moved(numbers[subject_id], before, changed)
        for subject_id in sorted(old, key=lambda one: numbers[one])
        for before, changed in zip(old[subject_id], new[subject_id], strict=True)
        if words(before) != words(changed)
    ]
    return found


def moved(number: str, before: GradedValue, after: GradedValue) -> MovedGrade:
    day = before.value.on.isoformat()
    return MovedGrade(number, before.value.analyte, day, before.term.key, words(before), words(after))


def words(graded: GradedValue) -> str:
    """A grade as the list of moved grades keeps it."""
    return grade_words(graded.grade)


def moved_stored(found: ReferenceRange) -> list[MovedGrade]:
    """The grades that moved when a range was recorded or withdrawn."""
    rows: list[Any] = found.moved
    return [MovedGrade(*row) for row in rows]

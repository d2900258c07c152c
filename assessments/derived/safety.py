"""From the safety forms: grades of cytokine release, neurotoxicity and GVHD; the course of an adverse event."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from enrollment.domain.prior_therapy import Course, days_given
from trialsite.casebook.registries import Derived
from trialsite.clinical.dates import study_day

from ..domain.crs import GradeBounds, icans_grade, ice_total
from ..domain.gvhd import ACUTE_ORGANS, CHRONIC_ORGANS, Overall
from ..models import AcuteGvhd, AdverseEvent, ChronicGvhd, CytokineRelease, IceScore
from ..responses import first_doses
from ..summaries import acute_of, chronic_of, crs_of, ice_findings, severity_words
from .wording import empty_items, item_words, unknown

CRS_ITEMS = ("temperature", "other_cause", "anticytokine", "hypotension", "oxygen")
ICE_ITEMS = ("orientation", "naming", "command", "writing", "attention")
ICANS_ITEMS = ("consciousness", "seizure", "motor_weakness", "oedema")


def graded(
    label: Any, value: str, bounds: GradeBounds | Overall, record: Any, items: Sequence[str]
) -> Derived:
    """A grade with the items it rests on; one that is still open says so by its colour."""
    return Derived(label, value, item_words(record, items), "unknown" if bounds.grade is None else "")


def cytokine_release(record: CytokineRelease) -> list[Derived]:
    found = crs_of(record)
    return [graded(_("ASTCT grade of CRS"), str(found), found, record, CRS_ITEMS)]


def neurotoxicity(record: IceScore) -> list[Derived]:
    """The ICE score and the ICANS grade."""
    found = ice_findings(record)
    total, grade = ice_total(found), icans_grade(found)
    label = _("ICE score")
    score = (
        unknown(label, empty_items(record, ICE_ITEMS))
        if total is None
        else Derived(label, f"{total} / 10", item_words(record, ICE_ITEMS))
    )
    return [score, graded(_("ASTCT grade of ICANS"), str(grade), grade, record, ICANS_ITEMS)]


def acute_gvhd(record: AcuteGvhd) -> list[Derived]:
    found = acute_of(record)
    return [graded(_("MAGIC grade"), str(found), found, record, tuple(ACUTE_ORGANS))]


def chronic_gvhd(record: ChronicGvhd) -> list[Derived]:
    found = chronic_of(record)
    return [graded(_("NIH severity"), severity_words(found), found, record, CHRONIC_ORGANS)]


def adverse_event(record: AdverseEvent) -> list[Derived]:
    """The study day of the onset, and how long the event lasted."""
    return [*onset_day(record), *duration(record)]


def onset_day(record: AdverseEvent) -> Iterator[Derived]:
    label = _("Study day of the onset")
    first_dose = first_doses([record.subject_id]).get(record.subject_id)
    if record.onset is None:
        return
    if first_dose is None:
        yield Derived(label, _("before treatment"), _("No dose has been recorded."))
        return
    days = [study_day(day, first_dose) for day in (record.onset.earliest, record.onset.latest)]
    yield Derived(label, range_words(*days), _("day 1 is %(day)s") % {"day": first_dose})


def duration(record: AdverseEvent) -> Iterator[Derived]:
    label = _("Duration")
    if record.onset is None or record.ongoing:
        return
    if record.stop is None:
        yield unknown(label, empty_items(record, ("stop",)))
        return
    lasted = days_given([Course(record.onset, record.stop)], complete=True)
    span = f"{record.onset} – {record.stop}"
    yield Derived(label, _("%(n)s days") % {"n": range_words(lasted.low, lasted.high)}, span)


def range_words(low: int, high: int | None) -> str:
    """A number, or its bounds where a date is partial."""
    return str(low) if low == high else f"{low}–{high}"

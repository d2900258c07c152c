"""From an adverse event: the study day of its onset, and how long it lasted."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from enrollment.domain.prior_therapy import Course, days_given
from trialsite.casebook.registries import Derived
from trialsite.clinical.dates import study_day

from ..models import AdverseEvent
from ..responses import first_doses
from .wording import empty_items, unknown


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

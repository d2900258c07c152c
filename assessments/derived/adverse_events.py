"""From an adverse event: its worst grade, the wording of each, study day, duration, and whether it is in the window."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from enrollment.domain.prior_therapy import Course, days_given
from trialsite.casebook.registries import Derived
from trialsite.clinical.ctcae import SYSTEMS, named
from trialsite.clinical.dates import study_day
from trialsite.clinical.kleene import Truth

from ..domain.ae_window import began_inside, treatment_emergent
from ..domain.term_grades import grade_meaning
from ..events.checks import CAUSES, RELATED
from ..events.tracks import track_of
from ..events.windows import milestones, window_of
from ..models import AdverseEvent
from .wording import empty_items, unknown


def adverse_event(record: AdverseEvent) -> list[Derived]:
    """What follows from one event."""
    return [
        *grade_lines(record),
        *system_of(record),
        *onset_day(record),
        *duration(record),
        *in_window(record),
        *coding(record),
        *earlier_action(record),
    ]


def grade_lines(record: AdverseEvent) -> Iterator[Derived]:
    """The worst grade, and beside each line what its grade means."""
    label, language = _("Worst grade"), get_language() or "en"
    if record.grade is None:
        yield Derived(label, _("Not known yet"), _("No grade is recorded."), "unknown")
    else:
        yield Derived(
            label, str(record.grade), grade_meaning(record.term, record.grade).in_language(language)
        )
    for line in track_of(record):
        if line.grade is not None:
            wording = grade_meaning(record.term, line.grade).in_language(language)
            yield Derived(_("Meaning"), wording, "", line=str(line.pk))


def system_of(record: AdverseEvent) -> Iterator[Derived]:
    term = named(record.term)
    if term is not None:
        version = record.protocol_version.protocol.ctcae_version
        system = SYSTEMS[term.system].in_language(get_language() or "en")
        yield Derived(_("Body system"), system, f"CTCAE {version}")


def onset_day(record: AdverseEvent) -> Iterator[Derived]:
    label = _("Study day of the onset")
    first_dose = milestones([record.subject_id])[record.subject_id].c1d1
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


def in_window(record: AdverseEvent) -> Iterator[Derived]:
    """Treatment-emergent or not; in the study's window or not, where a related serious event counts at any time."""
    words = {Truth.TRUE: _("yes"), Truth.FALSE: _("no"), Truth.UNKNOWN: _("Not known yet")}
    first_dose = milestones([record.subject_id])[record.subject_id].c1d1
    emergent = treatment_emergent(record.onset, first_dose)
    yield Derived(
        _("Treatment-emergent"), words[emergent], "", "unknown" if emergent is Truth.UNKNOWN else ""
    )
    span = window_of(record.subject)
    inside = began_inside(record.onset, span)
    working = window_words(span.start, span.end)
    if inside is Truth.FALSE:
        at_any_time = _("Related and serious: recorded at any time.")
        asked = _("Outside it only related serious events are recorded: is this right?")
        working = f"{working}. {at_any_time if related_serious(record) else asked}"
    yield Derived(
        _("In the window of adverse events"),
        words[inside],
        working,
        "" if inside is Truth.TRUE else "unknown",
    )


def window_words(start: Any, end: Any) -> str:
    if start is None:
        return _("The window has not begun.")
    return _("from %(start)s to %(end)s") % {"start": start, "end": end or _("the end of treatment")}


def related_serious(record: AdverseEvent) -> bool:
    return bool(record.serious) and any(getattr(record, item) in RELATED for item in CAUSES)


def coding(record: AdverseEvent) -> Iterator[Derived]:
    if record.meddra_pt:
        yield Derived(_("MedDRA preferred term"), record.meddra_pt, f"MedDRA {record.meddra_version}")


def earlier_action(record: AdverseEvent) -> Iterator[Derived]:
    """What was recorded while one action was asked for, not one an agent."""
    if record.action:
        yield Derived(
            _("Action with the study treatment"), record.get_action_display(), _("as it was entered first")
        )


def range_words(low: int, high: int | None) -> str:
    """A number, or its bounds where a date is partial."""
    return str(low) if low == high else f"{low}–{high}"

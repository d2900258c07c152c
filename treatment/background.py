"""What a report tells of the time before an event: the phases and doses until its onset, the medicines at its onset."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from trialsite.casebook.models import Subject
from trialsite.casebook.names import phase_name
from trialsite.casebook.registries import Background, Exposure
from trialsite.casebook.values import trimmed

from .doses.drugs import drug_name
from .exposures import exposures
from .medication.dictionary import medicine_words
from .medication.dose_phrases import medication_dose
from .medication.taken import entries_of, span
from .models.doses import DoseUnit
from .selectors import doses_given, segments_of

NOTHING = Decimal(0)
Lines = list[tuple[str, str]]


def background_of(subject: Subject, onset: date) -> Iterator[Background]:
    """Treatment of the trial before the onset, and the other medicines that may have run on that day."""
    begun = [one for one in exposures([subject.pk]).get(subject.pk, []) if one.start <= onset]
    since = begun[-1].start if begun else date.min
    treated = [
        *phase_lines(subject, begun),
        *dose_lines(subject, since, onset),
        *infusion_lines(subject, since, onset),
    ]
    yield Background(
        _("Treatment of the trial before the onset"),
        treated or [(_("Treatment"), _("None is recorded before the onset."))],
    )
    yield Background(
        _("Other medicines at the onset"),
        medicine_lines(subject, onset) or [(_("Medicines"), _("None is recorded for this day."))],
    )


def phase_lines(subject: Subject, begun: list[Exposure]) -> Lines:
    """The phases that began, each with its days."""
    protocol = subject.protocol_version.protocol
    return [(phase_name(protocol, one.phase), f"{one.start} – {one.end or ''}".strip()) for one in begun]


def dose_lines(subject: Subject, since: date, onset: date) -> Lines:
    """Each drug that was given in the phase of the onset until that day: "2026-03-02 2 mg"."""
    given = [one for one in doses_given(subject) if one.given and since <= one.on <= onset]
    by_drug = groupby(sorted(given, key=lambda one: (one.drug, one.on)), key=lambda one: one.drug)
    return [
        (
            drug_name(drug),
            "\n".join(f"{one.on} {trimmed(one.given or NOTHING)} {unit_words(one.unit)}" for one in several),
        )
        for drug, several in by_drug
    ]


def unit_words(unit: str) -> str:
    return str(DoseUnit(unit).label) if unit in DoseUnit else unit


def infusion_lines(subject: Subject, since: date, onset: date) -> Lines:
    """The stretches of blinatumomab in the phase of the onset, from when to when at which rate."""
    zone = ZoneInfo(subject.site.timezone)

    def moment(at: datetime | None) -> str:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""

    shown = [
        f"{moment(one.start)} – {moment(one.stop)}".strip() + f" {trimmed(one.rate)} µg/d"
        for one in segments_of(subject)
        if since <= one.start.astimezone(zone).date() <= onset
    ]
    return [(drug_name("BLINATUMOMAB"), "\n".join(shown))] if shown else []


def medicine_lines(subject: Subject, onset: date) -> Lines:
    """The medicines that may have been taken on the day of the onset, with their dose and their days."""
    found: Lines = []
    for entry in entries_of(subject.pk):
        (first, last), _sure = span(entry.record.started, entry.record.stopped)
        if not first <= onset <= last:
            continue
        days = " – ".join(one.text if one else "" for one in (entry.record.started, entry.record.stopped))
        found.append(
            (
                medicine_words(entry.record.medicine),
                " · ".join(filter(None, (medication_dose(entry.record), days.strip()))),
            )
        )
    return found

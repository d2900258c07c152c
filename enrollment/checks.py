"""Edit checks of the forms of screening: what cannot be so, said at its item."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding

from .consent_versions import refusal_of_version

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Values]]

OLDEST_YEARS = 120
DATED_EVENTS = (
    ("arterial_thrombosis", "arterial_thrombosis_date"),
    ("venous_thrombosis", "venous_thrombosis_date"),
    ("gi_bleeding", "gi_bleeding_date"),
)


@edit_check(gettext_lazy("A birth date that can be"))
def birth_date_possible(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Born before screening, and not more than 120 years before."""
    birth = values.get("birth_date")
    if birth is None:
        return
    if birth.earliest > subject.screened_on:
        yield Finding("birth_date", _("Nobody is born after the day of screening."))
    elif birth.latest.year < subject.screened_on.year - OLDEST_YEARS:
        yield Finding("birth_date", _("This would make the subject older than 120 years."))


@edit_check(gettext_lazy("Signatures with their dates, each signer once"))
def signatures_possible(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A signature has a date, and none is later than the date of consent; each signer stands once."""
    consent_on: date | None = values.get("performed_on")
    seen: set[str] = set()
    for number, row in enumerate(rows.get("signatures", ())):
        item = f"signatures.{number}"
        if row.get("signer") in seen:
            yield Finding(f"{item}.signer", _("This signer stands in the form twice."))
        seen.add(row.get("signer") or "")
        signed_on = row.get("signed_on")
        if row.get("signed") and signed_on is None:
            yield Finding(f"{item}.signed_on", _("Enter the date of this signature."))
        if signed_on and consent_on and signed_on > consent_on:
            yield Finding(
                f"{item}.signed_on",
                _("This is later than the date of consent, which is the day of the last signature needed."),
            )


@edit_check(gettext_lazy("A consent text in force at the site"))
def version_in_force(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """The text that was signed was in force at the site on the day of consent, where the study keeps versions."""
    name, on = values.get("text_version"), values.get("performed_on")
    sentence = refusal_of_version(subject, name, on) if name and on else ""
    if sentence:
        yield Finding("text_version", sentence)


@edit_check(gettext_lazy("Earlier treatment in order"))
def courses_possible(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A course of treatment stops on or after the day it starts."""
    for number, row in enumerate(rows.get("therapies", ())):
        start, stop = row.get("start"), row.get("stop")
        if start and stop and stop.latest < start.earliest:
            yield Finding(f"therapies.{number}.stop", _("This stop lies before the start."))


@edit_check(gettext_lazy("Earlier events with their dates"))
def events_possible(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """An event that never happened has no date."""
    for event, dated in DATED_EVENTS:
        if values.get(event) is False and values.get(dated):
            yield Finding(dated, _("The answer above says that there was none: it has no date."))


@edit_check(gettext_lazy("Unsuitable with its reason"))
def unsuitable_has_reason(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Who is judged unsuitable is told why."""
    if values.get("investigator_unsuitable") and not (values.get("unsuitable_reason") or "").strip():
        yield Finding("unsuitable_reason", _("Say for which reason the subject is unsuitable."))

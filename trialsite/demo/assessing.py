"""The sponsor's side of serious events: it assesses what is some days old; some reports are followed up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from assessments.models import AdverseEvent, SeriousEvent
from assessments.sae.events import CAUSE_ITEMS, causality, events_of
from assessments.sae.services import assess_sae
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.items import values_of
from trialsite.casebook.models import Subject
from trialsite.casebook.reasons import ChangeReason
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot

ASSESSED_AFTER_DAYS = 8  # what is newer waits for the sponsor's side
BROCHURE = "Investigator's Brochure 11.0"


def assess_reports(subject: Subject, today: date, coordinator: User, monitor: User) -> None:
    """Follow up and assess the reports of one subject, as far as the sponsor's side has come."""
    reports = SeriousEvent.objects.filter(subject=subject).select_related("visit").order_by("form_repeat")
    events = events_of([subject.pk]).get(subject.pk, {})
    for report in reports:
        event, day = events.get(report.event or 0), report.performed_on
        if event is None or day is None or day > today - timedelta(days=ASSESSED_AFTER_DAYS):
            continue
        if event.stop is not None and day.toordinal() % 3 == 0:
            follow_up(report, coordinator)
        with acting(user=monitor):
            assess_sae(sae_id=report.pk, values=judgement(report, event, day), by=monitor)


def follow_up(report: SeriousEvent, coordinator: User) -> None:
    """The event is over."""
    values = values_of(report) | {
        "report_kind": "FOLLOW_UP",
        "follow_up_number": 1,
        "what_changed": "The event has resolved.",
        "outcome": "RECOVERED",
    }
    why = ChangeReason.NEW.value
    with acting(user=coordinator, reason=why):
        submit_form(
            slot=Slot.of_record(report),
            values=values,
            base_version=report.version,
            by=coordinator,
            reason=why,
        )


def judgement(report: SeriousEvent, event: AdverseEvent, day: date) -> dict[str, Any]:
    """Most events are expected; those that are not and may be caused by a treatment were reported in time."""
    unexpected = day.toordinal() % 7 == 0
    aware = report.sponsor_told_at
    causes = {item: causality(event)[item] or "NA" for item in CAUSE_ITEMS}
    return causes | {
        "sponsor_aware_at": aware,
        "expectedness": "UNEXPECTED" if unexpected else "EXPECTED",
        "reference": BROCHURE,
        "regulator_told_at": aware + timedelta(days=4) if unexpected and aware else None,
        "follow_up_told_at": aware + timedelta(days=7)
        if unexpected and aware and report.life_threatening
        else None,
    }

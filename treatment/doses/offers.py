"""Where the doses of a phase are entered, and the lines that a dose form prints: what the plan holds for its days."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import reverse

from trialsite.casebook import registries
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import missed_visits, records_of
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.casebook.versions import named
from trialsite.clinical.dates import add_months
from trialsite.studies.domain.protocol import BLINATUMOMAB, VisitPlan

from ..forms import plain
from ..models import DosePlan
from ..plan.paths import phases_of
from ..selectors import cycles_of_subject, doses_given, plans_of, windows_of

Offer = dict[str, list[dict[str, Any]]]


def offer_doses(subject: Subject, slot: Slot, record: Any) -> Offer:
    """Planned doses that no line reports yet: of a visit its days, in the log those of the phase up to today.

    The days of a visit go from its own day to the day before the next visit of the same phase that reports doses;
    the first one begins with day 1, the last one ends with the regimen. Blinatumomab has its own form.
    """
    if slot.continuous:
        return offer_in_log(subject, record)
    visit = named(subject.protocol_version.protocol, "visits", slot.visit_key)
    if visit is None or visit.phase is None:
        return {}
    # the visits of a phase are planned from its first course: a further one has its doses in the log
    cycle = next((one for one in cycles_of_subject(subject) if one.phase == visit.phase), None)
    plans = plans_of(subject).get(cycle.pk) if cycle else None
    if cycle is None or cycle.performed_on is None or not plans:
        return {}
    days = days_of_visit(subject, visit, cycle.performed_on)
    saved = set(record.lines.filter(voided=False).values_list("drug", "given_on")) if record else set()
    lines = [line for line in lines_of(plans[-1], cycle.performed_on, days) if key_of(line) not in saved]
    return {"doses": lines}


def offer_in_log(subject: Subject, record: Any) -> Offer:
    """Planned doses, up to today, of the phase that began last before the day of the form, today for a new one.

    What any form of the subject reports is not offered again."""
    today = site_today(subject)
    day = (record.performed_on if record else None) or today
    began = [window for window in windows_of(cycles_of_subject(subject)) if window[1] <= day]
    if not began:
        return {}
    cycle, first, last = began[-1]
    plans = plans_of(subject).get(cycle.pk)
    days = range(1, (min(last, today) - first).days + 2)
    told = {(line.drug, line.on) for line in doses_given(subject)}
    offered = lines_of(plans[-1], first, days) if plans else []
    return {"doses": [line for line in offered if key_of(line) not in told]}


def gives_drugs(subject: Subject) -> bool:
    """Whether the phases of a subject give drugs that are reported as doses: any but blinatumomab."""
    regimens = {phase.regimen for phase in phases_of(subject)}
    planned = [one for one in subject.protocol_version.protocol.regimens if one.key in regimens]
    return any(drug.key != BLINATUMOMAB for one in planned for drug in one.drugs)


@dataclass(frozen=True)
class DoseForms:
    """Where the doses of a subject are entered: at the planned visit of their day if it stands open, else the log.

    `visits`: phase, day of the visit, address ("": not open any more), by their days."""

    in_log: str
    visits: Sequence[tuple[str, date, str]]

    def of_day(self, phase: str, first: date, last: date, on: date) -> str:
        """The form of a day of a course, `first` to `last`: that of the visit which reports on the day."""
        here = [(day, url) for key, day, url in self.visits if key == phase and first <= day <= last]
        before = [url for day, url in here if day <= on]
        return (before[-1] if before else here[0][1] if here else "") or self.in_log


def dose_forms(subject: Subject) -> DoseForms:
    """The forms in which doses can be entered now; a visit that has its form, or was not done, stands open no more."""
    closed = {one.visit_key for one in records_of(subject) if one.form_key == "EX" and one.visit_repeat == 1}
    closed |= {key for key, repeat in missed_visits(subject) if repeat == 1}
    found = []
    for visit in dose_visits(subject, {cycle.phase for cycle in cycles_of_subject(subject)}):
        day = target_of(subject, visit)
        if visit.phase and day:
            url = "" if visit.key in closed else Slot(subject.pk, visit.key, "EX").url()
            found.append((visit.phase, day, url))
    return DoseForms(reverse("new-log-form", args=[subject.pk, "EX"]), sorted(found, key=lambda one: one[1]))


def key_of(line: Mapping[str, Any]) -> tuple[str, date]:
    return line["drug"], line["given_on"]


def lines_of(plan: DosePlan, start: date, days: range) -> list[dict[str, Any]]:
    """The plan's doses on these days, day by day, each for the whole day."""
    found = []
    for dose in plan.doses.all():
        if dose.drug == BLINATUMOMAB or not dose.amount:
            continue
        for day in dose.days:
            if day in days:
                found.append(
                    {
                        "drug": dose.drug,
                        "given_on": start + timedelta(days=day - 1),
                        "prescribed": plain(dose.amount * dose.per_day),
                        "unit": dose.unit,
                    }
                )
    return sorted(found, key=lambda line: line["given_on"])


def days_of_visit(subject: Subject, visit: VisitPlan, start: date) -> range:
    """The days of the cycle (1 is the first) that a visit reports on."""
    visits = dose_visits(subject, {visit.phase})
    targets = {one.key: target_of(subject, one) for one in [*visits, visit]}
    own = targets[visit.key] or start
    before = [day for key, day in targets.items() if day is not None and day < own]
    after = [day for key, day in targets.items() if day is not None and day > own]
    first = (own - start).days + 1 if before else 1
    return range(max(1, first), (min(after) - start).days + 1 if after else 400)


def dose_visits(subject: Subject, phases: Collection[str | None]) -> list[VisitPlan]:
    """The visits of these phases at which the subject's doses are reported."""
    arms = ("", subject.arm)
    return [
        one
        for one in subject.protocol_version.protocol.visits
        if one.phase in phases
        and any(form.form == "EX" for form in one.forms)
        and (not one.arms or any(arm in one.arms for arm in arms))
    ]


def target_of(subject: Subject, visit: VisitPlan) -> date | None:
    """The target day of a visit's first time; None while its anchor is not known."""
    kind = visit.anchor.partition(":")[0]
    if kind not in registries.anchors:
        return None
    day = registries.anchor_dates([subject.pk], visit.anchor).get(subject.pk)
    if day is None:
        return None
    return (
        day + timedelta(days=visit.offset_days)
        if visit.offset_days is not None
        else add_months(day, visit.offset_months or 0)
    )

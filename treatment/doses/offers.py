"""The lines that a dose form prints: what the plan holds for the days of its visit."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from trialsite.casebook import registries
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot
from trialsite.casebook.versions import named
from trialsite.clinical.dates import add_months
from trialsite.studies.domain.protocol import BLINATUMOMAB, VisitPlan

from ..forms import plain
from ..models import DosePlan
from ..selectors import cycles_of_subject, plans_of

Offer = dict[str, list[dict[str, Any]]]


def offer_doses(subject: Subject, slot: Slot, record: Any) -> Offer:
    """Planned doses of this visit's days that no line of this form reports yet.

    The days of a visit go from its own day to the day before the next visit of the same phase that reports doses;
    the first one begins with day 1, the last one ends with the regimen. Blinatumomab has its own form.
    """
    visit = named(subject.protocol_version.protocol, "visits", slot.visit_key)
    if visit is None or visit.phase is None:
        return {}
    cycle = next((one for one in reversed(cycles_of_subject(subject)) if one.phase == visit.phase), None)
    plans = plans_of(subject).get(cycle.pk) if cycle else None
    if cycle is None or cycle.performed_on is None or not plans:
        return {}
    days = days_of_visit(subject, visit, cycle.performed_on)
    saved = set(record.lines.filter(voided=False).values_list("drug", "given_on")) if record else set()
    lines = [line for line in lines_of(plans[-1], cycle.performed_on, days) if key_of(line) not in saved]
    return {"doses": lines}


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
    arms = ("", subject.arm)
    visits = [
        one
        for one in subject.protocol_version.protocol.visits
        if one.phase == visit.phase
        and any(form.form == "EX" for form in one.forms)
        and (not one.arms or any(arm in one.arms for arm in arms))
    ]
    targets = {one.key: target_of(subject, one) for one in [*visits, visit]}
    own = targets[visit.key] or start
    before = [day for key, day in targets.items() if day is not None and day < own]
    after = [day for key, day in targets.items() if day is not None and day > own]
    first = (own - start).days + 1 if before else 1
    return range(max(1, first), (min(after) - start).days + 1 if after else 400)


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

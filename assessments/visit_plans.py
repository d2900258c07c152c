"""The planned visits of a subject: protocol, anchors and facts brought together; rows of the projection."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.models import Subject, Visit
from trialsite.casebook.names import anchor_name, numbered
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import (
    PlannedRow,
    PlannedSlot,
    anchor_dates,
    anchors,
    ends_of_follow_up,
    facts_of,
    forms,
)
from trialsite.casebook.selectors import current_records, missed_visits, records_of
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import evaluate, facts_named, parse_rule
from trialsite.studies.domain.protocol import Protocol, VisitPlan

from . import models
from .domain.schedule import END_OF_TREATMENT, PlannedVisit, Schedule, WaitingVisit, WaitsFor, plan_visits
from .standing import needless

DEATH = "DTH"


def schedule_of(subject: Subject) -> Schedule:
    """The schedule of one subject from what is recorded now."""
    protocol = subject.protocol_version.protocol
    with one_reading():
        anchors = anchors_of(subject.pk, protocol.visits)
        return plan_visits(protocol.visits, anchors, subject.arm or None, applies_to(subject, protocol))


def anchors_of(subject_id: UUID, plans: Iterable[VisitPlan]) -> dict[str, date | None]:
    """The date of every anchor that the visits name; None while it has not happened or no room records it."""
    plans = list(plans)
    names = (
        {plan.anchor for plan in plans} | {plan.until for plan in plans if plan.until} | {END_OF_TREATMENT}
    )
    return {name: anchor_date(subject_id, name) for name in sorted(names)}


def anchor_date(subject_id: UUID, name: str) -> date | None:
    if name.partition(":")[0] not in anchors:
        return None
    return anchor_dates([subject_id], name).get(subject_id)


def applies_to(subject: Subject, protocol: Protocol) -> Any:
    """Answers a visit's rule from the facts of one subject, each fact read once."""
    rules = {id(plan.when): parse_rule(plan.when) for plan in protocol.visits if plan.when is not None}
    names = {name for rule in rules.values() for name in facts_named(rule)}
    facts = facts_of(subject.pk, sorted(names))

    def applies(rule: Mapping[str, Any]) -> Truth:
        return evaluate(rules[id(rule)], facts).truth

    return applies


def done_days(subject: Subject) -> dict[tuple[str, int], date]:
    """Visit → the first day on which something of it was recorded; one query over all forms."""
    days: dict[tuple[str, int], date] = {}
    for line in records_of(subject):
        if line.performed_on is None:
            continue
        key = (line.visit_key, line.visit_repeat)
        days[key] = min(line.performed_on, days.get(key, line.performed_on))
    return days


def death_date(subject_id: UUID) -> date | None:
    """The day of death as far as one is recorded: nothing is expected after it."""
    kind = forms.get(DEATH)
    if kind is None:
        return None
    records = current_records(kind.model, [subject_id]).filter(form_key=DEATH).exclude(performed_on=None)
    return records.order_by("performed_on").values_list("performed_on", flat=True).first()


def end_of_follow_up(subject_id: UUID) -> date | None:
    """The day after which no visit is expected: of death, or of withdrawal from follow-up."""
    found = [source([subject_id]).get(subject_id) for source in ends_of_follow_up.values()]
    return min((day for day in (*found, death_date(subject_id)) if day is not None), default=None)


def derive_visits(subject: Subject) -> list[models.PlannedVisit]:
    """The rows of the projection for one subject, unsaved."""
    schedule, done, missed = schedule_of(subject), done_days(subject), missed_visits(subject)
    ended_on = end_of_follow_up(subject.pk)
    plans = {plan.key: plan for plan in subject.protocol_version.protocol.visits}
    rows = [dated_row(visit, done.get((visit.key, visit.repeat)), ended_on) for visit in schedule.planned]
    rows += [
        waiting_row(visit, plans[visit.key], done.get((visit.key, 1)), ended_on) for visit in schedule.waiting
    ]
    for row in rows:
        mark_missed(row, missed.get((row.key, row.repeat)))
    return rows


def mark_missed(row: models.PlannedVisit, visit: Visit | None) -> None:
    """Copy to a planned visit that it is recorded as not done, and why."""
    if visit is not None:
        row.missed, row.missed_reason, row.missed_text = True, visit.missed_reason, visit.missed_text


def dated_row(visit: PlannedVisit, done_on: date | None, ended_on: date | None) -> models.PlannedVisit:
    return models.PlannedVisit(
        key=visit.key,
        repeat=visit.repeat,
        name_en=visit.name.en,
        name_zh=visit.name.zh,
        target=visit.target,
        earliest=visit.earliest,
        latest=visit.latest,
        anchor=visit.anchor,
        phase=visit.phase or "",
        forms=[{"form": one.form, "required": one.required} for one in visit.forms],
        done_on=done_on,
        ended_on=ended_on,
    )


def waiting_row(
    visit: WaitingVisit, plan: VisitPlan, done_on: date | None, ended_on: date | None
) -> models.PlannedVisit:
    return models.PlannedVisit(
        key=visit.key,
        repeat=1,
        name_en=visit.name.en,
        name_zh=visit.name.zh,
        anchor=visit.anchor,
        waits_for=visit.waits_for.value,
        phase=plan.phase or "",
        forms=[{"form": one.form, "required": one.required} for one in plan.forms],
        done_on=done_on,
        ended_on=ended_on,
    )


def planned_rows(subject: Subject) -> Sequence[PlannedRow]:
    """The visits as the casebook page shows them, from the projection, brought up to date with the record.

    Visits with dates stand in the order of their dates; one that waits stands behind the visit that the protocol
    names before it. What a death has made needless is left out."""
    bring_up_to_date(Subject.objects.filter(pk=subject.pk))
    found = models.PlannedVisit.objects.filter(subject=subject).order_by("pk")
    visits = [visit for visit in found if not needless(visit)]
    protocol = subject.protocol_version.protocol
    plans = {plan.key: plan for plan in protocol.visits}
    language = get_language() or "en"
    rows = [row_of(visit, plans[visit.key], protocol, language) for visit in visits if not visit.waits_for]
    waiting = {visit.key: visit for visit in visits if visit.waits_for}
    before = ""
    for key in plans:
        if key in waiting:
            place = max((number + 1 for number, row in enumerate(rows) if row.key == before), default=0)
            rows.insert(place, row_of(waiting[key], plans[key], protocol, language))
        if any(row.key == key for row in rows):
            before = key
    return rows


def row_of(visit: models.PlannedVisit, plan: VisitPlan, protocol: Protocol, language: str) -> PlannedRow:
    """One visit in the reader's language; a visit of a series carries its number."""
    name = plan.name.in_language(language)
    return PlannedRow(
        key=visit.key,
        repeat=visit.repeat,
        name=numbered(name, visit.repeat) if plan.repeat and not visit.waits_for else name,
        target=visit.target,
        earliest=visit.earliest,
        latest=visit.latest,
        waiting_for=waiting_words(visit, protocol) if visit.waits_for else "",
        forms=tuple(PlannedSlot(one.form, one.required) for one in plan.forms),
    )


def waiting_words(visit: models.PlannedVisit, protocol: Protocol) -> str:
    """What a visit without a date waits for, as it ends the sentence "after …"."""
    if visit.waits_for == WaitsFor.RULE:
        return _("it is known whether it applies")
    return anchor_name(protocol, visit.anchor)

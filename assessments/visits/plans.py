"""The planned visits of a subject: protocol, anchors and facts brought together; rows of the projection."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.models import LOG, UNSCHEDULED, Subject, Visit
from trialsite.casebook.names import anchor_name, numbered
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.reading import one_reading, read_once
from trialsite.casebook.registries import (
    PlannedRow,
    PlannedSlot,
    anchor_dates,
    anchors,
    facts,
    follow_up_ends,
    forms,
)
from trialsite.casebook.selectors import RecordLine, current_records, missed_visits_of, records_of_subjects
from trialsite.casebook.site_day import site_today
from trialsite.casebook.versions import named
from trialsite.clinical.facts import Fact
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import evaluate, facts_named, parse_rule
from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import Protocol, VisitForm, VisitPlan
from trialsite.studies.models import ProtocolVersion

from .. import models
from ..domain.schedule import END_OF_TREATMENT, PlannedVisit, Schedule, WaitingVisit, WaitsFor, plan_visits
from ..domain.started import keep_started
from ..domain.working_days import SiteCalendar
from .standing import needless
from .working_days import calendar_of, suggested_words

DEATH = "DTH"
OFF_STUDY = "off_study"  # the anchor that enrolment gives
ADDED = "added"  # the anchor of an unscheduled visit: its day was chosen
UNSCHEDULED_NAME = Text("Unscheduled visit", "计划外访视")
Visits = dict[tuple[str, int], date]


@dataclass(frozen=True)
class Known:
    """What the schedules of some subjects rest on, read for all of them at once."""

    anchors: Mapping[str, Mapping[UUID, date]]
    facts: Mapping[str, Mapping[UUID, Fact]]
    lines: Mapping[UUID, Sequence[RecordLine]]
    missed: Mapping[UUID, Mapping[tuple[str, int], Visit]]
    ended: Mapping[UUID, date]
    added: Mapping[UUID, Sequence[Visit]]
    versions: Mapping[UUID, ProtocolVersion]


def known_of(subjects: Sequence[Subject], *others: ProtocolVersion) -> Known:
    """What is recorded of the subjects, as far as their versions and `others` ask for it.

    As many queries for many subjects as for one."""
    ids = [one.pk for one in subjects]
    lines = records_of_subjects(ids)
    versions = versions_of(subjects, others, lines)
    plans = [plan for version in versions.values() for plan in version.protocol.visits]
    names = (
        {plan.anchor for plan in plans} | {plan.until for plan in plans if plan.until} | {END_OF_TREATMENT}
    )
    asked = {name for plan in plans if plan.when for name in facts_named(parse_rule(plan.when))}
    with one_reading():
        return Known(
            anchors={
                name: anchor_dates(ids, name) for name in sorted(names) if name.partition(":")[0] in anchors
            },
            facts={name: facts[name].select(ids) for name in sorted(asked) if name in facts},
            lines=lines,
            missed=missed_visits_of(ids),
            ended=follow_up_ends(ids),
            added=added_visits_of(ids),
            versions=versions,
        )


def versions_of(
    subjects: Sequence[Subject],
    others: Iterable[ProtocolVersion],
    lines: Mapping[UUID, Sequence[RecordLine]],
) -> dict[UUID, ProtocolVersion]:
    """Every version that matters: those the subjects follow, `others`, and those under which something was entered."""
    found = {one.pk: one for one in [*others, *(subject.protocol_version for subject in subjects)]}
    entered = {line.protocol_version_id for some in lines.values() for line in some}
    return found | ProtocolVersion.objects.in_bulk(entered - set(found))


def schedule_of(subject: Subject) -> Schedule:
    """The schedule of one subject from what is recorded now."""
    return schedule_under(subject, subject.protocol_version, known_of([subject]))


def schedule_under(subject: Subject, version: ProtocolVersion, known: Known) -> Schedule:
    """The schedule of a subject if it follows a version: what began under another one stays as that one plans it."""
    begun = begun_under(known.lines[subject.pk], known.versions)
    others = {place: by for place, by in begun.items() if by.pk != version.pk}
    schedules = {one.pk: plain_schedule(subject, one, known) for one in {version, *others.values()}}
    then = {place: schedules[by.pk] for place, by in others.items()}
    kept = keep_started(schedules[version.pk], then, gone_forms(others.values(), version))
    return kept.with_visits(added_visit(one) for one in known.added[subject.pk])


def added_visits_of(subject_ids: Sequence[UUID]) -> dict[UUID, list[Visit]]:
    """The unscheduled visits of subjects, in the order in which they were added."""
    found: dict[UUID, list[Visit]] = {one: [] for one in subject_ids}
    for visit in Visit.objects.filter(subject_id__in=subject_ids, key=UNSCHEDULED).order_by("repeat"):
        found[visit.subject_id].append(visit)
    return found


def added_visit(visit: Visit) -> PlannedVisit:
    """An unscheduled visit as a planned one: its day is its window, and what it names is required."""
    assert visit.added_for is not None  # held by a constraint
    return PlannedVisit(
        key=visit.key,
        repeat=visit.repeat,
        name=UNSCHEDULED_NAME,
        target=visit.added_for,
        earliest=visit.added_for,
        latest=visit.added_for,
        anchor=ADDED,
        forms=tuple(VisitForm(form, True) for form in visit.added_forms.split()),
        phase=None,
        note=visit.added_why,
    )


def plain_schedule(subject: Subject, version: ProtocolVersion, known: Known) -> Schedule:
    """The schedule as one version alone would have it."""
    visits = version.protocol.visits
    anchored = {name: days.get(subject.pk) for name, days in known.anchors.items()}
    rules = {id(plan.when): parse_rule(plan.when) for plan in visits if plan.when is not None}
    facts_here = {
        name: found.get(subject.pk) or Fact.missing("NOT_RECORDED") for name, found in known.facts.items()
    }

    def applies(rule: Mapping[str, Any]) -> Truth:
        return evaluate(rules[id(rule)], facts_here).truth

    return plan_visits(visits, anchored, subject.arm or None, applies)


def begun_under(
    lines: Iterable[RecordLine], versions: Mapping[UUID, ProtocolVersion]
) -> dict[tuple[str, int], ProtocolVersion]:
    """Visit → the version under which it began: of those under which its forms were entered, the first loaded."""
    found: dict[tuple[str, int], ProtocolVersion] = {}
    for line in lines:
        if line.visit_key == LOG:
            continue
        place, version = (line.visit_key, line.visit_repeat), versions[line.protocol_version_id]
        known = found.get(place)
        if known is None or version.loaded_at < known.loaded_at:
            found[place] = version
    return found


def gone_forms(earlier: Iterable[ProtocolVersion], version: ProtocolVersion) -> set[str]:
    """The forms of the trial that a version no longer has."""
    had = {form.key for one in earlier for form in one.protocol.forms}
    return had - {form.key for form in version.protocol.forms}


def done_days(lines: Iterable[RecordLine]) -> Visits:
    """Visit → the first day on which something of it was recorded."""
    days: Visits = {}
    for line in lines:
        if line.performed_on is None:
            continue
        key = (line.visit_key, line.visit_repeat)
        days[key] = min(line.performed_on, days.get(key, line.performed_on))
    return days


def death_date(subject_id: UUID) -> date | None:
    """The day of death as far as one is recorded: nothing is expected after it."""
    return read_once(("death", subject_id), lambda: death_dates([subject_id]).get(subject_id))


def death_dates(subject_ids: Sequence[UUID]) -> dict[UUID, date]:
    """The same of many subjects: those of whom a death is recorded, each with its first day."""
    kind = forms.get(DEATH)
    if kind is None:
        return {}
    records = current_records(kind.model, subject_ids).filter(form_key=DEATH).exclude(performed_on=None)
    return dict(records.order_by("-performed_on").values_list("subject_id", "performed_on"))


def derive_visits(subject: Subject) -> list[models.PlannedVisit]:
    """The rows of the projection for one subject, unsaved."""
    known = known_of([subject])
    schedule = schedule_under(subject, subject.protocol_version, known)
    done, missed, ended_on = (
        done_days(known.lines[subject.pk]),
        known.missed[subject.pk],
        known.ended.get(subject.pk),
    )
    protocol = subject.protocol_version.protocol
    rows = [dated_row(visit, done.get((visit.key, visit.repeat)), ended_on) for visit in schedule.planned]
    rows += [
        waiting_row(visit, named(protocol, "visits", visit.key), done.get((visit.key, 1)), ended_on)
        for visit in schedule.waiting
    ]
    filled = {(line.visit_key, line.visit_repeat, line.form_key) for line in known.lines[subject.pk]}
    for row in rows:
        mark_missed(row, missed.get((row.key, row.repeat)))
        row.open_forms = sum(
            one["required"] and (row.key, row.repeat, one["form"]) not in filled for one in row.forms
        )
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
        note=visit.note,
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
    names before it. What a death or the end of the study part has made needless is left out."""
    bring_up_to_date(Subject.objects.filter(pk=subject.pk))
    found = models.PlannedVisit.objects.filter(subject=subject).order_by("pk")
    visits = [visit for visit in found if not needless(visit)]
    protocol = subject.protocol_version.protocol
    plans = {one.key: named(protocol, "visits", one.key) for one in visits}
    language = get_language() or "en"
    site, today = calendar_of(subject.study_id, subject.site_id), site_today(subject)
    rows = [
        row_of(visit, plans[visit.key], protocol, language, site, today)
        for visit in visits
        if not visit.waits_for
    ]
    waiting = {visit.key: visit for visit in visits if visit.waits_for}
    before = ""
    for key in dict.fromkeys([*(plan.key for plan in protocol.visits), *plans]):
        if key in waiting:
            place = max((number + 1 for number, row in enumerate(rows) if row.key == before), default=0)
            rows.insert(place, row_of(waiting[key], plans[key], protocol, language, site, today))
        if any(row.key == key for row in rows):
            before = key
    return rows


def row_of(
    visit: models.PlannedVisit,
    plan: VisitPlan | None,
    protocol: Protocol,
    language: str,
    site: SiteCalendar,
    today: date,
) -> PlannedRow:
    """One visit in the reader's language; a visit of a series carries its number. plan: None of an unscheduled one."""
    name = (plan.name if plan else UNSCHEDULED_NAME).in_language(language)
    series = plan is None or plan.repeat
    return PlannedRow(
        key=visit.key,
        repeat=visit.repeat,
        name=numbered(name, visit.repeat) if series and not visit.waits_for else name,
        target=visit.target,
        earliest=visit.earliest,
        latest=visit.latest,
        waiting_for=waiting_words(visit, protocol) if visit.waits_for else "",
        forms=tuple(PlannedSlot(one["form"], one["required"]) for one in visit.forms),
        suggested=suggested_words(visit, site, today),
        note=visit.note,
    )


def waiting_words(visit: models.PlannedVisit | WaitingVisit, protocol: Protocol) -> str:
    """What a visit without a date waits for, as it ends the sentence "after …"."""
    if visit.waits_for == WaitsFor.RULE:
        return _("it is known whether it applies")
    return anchor_name(protocol, visit.anchor)

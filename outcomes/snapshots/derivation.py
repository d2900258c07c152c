"""What a data cut derives: endpoints and courses of every subject, read as its heads leave the record."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from assessments.models import PlannedVisit
from assessments.visits.plans import derive_visits
from trialsite.audit import acting
from trialsite.audit.as_of import as_of
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import left_out
from trialsite.studies.domain.protocol import Protocol

from ..domain.adjudication import adjudicated
from ..domain.cut_rows import Who, endpoint_row, text, until
from ..domain.endpoints import derive
from ..domain.history import History
from ..domain.results import EndpointResult, reason_sentence
from ..figures import Counted
from ..histories import history_of
from ..models import DataCut
from ..results import day
from .safety import deviation_rows, event_rows, persons_of

STEPS = 10  # each step folds the trail once
AT_LEAST = 100  # subjects in a step
Progress = Callable[[int, int], None]


@dataclass
class Derived:
    """All of a cut: lines of the files, counted times of the figures, and the protocol that speaks for the study."""

    protocol: Protocol
    endpoints: list[dict[str, str]] = field(default_factory=list)
    courses: list[dict[str, str]] = field(default_factory=list)
    events: list[dict[str, str]] = field(default_factory=list)
    deviations: list[dict[str, str]] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    left_out: int = 0


def derived(cut: DataCut, progress: Progress = lambda done, total: None) -> Derived:
    """Derive everything of a cut from its heads, some subjects at a time; each step in a transaction of its own."""
    with record_of(cut):
        subjects = subjects_of(cut)
        ids = list(subjects.values_list("pk", flat=True))
        everybody = Subject.objects.filter(study=cut.study_id, screened_on__lte=cut.cut_off).count()
        found = Derived(cut.protocol_version.protocol, left_out=everybody - len(ids))
        found.deviations += deviation_rows(cut, set(ids))
    progress(0, len(ids))
    size = max(AT_LEAST, -(-len(ids) // STEPS))
    for first in range(0, len(ids), size):
        with record_of(cut):
            derive_some(cut, ids[first : first + size], found)
        progress(min(first + size, len(ids)), len(ids))
    return found


@contextmanager
def record_of(cut: DataCut) -> Iterator[None]:
    """Inside, the record stands as the heads of the cut leave it, whole, whoever asked."""
    with acting(role="system"), as_of(cut.taken_at, unseen=requests_beyond(cut)), one_reading(anew=True):
        yield


def requests_beyond(cut: DataCut) -> list[str]:
    """The requests of before the cut of which its heads hold nothing: they were not committed yet."""
    positions = {chain: position for chain, position, _hash in cut.heads}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT study_requests_beyond(%s, %s::jsonb, %s)",
            [cut.study_id, json.dumps(positions), cut.taken_at],
        )
        return cursor.fetchone()[0]


def subjects_of(cut: DataCut) -> QuerySet[Subject]:
    """The subjects of the cut: screened by its cut-off, the use of their data not withdrawn."""
    found = Subject.objects.filter(study=cut.study_id, screened_on__lte=cut.cut_off)
    for ids in left_out.values():
        found = found.exclude(pk__in=ids())
    return found.order_by("screening_number", "pk")


def derive_some(cut: DataCut, ids: Sequence[UUID], found: Derived) -> None:
    """Derive some subjects and add them to what is found, in their order."""
    subjects = subjects_of(cut).filter(pk__in=ids).select_related("site", "study", "protocol_version")
    listed = list(subjects)
    plan_visits_of(listed)
    histories = history_of([one.pk for one in listed])
    persons = persons_of([one.pk for one in listed])
    named = {one.pk: Who(str(one.pk), one.usubjid, one.number, one.site.key) for one in listed}
    found.events += event_rows(cut, named)
    for subject in listed:
        who, history = named[subject.pk], histories[subject.pk]
        course = course_row(subject, adjudicated(history), cut.cut_off)
        found.courses.append({**who.columns, **course, **persons[subject.pk]})
        for plan in subject.protocol_version.protocol.analyses:
            result = derive(plan, history, cut.cut_off)
            found.endpoints.append(
                endpoint_row(who, result, reason_sentence(result.reason_code, result.params))
            )
            if result.in_set:
                found.counted.append(counted(subject, result))


def plan_visits_of(subjects: Sequence[Subject]) -> None:
    """Plan the visits anew, on the shadow of their table: the one derived table that endpoints rest on."""
    rows: list[PlannedVisit] = []
    for subject in subjects:
        with one_reading(anew=True):
            planned = list(derive_visits(subject))
        for row in planned:
            row.subject_id, row.study_id, row.site_id = subject.pk, subject.study_id, subject.site_id
        rows += planned
    PlannedVisit.objects.bulk_create(rows)


def course_row(subject: Subject, history: History, cut_off: date) -> dict[str, str]:
    """The landmarks of one subject up to the cut-off; its state as it is recorded, before its enrolment "screening"."""
    enrolled = until(subject.enrolled_on, cut_off)
    relapses = [one.earliest for one in history.relapses]
    treated: Any = [one for one in (day(history.c1d1), day(history.hsct_d0)) if one]
    return {
        "arm": subject.arm,
        "protocol_version": text(subject.protocol_version.version),
        "state": "screening" if subject.enrolled_on and not enrolled else subject.state,
        "screened_on": until(subject.screened_on, cut_off),
        "enrolled_on": enrolled,
        "randomised_on": until(day(history.randomised_on), cut_off),
        "treated_on": until(min(treated, default=None), cut_off),
        "in_crc_on": until(day(history.first_crc), cut_off),
        "transplanted_on": until(day(history.hsct_d0), cut_off),
        "relapsed_on": until(min(relapses, default=None), cut_off),
        "died_on": (died_on := until(day(history.death), cut_off)),
        "death_cause": history.death.cause if history.death and died_on else "",
        "withdrawn_on": until(day(history.follow_up_withdrawn), cut_off),
    }


def counted(subject: Subject, found: EndpointResult) -> Counted:
    return Counted(
        found.endpoint, subject.arm, found.days, found.status.value, found.cause, found.event_type or "", 1
    )

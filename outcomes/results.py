"""From the record to the derived tables: every endpoint of the subject's protocol, and the subject's course."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import uuid5

from trialsite.casebook.models import Subject
from trialsite.clinical.facts import ItemAddress

from .domain.adjudication import adjudicated
from .domain.endpoints import derive
from .domain.history import Dated, History
from .domain.results import EndpointResult as Derived
from .histories import history_of
from .models import EndpointResult, SubjectCourse
from .swimmer.reading import outlines_of


def derive_results(subject: Subject) -> list[EndpointResult]:
    """The endpoints of one subject from its record as it stands, without a data cut-off; unsaved."""
    history = history_of([subject.pk])[subject.pk]
    subject.__dict__["_history"] = history  # the course, derived next from the record, takes it from here
    return list(results_from(subject, history))


def results_from(subject: Subject, history: History) -> Iterator[EndpointResult]:
    for plan in subject.protocol_version.protocol.analyses:
        yield as_row(subject, derive(plan, history))


def as_row(subject: Subject, found: Derived) -> EndpointResult:
    """A derived endpoint as the table keeps it."""
    return EndpointResult(
        id=uuid5(subject.pk, found.endpoint),  # the same each time it is derived anew
        endpoint=found.endpoint,
        arm=subject.arm,
        in_set=found.in_set,
        status=found.status.value,
        origin=found.origin,
        ended_on=found.date,
        days=found.days,
        cause=found.cause,
        event_type=found.event_type or "",
        reason_code=found.reason_code,
        params=dict(found.params),
        sources=[address(one) for one in found.sources],
        missing=list(found.missing),
        imputed=found.imputed,
    )


def address(one: ItemAddress) -> list[str]:
    """An item address as JSON keeps it: table, row id, item."""
    return [one.table, one.row_id, one.item]


def derive_course(subject: Subject) -> Iterable[SubjectCourse]:
    """The landmarks of one subject's way through the study; unsaved."""
    history = adjudicated(subject.__dict__.pop("_history", None) or history_of([subject.pk])[subject.pk])
    (outline,) = outlines_of([subject])
    yield SubjectCourse(
        arm=subject.arm,
        state=subject.state,
        screened_on=subject.screened_on,
        enrolled_on=subject.enrolled_on,
        randomised_on=day(history.randomised_on),
        started_on=day(history.c1d1),
        treated_on=min(filter(None, (day(history.c1d1), day(history.hsct_d0))), default=None),
        in_crc_on=day(history.first_crc),
        transplanted_on=day(history.hsct_d0),
        relapsed_on=min((one.earliest for one in history.relapses), default=None),
        died_on=day(history.death),
        withdrawn_on=day(history.follow_up_withdrawn),
        ended_on=outline.ended_on,
        best_response=outline.best,
        last_mrd=outline.mrd,
    )


def day(found: Dated | None) -> date | None:
    """The first possible day of something."""
    one: Any = found
    return one.earliest if one is not None else None

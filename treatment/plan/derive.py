"""The step of each subject on its path, derived for the inbox."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from trialsite.casebook.models import Subject
from trialsite.casebook.versions import named

from ..domain.path import TRANSPLANT
from ..domain.planned import first_without_last_day, next_start, planned_starts
from ..models import TreatmentStep
from .paths import Standing, enrolled, graft_plans, phases_of, standing_of


def derive_step(subject: Subject) -> Iterator[TreatmentStep]:
    """One row while the subject is enrolled and its arm is known."""
    if not enrolled(subject) or not phases_of(subject):
        return
    standing = standing_of(subject)
    run, following = standing.current, standing.following
    unended, over_on = first_without_last_day(standing.phases, standing.runs) or (None, None)
    yield TreatmentStep(
        phase=run.phase if run else "",
        started_on=run.start if run else None,
        ended_on=run.end if run else None,
        next_kind=following.kind,
        next_phase=following.phase,
        missing=list(following.missing),
        due=planned_start(subject, standing),
        decided=standing.decision.kind if standing.decision else "",
        decided_phase=standing.decision.chosen_phase if standing.decision else "",
        decide_on=standing.decide_on,
        unended_id=UUID(unended.cycle) if unended else None,
        over_on=over_on,
    )


def planned_start(subject: Subject, standing: Standing) -> date | None:
    """When the next phase is planned to begin: after the days of the last one and the rest after it, a transplantation
    on the day that the donor's form plans; None when that is open."""
    run, key = standing.last, standing.next_phase
    if any(phase.key == key and phase.kind == TRANSPLANT for phase in standing.phases):
        planned = planned_starts(
            standing.phases, standing.runs, [key], date.min, graft_plans([subject.pk])[subject.pk]
        )
        start = planned.get((key, None))
        return None if start is None or start.open else start.on
    if run is None:
        return subject.enrolled_on
    phase = named(subject.protocol_version.protocol, "phases", run.phase)
    return next_start(phase, run) if phase else None

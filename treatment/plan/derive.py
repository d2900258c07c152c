"""The step of each subject on its path, derived for the inbox."""

from collections.abc import Iterator
from datetime import date

from trialsite.casebook.models import Subject
from trialsite.casebook.versions import named

from ..domain.path import PhaseRun
from ..domain.planned import next_start
from ..models import TreatmentStep
from .paths import enrolled, phases_of, standing_of


def derive_step(subject: Subject) -> Iterator[TreatmentStep]:
    """One row while the subject is enrolled and its arm is known."""
    if not enrolled(subject) or not phases_of(subject):
        return
    standing = standing_of(subject)
    run, following = standing.current, standing.following
    yield TreatmentStep(
        phase=run.phase if run else "",
        started_on=run.start if run else None,
        ended_on=run.end if run else None,
        next_kind=following.kind,
        next_phase=following.phase,
        missing=list(following.missing),
        due=planned_start(subject, run),
        decided=standing.decision.kind if standing.decision else "",
        decided_phase=standing.decision.chosen_phase if standing.decision else "",
    )


def planned_start(subject: Subject, run: PhaseRun | None) -> date | None:
    """When the next phase is planned to begin: after this one's days and the rest after it; None when that is open."""
    if run is None:
        return subject.enrolled_on
    phase = named(subject.protocol_version.protocol, "phases", run.phase)
    return next_start(phase, run) if phase else None

"""A phase that starts: whether it was decided, whether the protocol allows it, and what deviates."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.names import phase_name
from trialsite.casebook.registries import Finding
from trialsite.deviations.services import draft_deviation
from trialsite.deviations.states import DeviationKind, Weight

from ..domain.path import PRE_PHASE, PhaseRun, current_run, may_follow, planned_runs
from ..domain.planned import earliest_start, next_start
from ..doses.services import plan_first_doses
from ..models import CycleStart, PhaseDecision
from .decisions import phase_offered
from .paths import decision_after, phases_of, runs_of

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]


def started(record: CycleStart, by: User) -> None:
    """What follows the start of a phase: its planned doses, and a deviation where the protocol or the decision has
    something else. The first phase on record drafts none: what came before it may be entered later."""
    plan_first_doses(record, by)
    phase = phase_offered(record.subject, record.phase)
    if phase is None or record.performed_on is None:
        return
    if phase.forbidden:
        draft(record, by, "phase.forbidden", lambda: forbidden_words(record), phase.deviation)
        return
    before, decision = before_and_decided(record)
    if decision is not None:
        if decision.chosen_phase != record.phase:
            draft(record, by, "phase.against_decision", lambda: against_words(record, decision), Weight.MINOR)
    elif before and record.phase not in may_follow(phases_of(record.subject), before):
        draft(record, by, "phase.not_next", lambda: not_next_words(record, before), Weight.MINOR)


def before_and_decided(record: CycleStart) -> tuple[str, PhaseDecision | None]:
    """The phase that ran when this one began ("" for none), and the decision that held after it."""
    phases = phases_of(record.subject)
    others = [
        run
        for run in planned_runs(phases, runs_of(record.subject))
        if run.cycle != str(record.pk) and record.performed_on and run.start <= record.performed_on
    ]
    own = [run for run in others if run.cycle or run.phase != record.phase]  # not its own graft or cells
    run = current_run(phases, own)
    return (run.phase if run else ""), decision_after(record.subject, run)


def draft(record: CycleStart, by: User, rule: str, words: Any, weight: str) -> None:
    assert record.performed_on is not None
    draft_deviation(
        subject=record.subject,
        kind=DeviationKind.TREATMENT,
        rule=rule,
        evidence=words,
        occurred_on=record.performed_on,
        weight=weight,
        sources=[record.address("phase")],
        by=by,
    )


def forbidden_words(record: CycleStart) -> str:
    phase = phase_offered(record.subject, record.phase)
    assert phase is not None
    return _("%(phase)s was started on %(day)s. %(rule)s.") % {
        "phase": phase.name.in_language(get_language() or "en"),
        "day": record.performed_on,
        "rule": phase.starts.in_language(get_language() or "en"),
    }


def against_words(record: CycleStart, decision: PhaseDecision) -> str:
    return _("%(phase)s was started on %(day)s; decided on %(decided_on)s: %(decided)s.") % {
        "phase": record.get_phase_display(),
        "day": record.performed_on,
        "decided_on": decision.decided_on,
        "decided": decision.chosen_words,
    }


def not_next_words(record: CycleStart, before: str) -> str:
    """The phase that does not follow, and after which one."""
    return _(
        "%(phase)s was started on %(day)s; by the protocol it does not follow %(before)s, and nobody decided so."
    ) % {
        "phase": record.get_phase_display(),
        "day": record.performed_on,
        "before": phase_name(record.subject.protocol_version.protocol, before),
    }


def phase_before(values: Values, subject: Subject) -> PhaseRun | None:
    """The phase that ran when the one that is typed began; None before the first, without a day, or where this phase
    stands with this day already (its form is corrected)."""
    day, key = values.get("performed_on"), values.get("phase")
    if not isinstance(day, date) or not key:
        return None
    phases = phases_of(subject)
    runs = planned_runs(phases, runs_of(subject))
    if any(run.phase == key and run.start == day for run in runs):
        return None
    earlier = [run for run in runs if run.start <= day]
    found = current_run(phases, earlier)
    if (
        found is not None and found.phase == key
    ):  # its own day is corrected, unless it is repeated without a decision
        before = current_run(phases, [run for run in earlier if run is not found])
        decision = decision_after(subject, before)
        if before is None or (decision is not None and decision.chosen_phase == key):
            return None
    return found


@edit_check(gettext_lazy("A phase that was decided"), hard=False)
def phase_was_decided(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """The phase is the one that the investigator decided; before the first phase nothing is decided."""
    key = str(values.get("phase") or "")
    phase = phase_offered(subject, key)
    if phase is not None and phase.forbidden:
        yield Finding("phase", phase.starts.in_language(get_language() or "en"))
        return
    run = phase_before(values, subject)
    before = phase_offered(subject, run.phase) if run else None
    if phase is None or before is None or before.kind == PRE_PHASE:
        return
    decision = decision_after(subject, run)
    if decision is None:
        name = before.name.in_language(get_language() or "en")
        yield Finding("phase", _("No investigator has decided what follows %(phase)s.") % {"phase": name})
    elif decision.chosen_phase != key:
        said = {"day": decision.decided_on.isoformat(), "decided": decision.chosen_words}
        yield Finding("phase", _("The investigator decided otherwise on %(day)s: %(decided)s.") % said)


@edit_check(gettext_lazy("A late start has its reason"), hard=False)
def late_start_has_a_reason(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A phase that begins later than planned by more than its window says why; one that begins before the days of
    rest are over is asked about."""
    phase, run = phase_offered(subject, str(values.get("phase") or "")), phase_before(values, subject)
    before = phase_offered(subject, run.phase) if run else None
    if phase is None or run is None or before is None or before.kind == PRE_PHASE:
        return
    day = values["performed_on"]
    planned, earliest = next_start(before, run), earliest_start(before, run)
    late = (day - planned).days if planned else 0
    if phase.late_after is not None and late > phase.late_after and not values.get("delay_reason"):
        yield Finding("delay_reason", late_words(planned, late))
    if earliest is not None and day < earliest:
        yield Finding("performed_on", rest_words(before.rest_days, earliest))


def late_words(planned: date | None, late: int) -> str:
    return _("Planned for %(planned)s, %(n)s days earlier: say why it began later.") % {
        "planned": planned.isoformat() if planned else "—",
        "n": late,
    }


def rest_words(days: int, earliest: date) -> str:
    return _("The protocol asks for %(n)s days after the phase before: not before %(day)s.") % {
        "n": days,
        "day": earliest.isoformat(),
    }

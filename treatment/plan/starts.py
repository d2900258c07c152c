"""A phase that starts: whether it was decided, whether the protocol allows it, and what deviates."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.casebook.edit_checks import EditCheck, edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.names import form_title, phase_name
from trialsite.casebook.registries import Finding
from trialsite.deviations.services import draft_deviation
from trialsite.deviations.states import DeviationKind, Weight
from trialsite.studies.domain.protocol import Phase

from ..domain.path import PRE_PHASE, PhaseRun, current_run, may_follow, planned_runs
from ..domain.planned import WITHOUT_LAST_DAY, earliest_start, next_start
from ..doses.services import plan_first_doses
from ..models import CellTherapy, CycleStart, PhaseDecision, Transplant
from .decisions import phase_offered
from .paths import (
    begun_of,
    cycles_of,
    decision_after,
    end_of_treatment,
    phases_of,
    runs_of,
    starts_by_form,
    untold_repeats,
)

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]
Start = CycleStart | Transplant | CellTherapy


def started(record: CycleStart, by: User) -> None:
    """What follows the start of a phase: its planned doses, and a deviation where the protocol or the decision has
    something else. The first phase on record drafts none: what came before it may be entered later."""
    plan_first_doses(record, by)
    if record.performed_on is None:
        return
    phase = phase_offered(record.subject, record.phase)
    forms = starts_by_form([record.subject_id])[record.subject_id]
    _on, graft = forms.get(phase.kind if phase else "", (None, None))
    judged = graft is not None and graft.pk < record.pk  # the graft or the cells told of this start first
    if not judged:
        draft_departures(record, record.phase, record.performed_on, "phase", by)


def begun_by_form(record: Transplant | CellTherapy, by: User) -> None:
    """The same where the form of a graft or of cells tells that a phase began, and nobody entered its start; of a
    further graft or further cells as well."""
    for one in (*begun_of([record.subject])[record.subject_id], *untold_repeats(record.subject)):
        if one.record.pk == record.pk:
            draft_departures(record, one.phase, one.on, "performed_on", by)


def draft_departures(record: Start, key: str, on: date, item: str, by: User) -> None:
    """A deviation where the phase that began (key; "" for none of the arm) is not the one decided, or to follow."""
    subject = record.subject
    draft = partial(draft_of, record, on, item, by)
    phase = phase_offered(subject, key) if key else None
    if not key and not ended_before(subject, on):
        draft("phase.forbidden", lambda: no_phase_words(record, on), Weight.MINOR)
    if phase is None:
        return
    if phase.forbidden:
        draft("phase.forbidden", lambda: forbidden_words(phase, on), phase.deviation)
        return
    before, decision = before_and_decided(record, key, on)
    if decision is not None:
        if decision.chosen_phase != key:
            draft("phase.against_decision", lambda: against_words(phase, on, decision), Weight.MINOR)
    elif before and key not in may_follow(phases_of(subject), before):
        draft("phase.not_next", lambda: not_next_words(subject, phase, on, before), Weight.MINOR)


def ended_before(subject: Subject, on: date) -> bool:
    """Whether protocol treatment had ended: what comes then is no treatment of the protocol."""
    ended = end_of_treatment(subject)
    return ended is not None and ended.performed_on is not None and ended.performed_on <= on


def before_and_decided(record: Start, key: str, on: date) -> tuple[str, PhaseDecision | None]:
    """The phase that ran when this one began ("" for none), and the decision that held after it."""
    phases = phases_of(record.subject)
    others = [
        run
        for run in planned_runs(phases, runs_of(record.subject))
        if run.cycle != str(record.pk) and run.start <= on
    ]
    own = [run for run in others if run.cycle or run.phase != key or run.start < on]  # not its own form
    run = current_run(phases, own)
    return (run.phase if run else ""), decision_after(record.subject, run)


def draft_of(record: Start, on: date, item: str, by: User, rule: str, words: Any, weight: str) -> None:
    draft_deviation(
        subject=record.subject,
        kind=DeviationKind.TREATMENT,
        rule=rule,
        evidence=words,
        occurred_on=on,
        weight=weight,
        sources=[record.address(item)],
        by=by,
    )


def name_of(phase: Phase) -> str:
    return phase.name.in_language(get_language() or "en")


def no_phase_words(record: Start, on: date) -> str:
    """A transplantation or cells for which the subject's arm has no phase."""
    title = form_title(record.subject.protocol_version.protocol, record.form_key)
    return _("%(form)s: begun on %(day)s; the protocol has no such phase for this subject.") % {
        "form": title,
        "day": on,
    }


def forbidden_words(phase: Phase, on: date) -> str:
    return _("%(phase)s was started on %(day)s. %(rule)s.") % {
        "phase": name_of(phase),
        "day": on,
        "rule": phase.starts.in_language(get_language() or "en"),
    }


def against_words(phase: Phase, on: date, decision: PhaseDecision) -> str:
    return _("%(phase)s was started on %(day)s; decided on %(decided_on)s: %(decided)s.") % {
        "phase": name_of(phase),
        "day": on,
        "decided_on": decision.decided_on,
        "decided": decision.chosen_words,
    }


def not_next_words(subject: Subject, phase: Phase, on: date, before: str) -> str:
    """The phase that does not follow, and after which one."""
    return _(
        "%(phase)s was started on %(day)s; by the protocol it does not follow %(before)s, and nobody decided so."
    ) % {
        "phase": name_of(phase),
        "day": on,
        "before": phase_name(subject.protocol_version.protocol, before),
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


def decided_by_form(kind: str, began: str, day0: Callable[[Values], date | None]) -> EditCheck:
    """The same of a graft or of cells by their own form, where no start of such a phase is entered by day 0.

    kind: of the phase. began: the item of its first day where that lies before day 0. day0: None if nothing began."""

    @edit_check(gettext_lazy("A phase that was decided"), key="phase-was-decided", hard=False)
    def check(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        day = day0(values)
        if day is None:
            return
        keys = [phase.key for phase in phases_of(subject) if phase.kind == kind]
        on = values.get(began) or day
        if not keys and not ended_before(subject, on):
            yield Finding("performed_on", _("The protocol has no such phase for this subject."))
        told = [one for one in cycles_of([subject.pk])[subject.pk] if one.phase in keys]
        if keys and not any(one.performed_on and one.performed_on <= day for one in told):
            typed = {"phase": keys[0], "performed_on": on}
            yield from (replace(one, item="performed_on") for one in phase_was_decided(typed, {}, subject))

    return check


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


@edit_check(gettext_lazy("An early start is meant"), hard=False)
def early_start_is_meant(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A phase that begins earlier than planned by more than its window is asked about, with the day of its plan."""
    phase, run = phase_offered(subject, str(values.get("phase") or "")), phase_before(values, subject)
    before = phase_offered(subject, run.phase) if run else None
    if phase is None or run is None or before is None or before.kind in (PRE_PHASE, *WITHOUT_LAST_DAY):
        return
    planned = next_start(before, run)
    early = (planned - values["performed_on"]).days if planned else 0
    if planned is None or phase.late_after is None or early <= phase.late_after:
        return
    told = {"planned": planned.isoformat(), "n": early, "phase": name_of(before)}
    if run.cycle and run.end is None:
        words = _("Planned for %(planned)s, %(n)s days later; the last day of %(phase)s is not recorded.")
    else:
        words = _("Planned for %(planned)s, %(n)s days later.")
    yield Finding("performed_on", words % told)


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

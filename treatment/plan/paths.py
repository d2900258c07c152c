"""Where subjects stand on the path of their arm: phases that began, and what follows by the protocol."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from assessments.visits.plans import death_date
from trialsite.casebook import registries
from trialsite.casebook.domain.paper import from_paper
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.selectors import current_records, standing_records
from trialsite.casebook.states import SubjectState
from trialsite.casebook.versions import named
from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import Phase, Protocol

from ..domain.path import (
    NextKind,
    NextStep,
    PathStep,
    PhaseRun,
    current_run,
    facts_of_branches,
    next_step,
    path,
    planned_runs,
    with_begun,
)
from ..domain.planned import Course, GraftPlan, PlannedStart, decision_day, planned_starts
from ..models import CellTherapy, CycleStart, Donor, EndOfTreatment, PhaseDecision, Transplant
from ..models.cells import CellStep

NOT_ENROLLED = Text("Not enrolled yet.", "尚未入组。")
NOT_RANDOMISED = Text("Not randomised yet.", "尚未随机分组。")
DIED = Text("The subject has died; no treatment follows.", "受试者已死亡，不再有后续治疗。")
WITHDRAWN = Text(
    "Consent to treatment was withdrawn; no treatment follows.", "已撤回治疗同意，不再有后续治疗。"
)
ENDED = Text("Protocol treatment has ended; follow-up goes on.", "方案治疗已结束，继续随访。")
OVER = (NOT_ENROLLED, NOT_RANDOMISED, DIED, WITHDRAWN, ENDED)  # nothing is proposed, nothing is to be decided


@dataclass(frozen=True)
class Standing:
    """A subject's path: its phases and their courses with their states, what follows by the protocol, and what was
    decided (None: nothing for this phase).

    current: the phase it is in. last: the one that what follows is read from, which is not one that the protocol
    forbids. decide_on: the day from which a decision is due, None where none is."""

    phases: tuple[Phase, ...]
    steps: tuple[PathStep, ...]
    runs: tuple[PhaseRun, ...]
    current: PhaseRun | None
    last: PhaseRun | None
    following: NextStep
    ended: EndOfTreatment | None
    decision: PhaseDecision | None
    decide_on: date | None

    @property
    def next_phase(self) -> str:
        """The phase that was decided, else the one that follows clearly; "" where neither is a phase."""
        if self.decision is not None:
            return self.decision.chosen_phase
        return self.following.phase if self.following.kind is NextKind.CLEAR else ""


@dataclass(frozen=True)
class Begun:
    """A phase that began, its days, and the form that says so. `phase` is "" of a transplantation or of cells for which
    the subject's arm has no phase."""

    phase: str
    on: date
    ended_on: date | None
    record: CycleStart | Transplant | CellTherapy

    @property
    def cycle(self) -> str:
        """The record of its start; "" where its own form tells it."""
        return str(self.record.pk) if isinstance(self.record, CycleStart) else ""


def phases_of(subject: Subject) -> tuple[Phase, ...]:
    """The phases of the subject's arm in their order, with those that began before an amendment dropped them.

    None while an arm is still to be drawn."""
    return phases_with(subject, cycles_of([subject.pk])[subject.pk])


def phases_with(subject: Subject, cycles: Sequence[CycleStart]) -> tuple[Phase, ...]:
    """The same with the starts of phases at hand."""
    protocol: Protocol = subject.protocol_version.protocol
    arms = {arm.key: arm for arm in protocol.arms}
    arm = arms.get(subject.arm) or (protocol.arms[0] if len(arms) == 1 else None)
    if arm is None:
        return ()
    begun = [cycle.phase for cycle in cycles]
    gone = {
        key: phase for key in begun if key not in arm.phases and (phase := named(protocol, "phases", key))
    }
    return with_begun([protocol.phase_of(key) for key in arm.phases], begun, gone)


def cycles_of(subject_ids: Sequence[UUID]) -> dict[UUID, list[CycleStart]]:
    """The phases that have a form of their start, of many subjects, by their first day."""
    begun = standing_records(CycleStart, subject_ids)
    found: dict[UUID, list[CycleStart]] = defaultdict(list)
    for one, cycles in begun.items():
        found[one] = [cycle for cycle in cycles if cycle.performed_on is not None]
    return found


def begun_of(subjects: Sequence[Subject]) -> dict[UUID, list[Begun]]:
    """The phases of many subjects that began, by their first day; the protocols are at hand.

    A transplantation or cell therapy counts from its own form where nobody entered the start of such a phase."""
    ids = [one.pk for one in subjects]
    cycles, by_form = cycles_of(ids), starts_by_form(ids)
    found: dict[UUID, list[Begun]] = {}
    for subject in subjects:
        own = cycles[subject.pk]
        phases = phases_with(subject, own)
        begun = [Begun(one.phase, one.performed_on, one.ended_on, one) for one in own if one.performed_on]
        for kind, (on, record) in by_form[subject.pk].items():
            keys = [phase.key for phase in phases if phase.kind == kind]
            if not {one.phase for one in begun} & set(keys):
                begun.append(Begun(next(iter(keys), ""), on, None, record))
        found[subject.pk] = sorted(begun, key=lambda one: one.on)
    return found


def runs_of(subject: Subject) -> tuple[PhaseRun, ...]:
    """The phases of a subject that began; one whose last day nobody recorded ended with the subject's death."""
    died = death_date(subject.pk)
    begun = [one for one in begun_of([subject])[subject.pk] if one.phase]
    return tuple(PhaseRun(one.phase, one.on, one.ended_on or died, one.cycle) for one in begun)


ByForm = tuple[date, Transplant | CellTherapy]


def starts_by_form(subject_ids: Sequence[UUID]) -> dict[UUID, dict[str, ByForm]]:
    """Kind of phase → the first day of a transplantation or cell therapy as its own form tells it, and that form."""
    return {
        one: {kind: min(starts, key=lambda start: start[0]) for kind, starts in kinds.items() if starts}
        for one, kinds in all_by_form(subject_ids).items()
    }


def all_by_form(subject_ids: Sequence[UUID]) -> dict[UUID, dict[str, list[ByForm]]]:
    """The same of every transplantation and every infusion of cells."""
    grafts, cells = standing_records(Transplant, subject_ids), standing_records(CellTherapy, subject_ids)
    return {
        one: {
            "transplant": [
                (form.conditioning_on or form.performed_on, form)
                for form in grafts.get(one, [])
                if form.performed_on
            ],
            "cell-therapy": [
                (form.lymphodepletion_on or form.performed_on, form)
                for form in cells.get(one, [])
                if form.step == CellStep.INFUSION and form.performed_on
            ],
        }
        for one in subject_ids
    }


def untold_repeats(subject: Subject) -> list[Begun]:
    """The further transplantations and cell therapies that only their own form tells of.

    The start of such a phase covers the first one from its day on. What began on one day counts once: a graft that was
    infused on two days has one conditioning."""
    phases, cycles = phases_of(subject), cycles_of([subject.pk])[subject.pk]
    found = []
    for kind, starts in all_by_form([subject.pk])[subject.pk].items():
        keys = [phase.key for phase in phases if phase.kind == kind]
        begun = [cycle.performed_on for cycle in cycles if cycle.phase in keys and cycle.performed_on]
        for on, form in starts:
            since = max((day for day in begun if day <= day0_of(form)), default=date.min)
            if any(day < on and since <= day0_of(other) for day, other in starts):
                found.append(Begun(next(iter(keys), ""), on, None, form))
    return found


def day0_of(form: Transplant | CellTherapy) -> date:
    """The day of a graft or of cells that were infused."""
    assert form.performed_on is not None
    return form.performed_on


def end_of_treatment(subject: Subject) -> EndOfTreatment | None:
    """The form that says that protocol treatment has ended."""
    return current_records(EndOfTreatment, [subject.pk]).order_by("-performed_on").first()


@one_reading()
def standing_of(subject: Subject) -> Standing:
    """Where a subject stands, from its record as it is now."""
    phases, runs, ended = phases_of(subject), runs_of(subject), end_of_treatment(subject)
    last = current_run(phases, planned_runs(phases, runs))
    following = what_follows(subject, phases, runs, ended)
    decision = None if ended else decision_after(subject, last)
    to_come = following.phase if decision is None else decision.chosen_phase
    return Standing(
        phases=phases,
        steps=path(phases, runs, to_come),
        runs=runs,
        current=current_run(phases, runs),
        last=last,
        following=following,
        ended=ended,
        decision=decision,
        decide_on=None if decision else decide_on(subject, phases, last, following),
    )


def decide_on(
    subject: Subject, phases: Sequence[Phase], last: PhaseRun | None, following: NextStep
) -> date | None:
    """The day from which it is to be decided what follows; None for nothing, and for what came from paper."""
    phase = next((one for one in phases if last and one.key == last.phase), None)
    if phase is None or last is None or following.text in OVER or not enrolled(subject):
        return None
    day = decision_day(phase, last, following)
    return None if from_paper(day, subject.from_paper_until) else day


def graft_plans(subject_ids: Sequence[UUID]) -> dict[UUID, list[GraftPlan]]:
    """The first days of conditioning that the forms of the donor plan, by the days of these forms."""
    donors = standing_records(Donor, subject_ids)
    return {
        one: [
            GraftPlan(donor.performed_on, donor.conditioning_planned)
            for donor in donors.get(one, [])
            if donor.performed_on and donor.conditioning_planned
        ]
        for one in subject_ids
    }


def begun_beside_plan(subjects: Sequence[Subject]) -> dict[UUID, Mapping[Course, PlannedStart]]:
    """The planned starts of the courses that began, of many subjects; the protocols are at hand."""
    ids = [one.pk for one in subjects]
    cycles, begun, grafts = cycles_of(ids), begun_of(subjects), graft_plans(ids)
    found = {}
    for subject in subjects:
        here = [one for one in begun[subject.pk] if one.phase]
        runs = [PhaseRun(one.phase, one.on, one.ended_on, one.cycle) for one in here]
        phases = phases_with(subject, cycles[subject.pk])
        found[subject.pk] = planned_starts(phases, runs, (), date.min, grafts[subject.pk])
    return found


def decision_after(subject: Subject, run: PhaseRun | None) -> PhaseDecision | None:
    """The decision that holds after this start of a phase: the last one taken for it."""
    taken = PhaseDecision.objects.filter(
        subject=subject, phase=run.phase if run else "", cycle=UUID(run.cycle) if run and run.cycle else None
    )
    return taken.select_related("decided_by", "protocol_version").order_by("-number").first()


def what_follows(
    subject: Subject, phases: Sequence[Phase], runs: Sequence[PhaseRun], ended: EndOfTreatment | None
) -> NextStep:
    """The next step, asking only for the facts that the branches in question need."""
    if not phases:
        return NextStep(NextKind.NO_BRANCH, NOT_RANDOMISED)
    if subject.enrolled_on is None:
        return NextStep(NextKind.NO_BRANCH, NOT_ENROLLED)
    if death_date(subject.pk) is not None:
        return NextStep(NextKind.COMPLETE, DIED)
    if any(subject.pk in ends([subject.pk]) for ends in registries.ends_of_treatment.values()):
        return NextStep(NextKind.COMPLETE, WITHDRAWN)
    if ended is not None:
        return NextStep(NextKind.COMPLETE, ENDED)
    return next_step(phases, runs, facts_for(subject, phases, runs))


def facts_for(
    subject: Subject, phases: Sequence[Phase], runs: Sequence[PhaseRun]
) -> Mapping[str, registries.Fact]:
    """The facts that the branches of the current phase ask for, and of those that begin by themselves."""
    last = current_run(phases, planned_runs(phases, runs))
    asked = [one for one in phases if one.kind == "observation" or (last and one.key == last.phase)]
    return registries.facts_of(subject.pk, sorted(facts_of_branches(asked)))


def enrolled(subject: Subject) -> bool:
    """Whether the subject is on study treatment's side of enrolment."""
    return subject.state == SubjectState.ENROLLED

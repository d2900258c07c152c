"""What the treatment page of a subject shows: the path, what follows, and each cycle planned beside given."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.casebook.fact_words import fact_label
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.services import next_repeat
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.casebook.versions import named
from trialsite.studies.domain.protocol import BLINATUMOMAB, Phase

from ..cells.panel import cell_context
from ..domain.ledger import DrugLedger, GivenLine, Mark, cycle_ledger
from ..domain.path import NextKind, NextStep, PathStep
from ..domain.planned import PlannedStart, due_until, expected_path, planned_starts
from ..doses.computing import canonical
from ..doses.offers import dose_forms
from ..infusion.ledger import Ledger, ledgers_of
from ..models import CycleStart, DosePlan
from ..models.decisions import DecidedKind
from ..referrals.panel import referral_context
from ..selectors import (
    cycles_of_subject,
    doses_given,
    planned_lines,
    plans_of,
    windows_of,
)
from ..transplant.panel import transplant_context
from .decisions import decisions_of, indications_of, phases_offered, usual_indication
from .evidence import branch_lines
from .paths import OVER, Standing, enrolled, graft_plans, phases_of, standing_of

MARK_WORDS: dict[Mark, tuple[str, Any]] = {
    Mark.SILENT: ("done", gettext_lazy("as prescribed")),
    Mark.MODIFICATION: ("info", gettext_lazy("modification")),
    Mark.QUERY: ("query", gettext_lazy("query")),
    Mark.DEVIATION: ("deviation", gettext_lazy("deviation")),
    Mark.NOT_RECORDED: ("due", gettext_lazy("not recorded")),
    Mark.NOT_YET: ("upcoming", gettext_lazy("to come")),
    Mark.OMITTED: ("still", gettext_lazy("omitted")),
    Mark.NOT_PLANNED: ("query", gettext_lazy("not planned")),
}
ENDS = (NextKind.OFF_TREATMENT, NextKind.COMPLETE)


@dataclass(frozen=True)
class CycleView:
    """One phase that began, with its plan, what was given, and its infusion.

    `dose_urls`: the first day of a line that is not recorded → the form in which to enter it."""

    cycle: CycleStart
    phase: Any
    url: str
    plan: DosePlan | None
    earlier_plans: int
    changed: tuple[str, ...]
    drugs: tuple[DrugLedger, ...]
    infusion: Ledger | None
    open: bool
    dose_urls: Mapping[str, str]


def treatment_context(subject: Subject) -> dict[str, Any]:
    """Everything on the page except header and tabs."""
    standing = standing_of(subject)
    cycles = cycle_views(subject)
    return (
        {
            "standing": standing,
            "following": standing.following,
            "following_phase": next(
                (one for one in standing.phases if one.key == standing.following.phase), None
            ),
            "missing": [fact_label(name) for name in standing.following.missing],
            "read": branch_lines(subject, standing.following.read, standing.last),
            "cycles": list(reversed(cycles)),
            "marks": {mark.value: words for mark, words in MARK_WORDS.items()},
            "start_url": Slot(subject.pk, LOG, "CYC", 1, next_repeat(subject=subject, form_key="CYC")).url(),
            "phases_known": bool(phases_of(subject)),
            "path": path_lines(subject, standing),
        }
        | decision_context(subject, standing)
        | graft_and_cells(subject)
    )


def graft_and_cells(subject: Subject) -> dict[str, Any]:
    """The panels of transplantation, CAR-T cells and referrals, of subjects that have them."""
    return transplant_context(subject) | cell_context(subject) | referral_context(subject)


@dataclass(frozen=True)
class PathLine:
    """A course on the path with its planned start and, where it has not begun, the drugs of its regimen."""

    step: PathStep
    planned: PlannedStart | None
    delay_reason: str
    cycle: CycleStart | None
    regimen: Any


def path_lines(subject: Subject, standing: Standing) -> list[PathLine]:
    """The courses in their order; what has not begun with the day for which it is planned now."""
    said = standing.decision or standing.following.kind in ENDS
    over = standing.ended or (said and not standing.next_phase)
    to_come = () if over else expected_path(standing.phases, standing.runs, standing.next_phase)
    today, grafts = site_today(subject), graft_plans([subject.pk])[subject.pk]
    planned = planned_starts(standing.phases, standing.runs, to_come, today, grafts)
    begun = {str(one.pk): one for one in cycles_of_subject(subject)}
    regimens = {one.key: one for one in subject.protocol_version.protocol.regimens}
    found = []
    for step in standing.steps:
        cycle = begun.get(step.run.cycle) if step.run else None
        reason = str(cycle.get_delay_reason_display()) if cycle and cycle.delay_reason else ""
        regimen = None if cycle else regimens.get(step.phase.regimen or "")
        course = step.phase.key, step.run.start if step.run else None
        found.append(PathLine(step, planned.get(course), reason, cycle, regimen))
    return found


def decision_context(subject: Subject, standing: Standing) -> dict[str, Any]:
    """What was decided to follow, and what can be decided: each phase of the arm, forbidden ones, or anything else."""
    language = get_language() or "en"
    phases = phases_offered(subject)
    begun = {run.phase for run in standing.runs}
    choices = [
        (f"PHASE:{one.key}", one.name.in_language(language), offered_words(one, begun)) for one in phases
    ]
    ends = (DecidedKind.OFF_TREATMENT, DecidedKind.OTHER)
    taken = decisions_of(subject)
    return {
        "decision": standing.decision,
        "decisions": taken,
        "decidable": bool(phases) and enrolled(subject) and standing.following.text not in OVER,
        "decide_now": standing.decide_on is not None and standing.decide_on <= due_until(site_today(subject)),
        "decide_when": decide_when(standing),
        "choices": choices + [(str(kind), kind.label, "") for kind in ends],
        "proposed_choice": proposed_choice(standing.following),
        "usual_indication": next(
            (usual_indication(found) for one in phases if (found := indications_of(subject, one))), ""
        ),
        "indications": [
            (indication.key, indication.name.in_language(language), one.name.in_language(language))
            for one in phases
            for indication in indications_of(subject, one)
        ],
        "today": site_today(subject),
    }


def decide_when(standing: Standing) -> str:
    """When it is to be decided what follows; "" where that is decided, or no phase began."""
    if standing.last is None or standing.decision is not None:
        return ""
    if standing.decide_on is not None:
        return _("To be decided on %(day)s, when this phase is over.") % {
            "day": standing.decide_on.isoformat()
        }
    if standing.following.kind is NextKind.AWAIT:
        return _("To be decided once the protocol no longer asks to wait.")
    if standing.following.kind is NextKind.COMPLETE:
        return _("Nothing is to be decided: follow-up begins by itself.")
    return _("To be decided once the last day of this phase is recorded.")


def offered_words(phase: Phase, begun: Collection[str]) -> str:
    """What is to be known of a choice: that it repeats a phase, or that the protocol forbids it."""
    if phase.forbidden:
        return str(_("not in this protocol"))
    return str(_("once more")) if phase.key in begun else ""


def proposed_choice(following: NextStep) -> str:
    """The choice that is what the protocol proposes; "" while that is open."""
    if following.kind is NextKind.OFF_TREATMENT:
        return str(DecidedKind.OFF_TREATMENT)
    return f"PHASE:{following.phase}" if following.phase else ""


def cycle_views(subject: Subject) -> list[CycleView]:
    """Every phase that began, in order, with what was planned and given in its days."""
    today, cycles = site_today(subject), cycles_of_subject(subject)
    plans, given, infusions = plans_of(subject), doses_given(subject), ledgers_of(subject)
    protocol, entered_in = subject.protocol_version.protocol, dose_forms(subject)
    views = []
    for place, (cycle, first, last) in enumerate(windows_of(cycles)):
        made = plans.get(cycle.pk, [])
        plan = made[-1] if made else None
        here = [one for one in given if first <= one.on <= last or (place == 0 and one.on < first)]
        drugs = drugs_of(cycle, plan, here, today)
        missing = {line.first_on for drug in drugs for line in drug.lines if line.mark is Mark.NOT_RECORDED}
        views.append(
            CycleView(
                cycle=cycle,
                phase=named(protocol, "phases", cycle.phase),
                url=url_of(subject, cycle),
                plan=plan,
                earlier_plans=max(0, len(made) - 1),
                changed=changed_since(plan, cycle) if plan else (),
                drugs=drugs,
                infusion=infusions.get(cycle.pk),
                open=place == len(cycles) - 1,
                dose_urls={on.isoformat(): entered_in.of_day(cycle.phase, first, last, on) for on in missing},
            )
        )
    return views


def url_of(subject: Subject, cycle: CycleStart) -> str:
    return Slot.of_record(cycle).url()


def changed_since(plan: DosePlan, cycle: CycleStart) -> tuple[str, ...]:
    """What of the form differs from what the plan was computed from, in words."""
    measured = bool(plan.inputs.get("weight_measured"))  # by a weight measured since, not that of the form
    pairs = (
        (_("weight"), plan.weight_kg, plan.weight_kg if measured else canonical(cycle.weight), "kg"),
        (_("height"), plan.height_cm, canonical(cycle.height), "cm"),
    )
    found = []
    for name, before, after, unit in pairs:
        if before != after:
            found.append(
                _("%(what)s changed: %(before)s → %(after)s %(unit)s")
                % {"what": name, "before": number(before), "after": number(after), "unit": unit}
            )
    if plan.phase != cycle.phase:
        found.append(
            _("phase changed: %(before)s → %(after)s")
            % {"before": plan.get_phase_display(), "after": cycle.get_phase_display()}
        )
    return tuple(found)


def number(value: Decimal | None) -> str:
    return "—" if value is None else f"{value.normalize():f}"


def drugs_of(
    cycle: CycleStart, plan: DosePlan | None, given: Sequence[GivenLine], today: date
) -> tuple[DrugLedger, ...]:
    """The ledger of a cycle; blinatumomab stands in its infusion record."""
    lines = [line for line in planned_lines(plan) if line.drug != BLINATUMOMAB] if plan else []
    assert cycle.performed_on is not None
    return cycle_ledger(cycle.performed_on, lines, given, today)

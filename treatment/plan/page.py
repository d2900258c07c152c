"""What the treatment page of a subject shows: the path, what follows, and each cycle planned beside given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.fact_words import fact_label, rule_words
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.services import next_repeat
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.casebook.versions import named
from trialsite.studies.domain.protocol import BLINATUMOMAB

from ..cells.panel import cell_context
from ..domain.ledger import DrugLedger, GivenLine, Mark, cycle_ledger
from ..domain.path import BranchAnswer
from ..doses.computing import canonical
from ..infusion.ledger import Ledger, ledgers_of
from ..models import CycleStart, DosePlan
from ..referrals.panel import referral_context
from ..selectors import (
    cycles_of_subject,
    doses_given,
    planned_lines,
    plans_of,
    windows_of,
)
from ..transplant.panel import transplant_context
from .paths import phases_of, standing_of

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


@dataclass(frozen=True)
class CycleView:
    """One phase that began, with its plan, what was given, and its infusion."""

    cycle: CycleStart
    phase: Any
    url: str
    plan: DosePlan | None
    earlier_plans: int
    changed: tuple[str, ...]
    drugs: tuple[DrugLedger, ...]
    infusion: Ledger | None
    open: bool


def treatment_context(subject: Subject) -> dict[str, Any]:
    """Everything on the page except header and tabs."""
    standing = standing_of(subject)
    cycles = cycle_views(subject)
    return {
        "standing": standing,
        "steps": standing.steps,
        "following": standing.following,
        "following_phase": next(
            (s.phase for s in standing.steps if s.phase.key == standing.following.phase), None
        ),
        "missing": [fact_label(name) for name in standing.following.missing],
        "read": [branch_line(one) for one in standing.following.read],
        "cycles": list(reversed(cycles)),
        "marks": {mark.value: words for mark, words in MARK_WORDS.items()},
        "start_url": Slot(subject.pk, LOG, "CYC", 1, next_repeat(subject=subject, form_key="CYC")).url(),
        "phases_known": bool(phases_of(subject)),
    } | graft_and_cells(subject)


def graft_and_cells(subject: Subject) -> dict[str, Any]:
    """The panels of transplantation, CAR-T cells and referrals, of subjects that have them."""
    return transplant_context(subject) | cell_context(subject) | referral_context(subject)


def branch_line(one: BranchAnswer) -> dict[str, Any]:
    """A branch as read: its words, its rule, and how it came out."""
    return {
        "text": one.branch.text,
        "rule": rule_words(one.branch.when),
        "truth": one.answer.truth.value,
    }


def cycle_views(subject: Subject) -> list[CycleView]:
    """Every phase that began, in order, with what was planned and given in its days."""
    today, cycles = site_today(subject), cycles_of_subject(subject)
    plans, given, infusions = plans_of(subject), doses_given(subject), ledgers_of(subject)
    protocol = subject.protocol_version.protocol
    views = []
    for place, (cycle, first, last) in enumerate(windows_of(cycles)):
        made = plans.get(cycle.pk, [])
        plan = made[-1] if made else None
        here = [one for one in given if first <= one.on <= last or (place == 0 and one.on < first)]
        views.append(
            CycleView(
                cycle=cycle,
                phase=named(protocol, "phases", cycle.phase),
                url=url_of(subject, cycle),
                plan=plan,
                earlier_plans=max(0, len(made) - 1),
                changed=changed_since(plan, cycle) if plan else (),
                drugs=drugs_of(cycle, plan, here, today),
                infusion=infusions.get(cycle.pk),
                open=place == len(cycles) - 1,
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

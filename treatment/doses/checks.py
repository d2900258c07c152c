"""Checks of doses: what a phase starts with, prescribed beside planned, given beside prescribed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.casebook import registries
from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding
from trialsite.clinical.body import drift_pct, needs_recalculation, round_half_up

from ..domain.body_size import FRESH_DAYS, weight_is_fresh
from ..domain.given import DoseClass, DoseReason, compare_given, compare_prescribed
from ..domain.ledger import PlannedLine, as_planned, in_unit
from ..selectors import cycles_of_subject, planned_lines, plans_of, windows_of
from .asked import regimen_of
from .computing import canonical
from .lysis import start_answer, start_words
from .weights import weighed_on

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]


@edit_check(gettext_lazy("Dose level of the protocol, with its reason"))
def dose_level(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A phase starts below the full dose only at a level that its regimen has, and for a reason."""
    level, reason = values.get("dose_level"), values.get("dose_level_reason")
    if level is None or level == 1:
        if reason:
            yield Finding("dose_level_reason", _("A reason belongs to a dose below the full one."))
        return
    regimen = regimen_of(subject, values.get("phase") or "")
    levels = regimen.dose_levels.factors if regimen and regimen.dose_levels else ()
    if level not in levels:
        yield Finding("dose_level", _("The protocol has no such dose level for this phase."))
    elif not reason:
        yield Finding("dose_level_reason", _("Choose why this phase does not start at the full dose."))


@edit_check(gettext_lazy("Weight measured shortly before day 1"), hard=False)
def fresh_weight(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """The weight that doses rest on was measured on day 1 or at most 7 days before."""
    day_1 = values.get("performed_on")
    if values.get("weight") is None or day_1 is None:
        return
    measured = weighed_on(values, registries.facts_of(subject.pk, ["weight_kg"])["weight_kg"])
    if measured is not None and not weight_is_fresh(measured, day_1):
        yield Finding(
            "weighed_on" if values.get("weighed_on") else "weight",
            _("Measured on %(day)s: doses rest on a weight of day 1 or at most %(n)s days before.")
            % {"day": measured, "n": FRESH_DAYS},
        )


@edit_check(gettext_lazy("Weight beside that of cycle 1"), hard=False)
def weight_of_cycle_1(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A phase that starts with a weight 10 % or more from that of cycle 1."""
    weight = canonical(values.get("weight"))
    first = next((one for one in cycles_of_subject(subject) if one.weight is not None), None)
    first_kg = canonical(first.weight) if first else None
    day_1 = values.get("performed_on")
    if weight is None or first is None or first_kg is None or not day_1 or day_1 <= first.performed_on:
        return
    if needs_recalculation(weight, first_kg):
        yield Finding(
            "weight",
            _("%(percent)s %% from the %(kg)s kg of cycle 1. Is it right? The doses rest on it.")
            % {
                "percent": f"{round_half_up(drift_pct(weight, first_kg), 1):+}",
                "kg": f"{first_kg.normalize():f}",
            },
        )


@edit_check(gettext_lazy("Tumour lysis: counts before the start"), hard=False)
def lysis_may_start(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A phase with a drug that dissolves tumours starts only where the protocol's condition holds."""
    regimen = regimen_of(subject, values.get("phase") or "")
    for drug in regimen.drugs if regimen else ():
        if drug.tumour_lysis is not None:
            told = start_words(drug, start_answer(drug.tumour_lysis, subject))
            if told:
                yield Finding("phase", told)


@edit_check(gettext_lazy("Doses within the tolerance"), hard=False)
def within_tolerance(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Prescribed beside planned, given beside prescribed: beyond the tolerance it is asked about, a deviation
    only where no reason is given."""
    lines = [
        (place, line)
        for place, line in enumerate(rows.get("doses", ()))
        if line.get("drug") and line.get("given_on")
    ]
    planned = plan_by_day(subject, {line["given_on"] for _place, line in lines}) if lines else {}
    for place, line in lines:
        plan = planned_for(line["drug"], planned.get(line["given_on"], ()))
        reason = DoseReason(line["reason"]) if line.get("reason") else None
        prescribed, given, daily = line.get("prescribed"), line.get("given"), None
        tolerance = plan.tolerance if plan else subject.protocol_version.protocol.dose_tolerance
        if plan is not None:
            unit = line.get("unit") or plan.unit
            daily = plan.daily
            prescribed, _cap = as_planned(plan, line["drug"], in_unit(prescribed, unit, plan.unit))
            given, _cap = as_planned(plan, line["drug"], in_unit(given, unit, plan.unit))
        if daily is not None and prescribed is not None:
            found = compare_prescribed(prescribed, daily, reason, tolerance)
            if asked_about(found.kind, reason):
                words = found.sentence.in_language(get_language() or "en")
                yield Finding(
                    f"doses.{place}.{'prescribed' if reason else 'reason'}",
                    _("Planned: %(dose)s %(unit)s. %(difference)s Choose the reason, or say why.")
                    % {"dose": f"{daily.normalize():f}", "unit": unit_shown(plan), "difference": words},
                )
                continue
        wanted = prescribed if prescribed is not None else daily
        if wanted is not None and given is not None:
            found = compare_given(given, wanted, tolerance)
            if asked_about(found.kind, reason):
                words = found.sentence.in_language(get_language() or "en")
                yield Finding(
                    f"doses.{place}.given",
                    _("Prescribed: %(dose)s %(unit)s. %(difference)s Choose the reason, or say why.")
                    % {
                        "dose": f"{wanted.normalize():f}",
                        "unit": unit_shown(plan) if plan else line.get("unit"),
                        "difference": words,
                    },
                )


def asked_about(kind: DoseClass, reason: DoseReason | None) -> bool:
    """What the tolerance asks about always; beyond it, where no reason is given (with one the deviation speaks)."""
    return kind is DoseClass.QUERY or (kind is DoseClass.DEVIATION and reason is None)


def unit_shown(plan: PlannedLine | None) -> str:
    return "" if plan is None else {"ug": "µg"}.get(plan.unit, plan.unit)


def plan_by_day(subject: Subject, days: set[Any]) -> dict[Any, list[PlannedLine]]:
    """Day → the lines of the plan in force that have a dose on it; two queries."""
    plans, found = plans_of(subject), {}
    for cycle, first, last in windows_of(cycles_of_subject(subject)):
        made = plans.get(cycle.pk)
        here = [day for day in days if first <= day <= last] if made else []
        lines = planned_lines(made[-1]) if made and here else []
        for day in here:
            number = (day - first) // timedelta(days=1) + 1
            found[day] = [line for line in lines if number in line.days]
    return found


def planned_for(drug: str, lines: Sequence[PlannedLine]) -> PlannedLine | None:
    """The line of a drug, else of the drug that it may replace."""
    own = next((one for one in lines if one.drug == drug), None)
    return own or next((one for one in lines if one.takes(drug)), None)

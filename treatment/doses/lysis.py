"""What a drug that dissolves tumours waits for: its condition to start, and the checks of its ramp."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook import registries
from trialsite.casebook.fact_words import fact_label, fact_words, rule_words
from trialsite.casebook.kept_values import read
from trialsite.casebook.models import ProtocolForm, Subject
from trialsite.casebook.selectors import current_records
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import Answer, evaluate, facts_named, parse_rule
from trialsite.clinical.units import unit_label
from trialsite.studies.domain.fact_names import FACTS
from trialsite.studies.domain.protocol import Drug, LysisPlan, ProtocolFormPlan

from ..domain.lysis import LysisCheck, lysis_unheld, missing_checks
from ..models import CycleStart

YES, NO = (True, "yes"), (False, "no")


def start_answer(plan: LysisPlan, subject: Subject) -> tuple[Answer, str]:
    """Whether the drug may start, and the facts of it in words."""
    names = sorted(facts_named(parse_rule(plan.start)))
    facts = registries.facts_of(subject.pk, names)
    known = ", ".join(
        f"{fact_label(name)} {fact_words(name, facts[name])}" for name in names if facts[name].known
    )
    return evaluate(parse_rule(plan.start), facts), known


def start_words(drug: Drug, found: tuple[Answer, str]) -> str:
    """That a drug may not start yet, or that nobody knows; "" where it may."""
    answer, known = found
    assert drug.tumour_lysis is not None
    if answer.truth is Truth.TRUE:
        return ""
    return _("%(drug)s starts only with: %(rule)s. Known: %(known)s.") % {
        "drug": drug.name.in_language(get_language() or "en"),
        "rule": f"{rule_words(drug.tumour_lysis.start)} {units_of(drug.tumour_lysis)}".strip(),
        "known": known or _("nothing"),
    }


def units_of(plan: LysisPlan) -> str:
    """The unit of the one fact that a condition names; "" where there are several."""
    names = facts_named(parse_rule(plan.start))
    units = [unit_label(FACTS[name].unit) for name in names if name in FACTS]
    return units[0] if len(units) == 1 else ""


def lysis_lines(subject: Subject, cycle: CycleStart, drug: Drug, today: date, begun: bool) -> Iterator[str]:
    """What is missing or stands against the drug in this phase, in words. begun: a dose of it was given."""
    plan, start = drug.tumour_lysis, cycle.performed_on
    form = form_of(subject, plan) if plan else None
    if plan is None or form is None or start is None:
        return
    if not begun and (told := start_words(drug, start_answer(plan, subject))):
        yield told
    recorded = checks_of(subject, plan, form)
    name = drug.name.in_language(get_language() or "en")
    if (bad := lysis_unheld(recorded, start)) is not None:
        yield _("Tumour lysis on %(day)s: hold %(drug)s.") % {"day": bad.on, "drug": name}
    labels = point_words(plan, form)
    for (day, on), lacking in groupby(
        missing_checks(plan, start, recorded, today), key=lambda one: (one.day, one.on)
    ):
        yield _("Day %(day)s (%(on)s): tumour lysis check not recorded: %(point)s.") % {
            "day": day,
            "on": on,
            "point": " · ".join(labels.get(one.point, one.point) for one in lacking),
        }


def form_of(subject: Subject, plan: LysisPlan) -> ProtocolFormPlan | None:
    forms = subject.protocol_version.protocol.forms
    return next((one for one in forms if one.key == plan.form), None)


def point_words(plan: LysisPlan, form: ProtocolFormPlan) -> dict[str, str]:
    language = get_language() or "en"
    return {
        choice.code: choice.label.in_language(language)
        for item in form.items
        if item.key == plan.point
        for choice in item.choices
    }


def checks_of(subject: Subject, plan: LysisPlan, form: ProtocolFormPlan) -> list[LysisCheck]:
    """The checks of a subject as they are recorded; one query."""
    items = {item.key: item for item in form.items}
    found = []
    for record in current_records(ProtocolForm, [subject.pk]).filter(form_key=plan.form):
        told = {
            name: read(items[name], record.extra.get(name))
            for name in (plan.day, plan.point, plan.lysis, plan.held)
        }
        day = told[plan.day]
        found.append(
            LysisCheck(
                date.fromisoformat(str(day)) if day else record.performed_on,
                str(told[plan.point] or ""),
                yes_or_no(told[plan.lysis]),
                yes_or_no(told[plan.held]),
            )
        )
    return found


def yes_or_no(value: object) -> bool | None:
    return True if value in YES else False if value in NO else None

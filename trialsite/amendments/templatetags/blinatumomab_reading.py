"""What a protocol says of blinatumomab beside its doses, in words."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.names import regimen_name
from trialsite.studies.domain.blinatumomab_plan import (
    CourseRules,
    FirstAdvice,
    PremedicationDose,
    PremedicationRule,
)
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.words import BLINATUMOMAB_EVENTS, day_runs

register = template.Library()
MOMENTS = {
    "FIRST": gettext_lazy("the first dose of the course"),
    "STEP": gettext_lazy("a step"),
    "RESTART": gettext_lazy("a restart after 4 hours or more"),
}
DRUGS = {"DEXAMETHASONE": gettext_lazy("dexamethasone"), "PREDNISONE": gettext_lazy("prednisone")}


@register.filter
def regimens_in(rules: CourseRules, protocol: Protocol) -> str:
    """The regimens that rules are for, by name."""
    return _(", ").join(regimen_name(protocol, key) for key in rules.regimens)


@register.filter
def blasts_words(advice: FirstAdvice) -> str:
    """By which blasts it is advised."""
    marrow, blood = advice.marrow_blasts_from_pct, advice.blood_blasts_above_per_ul
    found = [
        "" if marrow is None else _("blasts in marrow ≥ %(n)s %%") % {"n": marrow},
        ""
        if blood is None
        else _("blasts in blood > %(n)s/µL") % {"n": f"{blood:,f}".replace(",", "\u202f")},
    ]
    return _(" or ").join(one for one in found if one)


@register.filter
def hospital_words(rules: CourseRules) -> str:
    """The days in hospital: "course 1: 9 days"."""
    return days_in_hospital(rules.hospital_days)


def days_in_hospital(hospital_days: Sequence[int]) -> str:
    found = [
        _("course %(n)s: first %(days)s days") % {"n": number, "days": days}
        for number, days in enumerate(hospital_days, start=1)
    ]
    return _("; ").join(found)


@register.filter
def premedication_words(rule: PremedicationRule) -> str:
    """One rule: what, how long before which moments, for whom."""
    doses = _(" or ").join(dose_of(one) for one in rule.doses)
    moments = _(", ").join(str(MOMENTS[one]) for one in rule.moments)
    limits = []
    if rule.from_age is not None:
        limits.append(_("from %(n)s years") % {"n": rule.from_age})
    if rule.below_age is not None:
        limits.append(_("below %(n)s years") % {"n": rule.below_age})
    if rule.first_course_only:
        limits.append(_("in the first course only"))
    separator = _(", ")
    whom = f" ({separator.join(limits)})" if limits else ""
    return (
        _("%(doses)s within %(hours)s h before: %(moments)s")
        % {
            "doses": doses,
            "hours": rule.within_hours,
            "moments": moments,
        }
        + whom
    )


def dose_of(one: PremedicationDose) -> str:
    name = str(DRUGS.get(one.drug, one.drug.capitalize()))
    dose = f"{name} {one.amount} mg" + ("/m²" if one.basis == "BSA" else "")
    return (
        dose if one.cap is None else _("%(dose)s (at most %(cap)s)") % {"dose": dose, "cap": f"{one.cap} mg"}
    )


@register.filter
def event_kind(row: Any) -> str:
    """The kind of event of a row, with the grades that it is for."""
    kind = str(BLINATUMOMAB_EVENTS[row.event])
    if not row.grades:
        return kind
    return _("%(event)s, grade %(grades)s") % {"event": kind, "grades": day_runs(row.grades)}

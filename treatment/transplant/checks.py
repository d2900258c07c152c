"""Checks of donor, graft, conditioning and GVHD treatment: what cannot be, and what somebody should look at."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from assessments.disease.mrd_results import mrd_lines
from trialsite.casebook.edit_checks import EditCheck, edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding
from trialsite.casebook.site_day import site_today
from trialsite.clinical.kleene import Truth

from ..models.transplant import ConditioningAgent, ConditioningUnit
from .evidence import mrd_answer
from .reading import washout_of

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]
OTHER = "OTHER"


@edit_check(gettext_lazy("One donor is chosen"))
def one_chosen(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Of the candidates one at most is the donor."""
    chosen = [place for place, line in enumerate(rows.get("candidates", ())) if line.get("chosen")]
    for place in chosen[1:]:
        yield Finding(f"candidates.{place}.chosen", _("Another candidate is chosen already: one donor only."))


@edit_check(gettext_lazy("An indication of the protocol"))
def indication_of_protocol(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """The indication is one that the protocol names; another one of the investigator has its reason."""
    plan = subject.protocol_version.protocol.transplant
    key = values.get("indication")
    if not key or not plan.indications:
        return
    found = plan.indication_of(key)
    if found is None:
        yield Finding("indication", _("The protocol names no such indication."))
    elif found.needs_reason and not values.get("indication_reason"):
        yield Finding("indication_reason", _("Say why the subject is transplanted."))


def lines_in_order(name: str, first: str, last: str) -> EditCheck:
    """The days of each line: the last one not before the first one, the first one has come."""

    @edit_check(gettext_lazy("Days of the lines in order"), key=f"{name}-in-order".replace("_", "-"))
    def check(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        today = site_today(subject)
        for place, line in enumerate(rows.get(name, ())):
            begun, over = line.get(first), line.get(last)
            for item, day in ((first, begun), (last, over)):
                if day is not None and day > today:
                    yield Finding(f"{name}.{place}.{item}", _("This day has not come yet at the site."))
            if begun is not None and over is not None and over < begun:
                yield Finding(f"{name}.{place}.{last}", _("The last day lies before the first one."))

    return check


def other_said(name: str, item: str = "agent") -> EditCheck:
    """Of a line with “other” the note says which."""

    @edit_check(gettext_lazy("Other: which one"), key=f"{name}-other".replace("_", "-"))
    def check(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        for place, line in enumerate(rows.get(name, ())):
            if line.get(item) == OTHER and not line.get("note"):
                yield Finding(f"{name}.{place}.note", _("Say in the note which one."))

    return check


@edit_check(gettext_lazy("A dose of conditioning has its unit"))
def conditioning_units(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A total dose has a unit; irradiation is given in Gy, a medicine never is."""
    for place, line in enumerate(rows.get("conditioning_drugs", ())):
        dose, unit, irradiation = (
            line.get("total_dose"),
            line.get("unit"),
            line.get("agent") == ConditioningAgent.TBI,
        )
        at = f"conditioning_drugs.{place}.unit"
        if dose is not None and not unit:
            yield Finding(at, _("Choose the unit of the dose."))
        elif unit and irradiation != (unit == ConditioningUnit.GY):
            yield Finding(at, _("Irradiation is given in Gy, medicines in mg or g."))


@edit_check(gettext_lazy("Wash-out from blinatumomab to conditioning"), hard=False)
def washout_kept(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """What the protocol asks for between blinatumomab and conditioning; nothing where it asks for nothing."""
    day = values.get("conditioning_on")
    rule = subject.protocol_version.protocol.transplant.washout
    if day is None or rule is None:
        return
    answer = washout_of(subject, day, rule)
    if answer is not None and answer.truth is not Truth.TRUE:
        language = get_language() or "en"
        yield Finding("conditioning_on", " ".join(one.in_language(language) for one in answer.reasons))


@edit_check(gettext_lazy("Negative MRD before the graft"), hard=False)
def mrd_was_negative(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """MRD that is not known to be negative, where the protocol lets a graft wait for it."""
    day0 = values.get("performed_on")
    if day0 is None:
        return
    lines = mrd_lines([subject.pk]).get(subject.pk, ())
    found = mrd_answer(subject, day0, values.get("conditioning_on"), lines)
    if found is not None and found[0].truth is not Truth.TRUE:
        yield Finding("performed_on", found[0].reason.in_language(get_language() or "en"))

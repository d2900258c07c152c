"""The anthracyclines of a subject: given in the trial, before it, and the echocardiographies beside them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from assessments.models import Echocardiogram
from enrollment.item_facts import latest_records
from enrollment.models import MedicalHistory
from enrollment.models.background import CumulativeUnit
from trialsite.casebook import registries
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import current_records
from trialsite.casebook.versions import named
from trialsite.clinical.body import BsaFormula, bsa

from ..domain.anthracyclines import (
    AnthracyclineCourse,
    DatedDose,
    EarlierDose,
    Uncounted,
    anthracycline_course,
    is_anthracycline,
    planned_dox_eq,
)
from ..domain.ledger import GivenLine, in_unit
from ..medication.dictionary import dictionary
from ..selectors import doses_given, surface_by_day


def course_of(subject: Subject, *, also: Iterable[Mapping[str, Any]] = ()) -> AnthracyclineCourse:
    """The course of one subject; `also` are lines of a form that is being entered, in place of those of their days."""
    typed = [
        GivenLine(line["drug"], line["given_on"], line.get("prescribed"), line.get("given"), line["unit"])
        for line in also
        if line.get("drug") and line.get("given_on") and line.get("unit")
    ]
    replaced = {(one.drug, one.on) for one in typed}
    given = [one for one in doses_given(subject) if (one.drug, one.on) not in replaced]
    history = latest_records(MedicalHistory, "MH", [subject.pk], lines="therapies").get(subject.pk)
    return anthracycline_course(
        dated_doses(subject, [*given, *typed]),
        earlier_doses(subject, history),
        echo_days(subject),
        ratio_set=ratio_set_of(subject),
        earlier_asked=history is not None and history.prior_therapy_reviewed is True,
    )


def ratio_set_of(subject: Subject) -> str:
    """The ratios that the subject's protocol version pins."""
    return str(subject.protocol_version.protocol.anthracycline_ratio_set)


def dated_doses(subject: Subject, given: Sequence[GivenLine]) -> list[DatedDose]:
    """Each dose by the body surface of the cycle in which it was given."""
    wanted = [one for one in given if is_anthracycline(one.drug)]
    if not wanted:
        return []
    surfaces, found = surface_by_day(subject), []
    for one in wanted:
        surface, mg = surfaces(one.on), in_unit(one.given, one.unit, "mg")
        if mg is None:
            found.append(DatedDose(one.on, one.drug, None, Uncounted.NOT_REPORTED))
        else:
            per_m2 = mg / surface if surface else Decimal(0) if mg == 0 else None
            found.append(DatedDose(one.on, one.drug, per_m2))
    return found


def earlier_doses(subject: Subject, history: MedicalHistory | None) -> list[EarlierDose]:
    """Anthracyclines before the trial, recognised by name; milligrams by the first body surface known (assumption)."""
    if history is None:
        return []
    found = []
    for line in history.therapies.all():
        medicine = None if line.voided else dictionary().recognise(line.drug)
        if medicine is None or not is_anthracycline(medicine.key):
            continue
        amount = line.amount
        if amount is not None and line.amount_unit == CumulativeUnit.MG:
            surface = first_surface(subject)
            amount = amount / surface if surface else None
        elif line.amount_unit != CumulativeUnit.MG_M2:
            amount = None
        found.append(EarlierDose(medicine.key, amount))
    return found


def first_surface(subject: Subject) -> Decimal | None:
    """Body surface from height and weight as they are known."""
    facts = registries.facts_of(subject.pk, ["height_cm", "weight_kg"])
    height, weight = facts["height_cm"].value, facts["weight_kg"].value
    if not isinstance(height, Decimal) or not isinstance(weight, Decimal):
        return None
    return bsa(height, weight, BsaFormula(subject.protocol_version.protocol.bsa_formula.upper())).value


def echo_days(subject: Subject) -> list[date]:
    """The days of echocardiographies."""
    found = current_records(Echocardiogram, [subject.pk]).exclude(performed_on=None)
    return list(found.values_list("performed_on", flat=True))


def projected(subject: Subject, phase: str, course: AnthracyclineCourse) -> Decimal | None:
    """The total after a phase as planned; None where the phase plans no anthracycline."""
    protocol = subject.protocol_version.protocol
    found = named(protocol, "phases", phase)
    regimen = named(protocol, "regimens", found.regimen) if found is not None and found.regimen else None
    more = planned_dox_eq(regimen, ratio_set_of(subject)) if regimen is not None else Decimal(0)
    return course.total + more if more else None


def phases_with_anthracycline(subject: Subject, phases: Collection[str]) -> list[str]:
    """Of these phases those that plan an anthracycline."""
    nothing = anthracycline_course([], [])
    return [key for key in phases if projected(subject, key, nothing) is not None]

"""What a subject takes beside the protocol's treatment, and the transfusions, as far as time has come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from treatment.doses.inhibitors import ACTS_ON_DAYS
from treatment.medication.checks import inhibitor_of
from treatment.medication.dictionary import dictionary
from treatment.models.medication import STRENGTH, Inhibitor
from trialsite.clinical.partial_date import PartialDate

from .draws import Draw
from .story import LOG, Course, Entry

SUPPORT_FREE_DAYS = 10  # nothing that lifts counts comes so near to the marrow that decides the response
AZOLES = {"伏立康唑": 50.0, "Posaconazole": 35.0, "Fluconazole": 15.0}
TRANSFUSED_DAYS = (3, 9)


@dataclass(frozen=True)
class Prescription:
    """A medicine from a day to another (None: it goes on)."""

    medicine: str
    indication: str
    amount: str
    unit: str
    per_day: str
    route: str
    first: date
    last: date | None = None


def medicine_entries(course: Course, until: date) -> Iterator[Entry]:
    """The forms of medication and transfusion, from draws of their own: they change nothing else in a story."""
    draw = Draw(f"medicines {course.screened_on} {course.person.hospital_number}")
    known = sorted(
        (one for one in prescriptions(draw, course) if one.first <= until), key=lambda one: one.first
    )
    for number, one in enumerate(known, start=1):
        yield Entry(LOG, "CM", one.first, written(one, until), form_repeat=number)
    yield from transfusions(draw, course, until)


def written(one: Prescription, until: date) -> dict[str, Any]:
    over = one.last is not None and one.last <= until
    return {
        "medicine": one.medicine,
        "indication": one.indication,
        "amount": Decimal(one.amount),
        "unit": one.unit,
        "per_day": Decimal(one.per_day),
        "route": one.route,
        "started": PartialDate.of(one.first),
        "stopped": PartialDate.of(one.last) if over and one.last else None,
    }


def prescriptions(draw: Draw, course: Course) -> Iterator[Prescription]:
    """Prophylaxis for most, an azole for some, G-CSF early in induction, what a graft needs."""
    begun = course.c1d1
    if begun is None:
        return
    if draw.chance(70):
        yield Prescription("Aciclovir", "prophylaxis", "400", "mg", "2", "ORAL", draw.after(begun, 0, 5))
    if draw.chance(25):
        start = draw.after(begun, 6, 20)
        name = draw.weighted(AZOLES)
        yield Prescription(
            name, "fungal infection suspected", "200", "mg", "2", "ORAL", start, draw.after(start, 14, 40)
        )
    if draw.chance(40) and quiet(course, begun + timedelta(days=12)):
        start = draw.after(begun, 4, 7)
        yield Prescription("rhG-CSF", "neutropenia", "300", "ug", "1", "SC", start, start + timedelta(days=4))
    yield from after_graft(draw, course)


def inhibitor_on(course: Course, day: date) -> str:
    """The CYP3A inhibitor that acts on a day, as the plan of doses sees it."""
    draw = Draw(f"medicines {course.screened_on} {course.person.hospital_number}")
    acting = timedelta(days=ACTS_ON_DAYS)
    found = [
        strength
        for one in prescriptions(draw, course)
        if one.first <= day
        and (one.last is None or day <= one.last + acting)
        and (strength := inhibitor_of(dictionary().recognise(one.medicine)))
    ]
    return str(max(found, key=lambda one: STRENGTH.index(Inhibitor(one)), default=Inhibitor.NONE))


def after_graft(draw: Draw, course: Course) -> Iterator[Prescription]:
    """Ciclosporin from conditioning on; methylprednisolone, then prednisone, for acute GVHD from grade II on."""
    graft = course.graft
    if graft is None:
        return
    start = graft.conditioning_on + timedelta(days=5)
    yield Prescription(
        "环孢素", "GVHD prophylaxis", "75", "mg", "2", "ORAL", start, graft.day0 + timedelta(days=150)
    )
    if graft.acute_on and graft.acute_grade >= 2:
        turn = graft.acute_on + timedelta(days=9)
        yield Prescription("Methylprednisolone", "acute GVHD", "60", "mg", "2", "IV", graft.acute_on, turn)
        tapered = turn + timedelta(days=1)
        yield Prescription(
            "泼尼松", "acute GVHD", "30", "mg", "1", "ORAL", tapered, draw.after(tapered, 14, 30)
        )


def transfusions(draw: Draw, course: Course, until: date) -> Iterator[Entry]:
    """Platelets and red cells early in induction, platelets after conditioning until they come back."""
    days: list[tuple[date, str, str]] = []
    begun, graft = course.c1d1, course.graft
    if begun and draw.chance(55) and quiet(course, begun + timedelta(days=TRANSFUSED_DAYS[1])):
        days.append((draw.after(begun, *TRANSFUSED_DAYS), "PLT", "platelets below 10 × 10⁹/L"))
    if begun and draw.chance(35):
        days.append((draw.after(begun, *TRANSFUSED_DAYS), "RBC", "haemoglobin below 60 g/L"))
    if graft:
        days.append((graft.day0 + timedelta(days=2), "PLT", "platelets below 20 × 10⁹/L"))
    for number, (day, product, reason) in enumerate(sorted(one for one in days if one[0] <= until), start=1):
        values = {"product": product, "units": Decimal(1 if product == "PLT" else 2), "reason": reason}
        yield Entry(LOG, "TF", day, values, form_repeat=number)


def quiet(course: Course, day: date) -> bool:
    """Whether the marrow that decides the response is far enough away."""
    return course.remission_on is None or (course.remission_on - day).days > SUPPORT_FREE_DAYS

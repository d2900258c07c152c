"""BLINA-INTENS: in remission and MRD negative at high risk, then blinatumomab (A) or nothing (B) before HSCT."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from . import fates
from .blina_full import finish
from .draws import Draw
from .people import Ages
from .story import Course, Disease, Ending, Person
from .treatment import Treatment

AGES = Ages(18, 60, middle=35)
RISKS = {
    "A": fates.Risks(relapse_2y=11, death_after_graft_1y=10),
    "B": fates.Risks(relapse_2y=22, death_after_graft_1y=11),
}
REACHES_TRANSPLANT = 94


def course(
    draw: Draw, person: Person, disease: Disease, screened_on: date, enrolled_on: date, arm: str
) -> Course:
    """`enrolled_on` is the day of randomisation too; remission was reached before screening."""
    treatment = Treatment(draw)
    if arm == "A":
        end = treatment.infuse("BLINA", draw.after(enrolled_on, 0, 4), 14, "BLINA_FLAT14", first=True)
        conditioning = draw.after(end, 7, 26)
    else:
        conditioning = draw.after(enrolled_on, 18, 50)
    if draw.chance(REACHES_TRANSPLANT):
        transplant = fates.graft(draw, conditioning)
        treatment.give("HSCT", conditioning, (transplant.day0 - conditioning).days + 1, None)
        after = fates.relapse_day(draw, transplant.day0, RISKS[arm].relapse_2y)
        fate = fates.ending(draw, transplant.day0, RISKS[arm], relapse_on=after, transplant=transplant)
        reason = "COMPLETED"
    else:
        transplant = None
        relapse = draw.after(enrolled_on, 25, 260)
        died = relapse + timedelta(days=draw.waiting_days(60, 365))
        fate, reason = Ending(relapse_on=relapse, died_on=died, cause="LEUKAEMIA"), "OTHER"
    plain = Course(
        person,
        disease,
        screened_on,
        enrolled_on,
        arm,
        (),
        remission_on=screened_on,
        mrd_negative_on=screened_on,
        graft=transplant,
    )
    if transplant and fate.relapse_on and draw.chance(45):
        before = fate.relapse_on - timedelta(days=draw.whole(30, 75))
        plain = replace(plain, mrd_recurrence_on=max(before, transplant.day0 + timedelta(days=50)))
    return finish(draw, treatment, plain, fate, reason)

"""BLINA-VEN: two cycles of blinatumomab, the second with venetoclax; transplantation for about half."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from . import fates
from .blina_full import finish
from .draws import Draw
from .people import Ages
from .story import Course, Disease, Ending, Person
from .treatment import Treatment

AGES = Ages(18, 60, middle=31)
RISKS = fates.Risks(relapse_2y=22, death_in_remission_2y=2, death_after_graft_1y=10)
FIRST_CYCLE, SECOND_CYCLE, TRANSPLANTED = 88, 60, 55


def course(
    draw: Draw, person: Person, disease: Disease, screened_on: date, enrolled_on: date, arm: str
) -> Course:
    start = draw.after(enrolled_on, 0, 1)
    treatment = Treatment(draw)
    end = treatment.infuse("C1", start, 14, "C1_VCD_BLINA", first=True, offset=7, phase_days=28)
    first = start + timedelta(days=27 + draw.whole(0, 3))
    second_start = draw.after(max(end, first), 2, 9)
    end = treatment.infuse("C2", second_start, 28, "C2_VEN_BLINA", phase_days=28)
    second = second_start + timedelta(days=28 + draw.whole(0, 3))
    plain = Course(
        person, disease, screened_on, enrolled_on, arm, (), None, fixed_visits={"EOC1": first, "EOC2": second}
    )
    remission = first if draw.chance(FIRST_CYCLE) else second if draw.chance(SECOND_CYCLE) else None
    if remission is None:
        died = second + timedelta(days=draw.waiting_days(60, 365))
        return finish(draw, treatment, plain, Ending(died_on=died, cause="LEUKAEMIA"), "NO_RESPONSE")
    negative = {"AT_ONCE": remission, "LATER": second, "NEVER": None}[
        draw.weighted({"AT_ONCE": 84.0, "LATER": 10.0, "NEVER": 6.0})
    ]
    conditioning = draw.after(end, 14, 40) if draw.chance(TRANSPLANTED) else None
    transplant = fates.graft(draw, conditioning) if conditioning else None
    origin = transplant.day0 if transplant else second
    percent = 14.0 if transplant else RISKS.relapse_2y * (1.6 if negative is None else 1.0)
    fate = fates.ending(
        draw, origin, RISKS, relapse_on=fates.relapse_day(draw, origin, percent), transplant=transplant
    )
    if transplant and conditioning:
        treatment.give("HSCT", conditioning, (transplant.day0 - conditioning).days + 1, None)
    if negative is None and transplant:
        negative = transplant.day0 + timedelta(days=25)
    told = replace(
        plain,
        remission_on=remission,
        first_category=draw.weighted({"CR": 66.0, "CRh": 18.0, "CRi": 16.0}),
        mrd_negative_on=negative,
        graft=transplant,
    )
    return finish(draw, treatment, told, fate, "COMPLETED")

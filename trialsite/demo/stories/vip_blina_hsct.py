"""VIP-BLINA-HSCT: VIP, two weeks of blinatumomab, VDCP, VP with methotrexate, then transplantation for all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from . import fates
from .blina_full import finish
from .draws import Draw
from .people import Ages
from .story import Course, Disease, Ending, Person
from .treatment import Treatment

AGES = Ages(18, 60, middle=36)
RISKS = fates.Risks(relapse_2y=16, death_in_remission_2y=2, death_after_relapse_1y=45)
RESPONDS, EARLY_DEATH, REACHES_TRANSPLANT = 93, 1.5, 93


def course(
    draw: Draw, person: Person, disease: Disease, screened_on: date, enrolled_on: date, arm: str
) -> Course:
    start = draw.after(enrolled_on, 0, 2)
    early = draw.after(start, 15, 24) if draw.chance(EARLY_DEATH) else None
    treatment = Treatment(draw, early, "DEATH")
    treatment.give("IND_VIP", start, 14, "VIP")
    end = treatment.infuse("IND_BLINA", start + timedelta(days=14), 14, "BLINA_STEP14", first=True)
    plain = Course(person, disease, screened_on, enrolled_on, arm, (), None)
    if early:
        return finish(draw, treatment, plain, Ending(died_on=early, cause="INFECTION"), "DEATH")
    first = end + timedelta(days=1)
    plain = replace(plain, fixed_visits={"ASSESS1": first})
    if not draw.chance(RESPONDS):
        died = first + timedelta(days=draw.waiting_days(40, 365))
        return finish(draw, treatment, plain, Ending(died_on=died, cause="LEUKAEMIA"), "NO_RESPONSE")
    return in_remission(draw, treatment, replace(plain, remission_on=first))


def in_remission(draw: Draw, treatment: Treatment, plain: Course) -> Course:
    """Two blocks of chemotherapy and the transplantation, where nothing comes between."""
    remission = plain.remission_on
    assert remission is not None
    mrd = draw.weighted({"AT_ONCE": 82.0, "LATER": 11.0, "PERSISTENT": 7.0})
    before = fates.ending(
        draw,
        remission,
        replace(RISKS, lost_2y=1, withdrawn_2y=1, death_in_remission_2y=4),
        relapse_on=fates.relapse_day(draw, remission, 9),
    )
    treatment.stop_on, treatment.stop_reason = fates.treatment_stops(before) or (None, "")
    end = treatment.give("CONS1_VDCP", draw.after(remission, 3, 10), 28, "VDCP")
    end = treatment.give("CONS2_VP_MTX", draw.after(end, 3, 10), 28, "VP_HDMTX")
    if mrd == "PERSISTENT":
        end = treatment.infuse("BRIDGE_BLINA", draw.after(end, 5, 12), 28, "BLINA_28")
    conditioning = draw.after(end, 12, 32)
    fate, transplant = before, None
    in_time = not treatment.over and (treatment.stop_on is None or treatment.stop_on > conditioning)
    if in_time and draw.chance(REACHES_TRANSPLANT):
        transplant = fates.graft(draw, conditioning)
        after = fates.relapse_day(draw, transplant.day0, RISKS.relapse_2y)
        fate = fates.ending(draw, transplant.day0, RISKS, relapse_on=after, transplant=transplant)
        treatment.stop_on = None
        treatment.give("HSCT", conditioning, (transplant.day0 - conditioning).days + 1, None)
    negative = {"AT_ONCE": remission, "LATER": remission + timedelta(days=20), "PERSISTENT": None}[mrd]
    if negative is None and transplant:
        negative = conditioning - timedelta(days=16)
    recurrence = None
    if transplant and fate.relapse_on and draw.chance(45):
        recurrence = max(
            fate.relapse_on - timedelta(days=draw.whole(30, 75)), transplant.day0 + timedelta(days=50)
        )
    told = replace(
        plain,
        first_category=draw.weighted({"CR": 70.0, "CRh": 17.0, "CRi": 13.0}),
        mrd_negative_on=negative,
        mrd_recurrence_on=recurrence,
        graft=transplant,
    )
    stopped = (fates.treatment_stops(fate) or (None, "COMPLETED"))[1]
    reason = "COMPLETED" if transplant else stopped if treatment.over else "SUBJECT"
    return finish(draw, treatment, told, fate, reason)

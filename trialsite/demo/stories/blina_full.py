"""BLINA-FULL: reduced chemotherapy, blinatumomab, alternating Hyper-CVAD, CAR-T cells; transplantation for some.

Rates follow the published predecessor (NCT05557110: CRc 94 %, MRD negative 86 %, one-year survival 97 %).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from . import adverse, fates
from .draws import Draw
from .people import Ages
from .story import Course, Disease, Ending, Person, Span
from .treatment import Treatment

AGES = Ages(18, 65, middle=39, minors_pct=8)
RISKS = fates.Risks(relapse_2y=23, death_in_remission_2y=1.8, death_after_relapse_1y=38)
RESPONDS_FIRST, RESPONDS_EXTENDED = 88, 52
EARLY_DEATH = 0.7
GETS_CELLS = 84


def course(
    draw: Draw, person: Person, disease: Disease, screened_on: date, enrolled_on: date, arm: str
) -> Course:
    start = draw.after(enrolled_on, 0, 2)
    early = draw.after(start, 11, 19) if draw.chance(EARLY_DEATH) else None
    treatment = Treatment(draw, early, "DEATH")
    treatment.give("IND_CHEMO", start, 7, "IND_REDUCED")
    end = treatment.infuse("IND_BLINA", start + timedelta(days=7), 14, "BLINA_STEP14", first=True)
    plain = Course(person, disease, screened_on, enrolled_on, arm, (), None)
    if early:
        return finish(draw, treatment, plain, Ending(died_on=early, cause="INFECTION"), "DEATH")
    first = end + timedelta(days=1)
    fixed = {"IND_EOI1": first}
    if not draw.chance(RESPONDS_FIRST):
        end = treatment.infuse("IND_EXT", draw.after(first, 2, 3), 14, "BLINA_FLAT14")
        first = end + timedelta(days=1)
        fixed["IND_EOI2"] = first
        if not draw.chance(RESPONDS_EXTENDED):
            died = first + timedelta(days=draw.waiting_days(34, 365))
            return finish(
                draw,
                treatment,
                replace(plain, fixed_visits=fixed),
                Ending(died_on=died, cause="LEUKAEMIA"),
                "NO_RESPONSE",
            )
    return in_remission(draw, treatment, replace(plain, fixed_visits=fixed, remission_on=first))


def in_remission(draw: Draw, treatment: Treatment, plain: Course) -> Course:
    """Consolidation, cells or transplantation, and what comes after."""
    remission = plain.remission_on
    assert remission is not None
    mrd = draw.weighted({"AT_ONCE": 82.0, "LATER": 7.0, "PERSISTENT": 11.0})
    relapse_on = fates.relapse_day(draw, remission, RISKS.relapse_2y * (2 if mrd == "PERSISTENT" else 0.9))
    early = fates.ending(draw, remission, RISKS, relapse_on=relapse_on)
    recurrence = recurrence_day(draw, remission, early)
    stops = fates.treatment_stops(early)
    treatment.stop_on, treatment.stop_reason = stops or (None, "")
    cells_on, conditioning, apheresis = consolidate(draw, treatment, plain, mrd, recurrence)
    fate, transplant = early, None
    if conditioning and not treatment.over:
        transplant = fates.graft(draw, conditioning)
        after = fates.relapse_day(draw, transplant.day0, 13)
        fate = fates.ending(draw, transplant.day0, RISKS, relapse_on=after, transplant=transplant)
        treatment.stop_on = None
        treatment.give("HSCT", conditioning, (transplant.day0 - conditioning).days + 1, None)
    negative = {"AT_ONCE": remission, "LATER": remission + timedelta(days=25), "PERSISTENT": None}[mrd]
    if negative is None and transplant:
        negative = transplant.day0 + timedelta(days=25)
    told = replace(
        plain,
        first_category=draw.weighted({"CR": 72.0, "CRh": 16.0, "CRi": 12.0}),
        mrd_negative_on=negative,
        mrd_recurrence_on=recurrence if negative and (not fate.relapse_on or recurrence) else None,
        graft=transplant,
        cells_on=cells_on,
        apheresis_on=apheresis,
    )
    reason = (fates.treatment_stops(fate) or (None, ""))[1] if treatment.over else "COMPLETED"
    return finish(draw, treatment, told, fate, reason)


def recurrence_day(draw: Draw, remission: date, fate: Ending) -> date | None:
    """MRD comes back before half of the relapses, and now and then without one."""
    if fate.relapse_on and draw.chance(50):
        return max(fate.relapse_on - timedelta(days=draw.whole(30, 80)), remission + timedelta(days=30))
    if not fate.relapse_on and draw.chance(4):
        return draw.after(remission, 130, 500)
    return None


def consolidate(
    draw: Draw, treatment: Treatment, plain: Course, mrd: str, recurrence: date | None
) -> tuple[date | None, date | None, date | None]:
    """Blocks in turn; gives the day of the cells, the first day of conditioning, and the day of apheresis."""
    remission, disease = plain.remission_on, plain.disease
    assert remission is not None
    end = treatment.give("CONS1_HCVAD_A", draw.after(remission, 4, 12), 21, "HCVAD_A")
    if mrd == "PERSISTENT" and draw.chance(80):
        return None, draw.after(end, 24, 45), None
    end = treatment.infuse("CONS2_BLINA", draw.after(end, 5, 13), 28, "BLINA_28")
    if disease.needs_transplant and draw.chance(82):
        return None, draw.after(end, 14, 35), None
    end = treatment.give("CONS3_HCVAD_B", draw.after(end, 6, 14), 21, "HCVAD_B")
    start = draw.after(end, 6, 14)
    end = treatment.infuse("CONS4_BLINA", start, 28, "BLINA_28")
    if recurrence and recurrence < end:
        return None, draw.after(end, 24, 45), None
    if treatment.over or not draw.chance(GETS_CELLS):
        return None, None, None
    apheresis = draw.after(start, 42, 52)
    lymphodepletion = draw.after(start, 66, 84)
    cells = lymphodepletion + timedelta(days=5)
    treatment.give("CAR_T", lymphodepletion, 34, "CAR_T")
    if treatment.over and treatment.ended_on <= cells:
        return None, None, apheresis if apheresis < treatment.ended_on else None
    if draw.chance(46):
        grade = draw.weighted({1: 66.0, 2: 29.0, 3: 5.0})
        treatment.flare("CRS", draw.after(cells, 1, 5), draw.whole(2, 5), grade)
    if draw.chance(11):
        grade = draw.weighted({1: 64.0, 2: 26.0, 3: 10.0})
        treatment.flare("ICANS", draw.after(cells, 4, 8), draw.whole(1, 4), grade)
    if recurrence:
        return cells, draw.after(recurrence, 45, 80), apheresis
    return cells, None, apheresis


def finish(draw: Draw, treatment: Treatment, plain: Course, fate: Ending, reason: str) -> Course:
    """The course with its treatment, adverse events and end."""
    last = treatment.ended_on if treatment.spans else None
    spans = (*treatment.spans, *observation(plain, fate))
    flares = tuple(treatment.flares)
    return replace(
        plain,
        spans=spans,
        flares=flares,
        events=adverse.events(draw, spans, flares, plain.graft, plain.cells_on),
        ending=fate,
        treatment_ended_on=last,
        end_of_treatment=reason,
    )


def observation(plain: Course, fate: Ending) -> tuple[Span, ...]:
    """Observation begins a month after the graft or the cells, in those who are still in remission then."""
    graft, cells_on = plain.graft, plain.cells_on
    done = graft.day0 if graft else cells_on
    if done is None:
        return ()
    start = done + timedelta(days=30)
    stops = fates.treatment_stops(fate)
    return () if stops and stops[0] <= start else (Span("OBSERVATION", start, date.max),)

"""How it goes on: transplantation and its complications, relapse, death, loss to follow-up. Rates in per cent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .draws import Draw
from .story import Ending, Graft

TWO_YEARS, ONE_YEAR = 730, 365
DEATH_CAUSES_AFTER_GRAFT = {"INFECTION": 46.0, "GVHD": 30.0, "ORGAN_FAILURE": 14.0, "HAEMORRHAGE": 10.0}
DEATH_CAUSES_IN_REMISSION = {"INFECTION": 70.0, "TOXICITY": 15.0, "HAEMORRHAGE": 15.0}
RELAPSE_SITES = {"MARROW": 82.0, "CNS": 8.0, "COMBINED": 6.0, "EXTRAMEDULLARY": 4.0}


@dataclass(frozen=True)
class Risks:
    """What a trial's subjects run: relapse within two years of the origin, death in remission, going astray."""

    relapse_2y: float
    death_in_remission_2y: float = 2.0
    death_after_graft_1y: float = 10.0
    death_after_relapse_1y: float = 55.0
    lost_2y: float = 3.0
    withdrawn_2y: float = 2.0


def graft(draw: Draw, conditioning_on: date) -> Graft:
    """A transplantation: donor, engraftment, acute and chronic GVHD (grade III to IV in about 9 of 100)."""
    day0 = draw.after(conditioning_on, 7, 9)
    acute = draw.weighted({0: 55.0, 1: 15.0, 2: 21.0, 3: 7.0, 4: 2.0})
    chronic = draw.weighted({"": 66.0, "MILD": 19.0, "MODERATE": 10.0, "SEVERE": 5.0})
    chronic_on = draw.after(day0, 105, 320) if chronic else None
    donor = draw.weighted({"HAPLO": 48.0, "MSD": 26.0, "MUD10": 19.0, "MMUD9": 7.0})
    return Graft(
        conditioning_on=conditioning_on,
        day0=day0,
        donor=donor,
        source=draw.weighted({"PB": 72.0, "BM_PB": 24.0, "BM": 4.0}),
        intensity=draw.weighted({"MAC": 84.0, "RIC": 16.0}),
        neutrophils_on=draw.after(day0, 10, 17),
        platelets_on=draw.after(day0, 11, 26),
        acute_on=draw.after(day0, 18, 68) if acute else None,
        acute_grade=acute,
        chronic_on=chronic_on,
        chronic_severity=chronic,
        systemic_on=draw.after(chronic_on, 0, 14) if chronic_on and chronic != "MILD" else None,
    )


def death_after_graft(draw: Draw, transplant: Graft, risks: Risks) -> tuple[date, str] | None:
    """Death in remission after a transplantation: severe acute GVHD makes it likely."""
    severe = transplant.acute_grade >= 3
    percent = 38.0 if severe else risks.death_after_graft_1y * 0.72
    days = draw.waiting_days(percent, ONE_YEAR)
    if days > ONE_YEAR + 60:
        return None
    cause = "GVHD" if severe and draw.chance(60) else draw.weighted(DEATH_CAUSES_AFTER_GRAFT)
    return transplant.day0 + timedelta(days=max(days, 24)), cause


def relapse_day(draw: Draw, origin: date, percent_2y: float) -> date | None:
    """The day of a relapse: most in the first two years, hardly any after three."""
    days = draw.waiting_days(percent_2y, TWO_YEARS)
    return origin + timedelta(days=max(days, 55)) if days < 3 * ONE_YEAR else None


def ending(
    draw: Draw,
    origin: date,
    risks: Risks,
    *,
    relapse_on: date | None = None,
    transplant: Graft | None = None,
) -> Ending:
    """The end of the story of somebody in remission: what comes first of relapse, death and going astray."""
    death = death_after_graft(draw, transplant, risks) if transplant else None
    other = draw.waiting_days(risks.death_in_remission_2y, TWO_YEARS)
    if death is None and other < TWO_YEARS:
        death = (origin + timedelta(days=max(other, 20)), draw.weighted(DEATH_CAUSES_IN_REMISSION))
    if relapse_on and death and death[0] > relapse_on:
        death = None
    elif death:
        relapse_on = None
    died_on, cause = death or (None, "")
    if relapse_on:
        days = draw.waiting_days(risks.death_after_relapse_1y, ONE_YEAR)
        died_on, cause = relapse_on + timedelta(days=max(days, 21)), "LEUKAEMIA"
        if draw.chance(22):
            died_on, cause = None, ""
    lost_on, withdrawn_on = astray(draw, origin, risks)
    return Ending(
        relapse_on=relapse_on,
        relapse_site=draw.weighted(RELAPSE_SITES),
        died_on=died_on,
        cause=cause,
        lost_on=lost_on,
        withdrawn_on=withdrawn_on,
        withdrawal="FOLLOW_UP" if withdrawn_on else "",
    )


def astray(draw: Draw, origin: date, risks: Risks) -> tuple[date | None, date | None]:
    """Lost to follow-up, or consent for follow-up withdrawn: rarely, and not in the first months."""
    lost = draw.waiting_days(risks.lost_2y, TWO_YEARS)
    withdrawn = draw.waiting_days(risks.withdrawn_2y, TWO_YEARS)
    if min(lost, withdrawn) > 2 * TWO_YEARS:
        return None, None
    day = origin + timedelta(days=120 + min(lost, withdrawn))
    return (day, None) if lost <= withdrawn else (None, day)


def treatment_stops(fate: Ending) -> tuple[date, str] | None:
    """The day from which no protocol treatment is given any more, and why."""
    reasons = [
        (fate.relapse_on, "RELAPSE"),
        (fate.died_on, "DEATH"),
        (fate.lost_on, "LOST"),
        (fate.withdrawn_on, "SUBJECT"),
    ]
    return min(((day, why) for day, why in reasons if day), default=None)

"""One subject's whole story from a seed, for each of the four trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from trialsite.studies.domain.protocol import Protocol

from . import blina_full, blina_intens, blina_ven, people, vip_blina_hsct
from .candidates import obstacle
from .casebook import casebook_entries
from .draws import Draw
from .measured import vital_signs
from .people import Ages
from .screening_forms import screening_entries, statements
from .story import Course, Disease, Entry, Person, Story

Tell = Callable[[Draw, Person, Disease, date, date, str], Course]
STILL_SCREENING_DAYS = 6


@dataclass(frozen=True)
class Trial:
    """How a trial's subjects come and what happens to them. `recruiting_days` back from today they began to come."""

    ages: Ages
    tell: Tell
    recruiting_days: int
    in_remission: bool = False


TRIALS = {
    "BLINA-FULL": Trial(blina_full.AGES, blina_full.course, 1080),
    "VIP-BLINA-HSCT": Trial(vip_blina_hsct.AGES, vip_blina_hsct.course, 1000),
    "BLINA-VEN": Trial(blina_ven.AGES, blina_ven.course, 620),
    "BLINA-INTENS": Trial(blina_intens.AGES, blina_intens.course, 960, in_remission=True),
}


def story(protocol: Protocol, number: int, of: int, seed: str, today: date) -> Story:
    """The story of subject `number` (from 1) of `of`, as it stands `today`. The same arguments tell the same story."""
    study = protocol.key
    trial = TRIALS[study]
    draw = Draw(f"{seed}:{study}:{number}")
    recent = is_still_screening(number, of)
    screened_on = screening_day(draw, trial, number, of, today, recent=recent)
    site = site_of(draw, protocol)
    person = people.person(draw, trial.ages, screened_on, f"{study}-{seed}-{number:05d}")
    diagnosed = screened_on - timedelta(days=draw.whole(75, 150) if trial.in_remission else draw.whole(0, 3))
    disease = people.disease(draw, diagnosed, high_risk=trial.in_remission)
    found = None if recent else obstacle(draw, study)
    key, person = fitting(draw, found.key if found else "", person, trial.ages, screened_on)
    decided_on = min(screened_on + timedelta(days=draw.whole(3, 6)), today)
    papers = screening_entries(
        Draw(f"{seed}:{study}:{number}:screening"),
        protocol,
        person,
        disease,
        screened_on,
        key,
        in_remission=trial.in_remission,
        decided_on=decided_on,
    )
    told = Story(study, number, site, person, screened_on, papers)
    if recent:
        return told_so_far(draw, told, today)
    if found:
        reason = found.reason
        return replace(told, failure=reason)
    if trial.in_remission:
        papers += randomisation_visit(draw, person, decided_on)
    arms = [arm.key for arm in protocol.arms]
    courses = {
        arm: trial.tell(
            Draw(f"{seed}:{study}:{number}:course"), person, disease, screened_on, decided_on, arm
        )
        for arm in arms
    }
    entries = {
        arm: casebook_entries(Draw(f"{seed}:{study}:{number}:forms:{arm}"), protocol, course, today)
        for arm, course in courses.items()
    }
    return Story(
        study,
        number,
        site,
        person,
        screened_on,
        papers,
        enrolled_on=decided_on,
        randomised=len(arms) > 1,
        entries=entries,
        courses=courses,
    )


def is_still_screening(number: int, of: int) -> bool:
    """The last one or two who came have not been decided on."""
    return of >= 8 and number > of - max(1, min(3, of // 12))


def screening_day(draw: Draw, trial: Trial, number: int, of: int, today: date, *, recent: bool) -> date:
    """Slowly at first, then at an even pace; the last ones this week."""
    if recent:
        return today - timedelta(days=draw.whole(0, STILL_SCREENING_DAYS - 1))
    share = ((number - 1) + draw.source.random()) / of
    passed = int(trial.recruiting_days * share**0.85)
    return today - timedelta(days=max(trial.recruiting_days - passed, 7))


def site_of(draw: Draw, protocol: Protocol) -> str:
    """A site, in proportion to what it plans (or recruits, where the trial plans no number)."""
    usual = {"SGH": 40.0, "BJH": 25.0, "GZH": 20.0, "CDH": 15.0}
    return draw.weighted({site.key: float(site.planned or usual[site.key]) for site in protocol.sites})


def fitting(draw: Draw, key: str, person: Person, ages: Ages, on: date) -> tuple[str, Person]:
    """The person to whom the obstacle can happen: too old is too old, and only a woman is pregnant."""
    if key == "too_old":
        years = ages.high + draw.whole(1, 8)
        born = on - timedelta(days=int(years * 365.2425) + 30)
        return key, replace(person, birth_date=born, childbearing=False, minor=False)
    if key == "pregnant":
        born = on - timedelta(days=int(draw.whole(22, 34) * 365.2425) + 60)
        name = person.full_name[0] + draw.one_of(people.GIVEN_F)
        body = {"height_cm": 160, "weight_kg": Decimal("61.5")}
        woman = {"sex": "F", "full_name": name, "birth_date": born, "childbearing": True, "minor": False}
        return key, replace(person, **woman, **body)  # type: ignore[arg-type]
    return key, person


def told_so_far(draw: Draw, told: Story, today: date) -> Story:
    """Screening that goes on: the papers that have come, no statement of the investigator yet."""
    there = [entry for entry in told.screening if entry.on <= today and entry.form != "EL"]
    waiting = draw.one_of([("MRD",), ("CSF", "ECHO"), ("VIR", "PREG")])
    return replace(told, screening=tuple(entry for entry in there if entry.form not in waiting))


def randomisation_visit(draw: Draw, person: Person, on: date) -> tuple[Entry, ...]:
    """What the investigator confirms and measures on the day of randomisation."""
    signs = vital_signs(draw, person, ecog=draw.weighted({0: 35.0, 1: 65.0}))
    return (
        Entry("RAND", "VS", on, signs),
        Entry("RAND", "EL", on, statements(person, ""), investigator=True),
    )

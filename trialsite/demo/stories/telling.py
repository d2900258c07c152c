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
    """The story of subject `number` (from 1) of `of`, as it stands `today`, with every form that records it.

    The same arguments tell the same story.
    """
    told = outline(protocol, number, of, seed, today)
    name = f"{seed}:{protocol.key}:{number}"
    papers = papers_of(Draw(f"{name}:screening"), protocol, told, today)
    entries = {
        arm: casebook_entries(Draw(f"{name}:forms:{arm}"), protocol, course, today)
        for arm, course in told.courses.items()
    }
    return replace(told, screening=papers, entries=entries)


def outline(protocol: Protocol, number: int, of: int, seed: str, today: date) -> Story:
    """The same story without its forms: who came when, why not enrolled, and the course under each arm."""
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
    person = fitting(draw, found.key if found else "", person, trial.ages, screened_on)
    decided_on = min(screened_on + timedelta(days=draw.whole(3, 6)), today)
    told = Story(
        study,
        number,
        site,
        person,
        disease,
        screened_on,
        decided_on,
        obstacle=found.key if found else "",
        failure=found.reason if found else "",
    )
    if recent or found:
        return told
    arms = [arm.key for arm in protocol.arms]
    courses = {
        arm: trial.tell(
            Draw(f"{seed}:{study}:{number}:course"), person, disease, screened_on, decided_on, arm
        )
        for arm in arms
    }
    return replace(told, enrolled_on=decided_on, randomised=len(arms) > 1, courses=courses)


def papers_of(draw: Draw, protocol: Protocol, told: Story, today: date) -> tuple[Entry, ...]:
    """The forms of screening, and those of the day of randomisation."""
    in_remission = TRIALS[told.study].in_remission
    papers = screening_entries(draw, protocol, told, in_remission=in_remission)
    if told.still_screening:
        return so_far(draw, papers, today)
    if told.enrolled_on and told.randomised:
        papers += randomisation_visit(draw, told.person, told.enrolled_on)
    return papers


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


def fitting(draw: Draw, key: str, person: Person, ages: Ages, on: date) -> Person:
    """The person to whom the obstacle can happen: too old is too old, and only a woman is pregnant."""
    if key == "too_old":
        born = on - timedelta(days=int((ages.high + draw.whole(1, 8)) * 365.2425) + 30)
        return replace(person, birth_date=born, childbearing=False, minor=False)
    if key == "pregnant":
        return replace(
            person,
            sex="F",
            full_name=person.full_name[0] + draw.one_of(people.GIVEN_F),
            birth_date=on - timedelta(days=int(draw.whole(22, 34) * 365.2425) + 60),
            height_cm=160,
            weight_kg=Decimal("61.5"),
            childbearing=True,
            minor=False,
        )
    return person


def so_far(draw: Draw, papers: tuple[Entry, ...], today: date) -> tuple[Entry, ...]:
    """Screening that goes on: the papers that have come, no statement of the investigator yet."""
    waiting = draw.one_of([("MRD",), ("CSF", "ECHO"), ("VIR", "PREG")])
    return tuple(entry for entry in papers if entry.on <= today and entry.form not in ("EL", *waiting))


def randomisation_visit(draw: Draw, person: Person, on: date) -> tuple[Entry, ...]:
    """What the investigator confirms and measures on the day of randomisation."""
    signs = vital_signs(draw, person, ecog=draw.weighted({0: 35.0, 1: 65.0}))
    return (
        Entry("RAND", "VS", on, signs),
        Entry("RAND", "EL", on, statements(person, ""), investigator=True),
    )

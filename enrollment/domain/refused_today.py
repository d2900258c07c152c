"""What of an enrolment on paper would be refused today: each a fact that an investigator signs, nothing undone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from trialsite.clinical.verdicts import CriterionVerdict

from .eligibility import CriterionLine

AGAINST = (CriterionVerdict.NOT_MET, CriterionVerdict.PRESENT)


class Refusal(StrEnum):
    """Which of today's rules would refuse."""

    NOT_CONFIRMED_HERE = "not_confirmed_here"
    NOT_ELIGIBLE_THEN = "not_eligible_then"
    NOT_JUDGED = "not_judged"
    CONSENT_MISSING = "consent_missing"
    CONSENT_LATE = "consent_late"
    SITE_NOT_OPEN = "site_not_open"
    STUDY_FULL = "study_full"
    CRITERION_AGAINST = "criterion_against"
    CRITERION_UNKNOWN = "criterion_unknown"
    LIST_NOT_DRAWN = "list_not_drawn"


@dataclass(frozen=True)
class PaperEnrolment:
    """What stands on paper of one enrolment; None and "" where paper says nothing.

    `eligible` is the verdict then: None where no judgement is documented. `taken` counts the places with this one;
    `planned` None: the protocol states no number. `site_open_on` is given where the site opened here after the
    screening. `randomised` tells whether the arm was allocated from a list that was kept elsewhere.
    """

    enrolled_on: date
    consented_on: date | None = None
    judged_by: str = ""
    judged_on: date | None = None
    eligible: bool | None = None
    taken: int | None = None
    planned: int | None = None
    site_open_on: date | None = None
    randomised: bool = False


@dataclass(frozen=True)
class WouldBeRefused:
    """One rule of today and what it is about: a criterion, a day, "12/10" places."""

    refusal: Refusal
    about: str = ""


def refused_today(paper: PaperEnrolment, criteria: Iterable[CriterionLine]) -> tuple[WouldBeRefused, ...]:
    """Everything that would stop this enrolment today, in the order in which enrolment asks.

    `criteria` is the dossier as the record stands, judged on the day of enrolment. Eligibility that was judged on
    paper is always named: nobody confirmed it here.
    """
    return (*decisions(paper), *of_criteria(criteria))


def decisions(paper: PaperEnrolment) -> Iterator[WouldBeRefused]:
    if paper.eligible is None:
        yield WouldBeRefused(Refusal.NOT_JUDGED)
    elif not paper.eligible:
        yield WouldBeRefused(Refusal.NOT_ELIGIBLE_THEN, f"{paper.judged_by}, {paper.judged_on}")
    else:
        yield WouldBeRefused(Refusal.NOT_CONFIRMED_HERE, f"{paper.judged_by}, {paper.judged_on}")
    if paper.consented_on is None:
        yield WouldBeRefused(Refusal.CONSENT_MISSING)
    elif paper.consented_on > paper.enrolled_on:
        yield WouldBeRefused(Refusal.CONSENT_LATE, paper.consented_on.isoformat())
    if paper.site_open_on is not None:
        yield WouldBeRefused(Refusal.SITE_NOT_OPEN, paper.site_open_on.isoformat())
    if paper.taken is not None and paper.planned is not None and paper.taken > paper.planned:
        yield WouldBeRefused(Refusal.STUDY_FULL, f"{paper.taken}/{paper.planned}")
    if paper.randomised:
        yield WouldBeRefused(Refusal.LIST_NOT_DRAWN)


def of_criteria(criteria: Iterable[CriterionLine]) -> Iterator[WouldBeRefused]:
    lines = list(criteria)
    yield from (WouldBeRefused(Refusal.CRITERION_AGAINST, one.id) for one in lines if one.verdict in AGAINST)
    unknown = CriterionVerdict.UNKNOWN
    yield from (WouldBeRefused(Refusal.CRITERION_UNKNOWN, one.id) for one in lines if one.verdict is unknown)

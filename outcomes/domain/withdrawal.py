"""Withdrawal of consent in three degrees: one table of what each forbids from its day on."""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class Degree(StrEnum):
    """From what a subject withdraws; each goes further than the one before."""

    TREATMENT = "TREATMENT"
    FOLLOW_UP = "FOLLOW_UP"
    DATA_USE = "DATA_USE"


class Doing(StrEnum):
    """What somebody wants to record or decide."""

    TREATMENT = "TREATMENT"  # a phase, doses, an infusion, cells; enrolment and randomisation lead to it
    CONTACT = "CONTACT"  # a visit, an examination, a call
    PUBLIC_DEATH = "PUBLIC_DEATH"  # death as a public register or certificate tells it
    CONSENT = "CONSENT"  # consent, withdrawal, the end of treatment, a deviation: never forbidden


# Degree → what it forbids of days after the withdrawal.
FORBIDS: dict[Degree, frozenset[Doing]] = {
    Degree.TREATMENT: frozenset({Doing.TREATMENT}),
    Degree.FOLLOW_UP: frozenset({Doing.TREATMENT, Doing.CONTACT}),
    Degree.DATA_USE: frozenset({Doing.TREATMENT, Doing.CONTACT, Doing.PUBLIC_DEATH}),
}
ORDER = tuple(Degree)
TREATMENT_FORMS = frozenset({"CYC", "EX", "BLI", "CAR"})
CONSENT_FORMS = frozenset({"ICF", "WD", "EOT", "DEV"})
PUBLIC = frozenset({"REGISTRY", "CERTIFICATE"})
STEPS = frozenset({"enrol", "randomise", "replan"})  # decisions that are no forms


def doing_of(what: str, certainty: str = "", *, public_sources: bool = False) -> Doing:
    """What the entry of a form (by its key), or a step, is. A death counts as public where its source is a register
    or certificate and the protocol allows public sources; otherwise it took a contact to learn of it."""
    if what in STEPS or what in TREATMENT_FORMS:
        return Doing.TREATMENT
    if what in CONSENT_FORMS:
        return Doing.CONSENT
    if what == "DTH" and public_sources and certainty in PUBLIC:
        return Doing.PUBLIC_DEATH
    return Doing.CONTACT


def forbids(degree: Degree, withdrawn_on: date, doing: Doing, on: date | None) -> bool:
    """Whether a withdrawal forbids this. Days until the withdrawal may still be entered, but for the last degree,
    after which nothing is; a thing without a day counts as later."""
    if doing not in FORBIDS[degree]:
        return False
    return degree is Degree.DATA_USE or on is None or on > withdrawn_on


def narrows(degree: Degree, standing: Degree | None) -> bool:
    """Whether a withdrawal would take back part of the one that stands: that needs a new consent."""
    return standing is not None and ORDER.index(degree) < ORDER.index(standing)

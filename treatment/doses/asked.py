"""What the regimens of a subject's phases ask for at the start of a phase."""

from dataclasses import dataclass

from trialsite.casebook.models import Subject
from trialsite.casebook.versions import named
from trialsite.studies.domain.protocol import DoseLevels, Regimen

from ..plan.paths import phases_of
from .computing import facts_of_regimen


@dataclass(frozen=True)
class Asked:
    """Dose levels between which phases are started, and whether any dose depends on the Child-Pugh class."""

    levels: tuple[DoseLevels, ...]
    child_pugh: bool


def asked_by(subject: Subject) -> Asked:
    """What the start of a phase asks of this subject."""
    found = [one for phase in phases_of(subject) if (one := regimen_of(subject, phase.key)) is not None]
    levels = tuple(one.dose_levels for one in found if one.dose_levels is not None)
    return Asked(levels, any("child_pugh" in facts_of_regimen(one) for one in found))


def regimen_of(subject: Subject, phase: str) -> Regimen | None:
    """The regimen of a phase by the subject's protocol; None where no drug is planned."""
    protocol = subject.protocol_version.protocol
    plan = named(protocol, "phases", phase)
    regimen: Regimen | None = named(protocol, "regimens", plan.regimen) if plan and plan.regimen else None
    return regimen

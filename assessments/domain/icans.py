"""The ICE score and the grade of ICANS by the ASTCT consensus (Lee et al., BBMT 2019;25:625), for adults.

Tremor, myoclonus and intracranial haemorrhage are no part of it: they are adverse events, graded by CTCAE."""

from __future__ import annotations

from dataclasses import dataclass

from trialsite.clinical.kleene import Truth

from .grade_bounds import GradeBounds, worst

CONSCIOUSNESS = {"AWAKE": 0, "VOICE": 2, "TACTILE": 3, "UNAROUSABLE": 4}
SEIZURE = {"NONE": 0, "BRIEF": 3, "PROLONGED": 4}
OEDEMA = {"NONE": 0, "FOCAL": 3, "DIFFUSE": 4}
ICE_MAXIMUM, WORST, DEATH = 10, 4, 5
OPEN = GradeBounds(0, WORST)


@dataclass(frozen=True)
class IceFindings:
    """ICE items (None when not done) and the other domains of ICANS ("" when not recorded).

    orientation: 0 to 4, year, month, city and hospital. sedated: consciousness is that of a medicine. other_cause: all
    of it has another one. fatal: death due to it."""

    orientation: int | None = None
    naming: int | None = None
    command: int | None = None
    writing: int | None = None
    attention: int | None = None
    consciousness: str = ""
    seizure: str = ""
    motor_weakness: Truth = Truth.UNKNOWN
    oedema: str = ""
    sedated: Truth = Truth.UNKNOWN
    other_cause: Truth = Truth.UNKNOWN
    fatal: Truth = Truth.UNKNOWN

    @property
    def items(self) -> tuple[int | None, ...]:
        return (self.orientation, self.naming, self.command, self.writing, self.attention)


def orientation_points(answers: tuple[bool | None, ...], points: int | None) -> int | None:
    """The points of orientation: one a right answer; the points as noted where the four answers were not; else None."""
    if any(answer is None for answer in answers):
        return points
    return sum(answer is True for answer in answers)


def ice_total(found: IceFindings) -> int | None:
    """The ICE score, 0 to 10; None unless every item was done."""
    done = [item for item in found.items if item is not None]
    return sum(done) if len(done) == len(found.items) else None


def icans_grade(found: IceFindings) -> GradeBounds:
    """The ASTCT grade of neurotoxicity: the worst domain that has no other cause.

    ICE 7–9 is grade 1, 3–6 grade 2, 0–2 grade 3 (0 too, awake with global aphasia); unarousable is grade 4 whatever
    the ICE. Under sedation consciousness does not count. Seizure, weakness and oedema that are not mentioned count as
    absent once ICE and consciousness are recorded, since the form asks for what was seen; ICE or consciousness that is
    not recorded leaves a lower bound."""
    if found.fatal is Truth.TRUE:
        return GradeBounds.at(DEATH)
    if found.other_cause is Truth.TRUE:
        return GradeBounds.at(0)
    seen = (
        GradeBounds.at(SEIZURE.get(found.seizure, 0)),
        GradeBounds.at(OEDEMA.get(found.oedema, 0)),
        GradeBounds.at(WORST if found.motor_weakness is Truth.TRUE else 0),
    )
    awake = consciousness(found)
    score = GradeBounds.at(0) if awake.low == WORST else ice(found)
    return worst((score, awake, *seen))


def consciousness(found: IceFindings) -> GradeBounds:
    """The grade of consciousness; under sedation it is not attributable, and left out."""
    if found.sedated is Truth.TRUE:
        return GradeBounds.at(0)
    known = CONSCIOUSNESS.get(found.consciousness)
    return OPEN if known is None else GradeBounds.at(known)


def ice(found: IceFindings) -> GradeBounds:
    """The grade of the score; without one anything up to 3, since 4 comes through consciousness alone."""
    total = ice_total(found)
    if total is None:
        return GradeBounds(0, WORST - 1)
    if total >= ICE_MAXIMUM:
        return GradeBounds.at(0)
    return GradeBounds.at(1 if total >= 7 else 2 if total >= 3 else 3)

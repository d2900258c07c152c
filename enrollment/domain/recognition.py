"""What follows when somebody who is to be screened is known: by where, in which study and how far they took part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """How far an earlier part in a study went."""

    RUNNING = "running"
    FAILED = "failed"  # screened, never enrolled
    ENDED = "ended"

    @classmethod
    def of(cls, state: str) -> Part:
        return {"screen_failed": cls.FAILED, "off_study": cls.ENDED}.get(state, cls.RUNNING)


@dataclass(frozen=True)
class Known:
    """One earlier part of the person. here: at a place that the reader's roles open."""

    same_study: bool
    part: Part
    here: bool


class Way(StrEnum):
    """How the screening of somebody who is known may go on; somebody typed by mistake is always another answer."""

    RESCREENING = "rescreening"
    OTHER_TRIAL = "other_trial"


class Stop(StrEnum):
    """Why it may not."""

    IN_THIS_STUDY = "in_this_study"
    OTHER_TRIAL_RUNS = "other_trial_runs"
    OTHER_TRIAL_ENDED = "other_trial_ended"


def way_on(known: Sequence[Known], *, running_allowed: bool, ended_allowed: bool) -> Way | Stop:
    """How it may go on with somebody who is known, or why not; the strictest finding decides.

    A part that runs, or that ran to its end, in the same study stops; a failed screening there is screened again. Of
    other trials the protocol says whether a running or an ended part stops; a failed screening there is no part.
    """
    own = [one for one in known if one.same_study]
    others = [one.part for one in known if not one.same_study]
    if any(one.part is not Part.FAILED for one in own):
        return Stop.IN_THIS_STUDY
    if Part.RUNNING in others and not running_allowed:
        return Stop.OTHER_TRIAL_RUNS
    if Part.ENDED in others and not ended_allowed:
        return Stop.OTHER_TRIAL_ENDED
    return Way.RESCREENING if own else Way.OTHER_TRIAL

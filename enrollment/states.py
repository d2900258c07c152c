"""The lifecycles of enrolment, each one table: state → action → next state, and who may take the step."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class PlaceState(models.TextChoices):
    """Where a subject's place in the study stands. That a held place has lapsed is a comparison of days."""

    HELD = "held", _("Held")
    TAKEN = "taken", _("Taken")
    RELEASED = "released", _("Given back")


class PauseState(models.TextChoices):
    """Where a pause of recruitment stands."""

    PAUSED = "paused", _("Paused")
    RESUMED = "resumed", _("Resumed")


@dataclass(frozen=True)
class Step:
    """One allowed step. `permission` names a row of access.permissions.ACTIONS.

    `other_person`: not who took the step before."""

    action: str
    source: PlaceState | PauseState | None
    target: PlaceState | PauseState
    permission: str
    needs_reason: bool = False
    other_person: bool = False


P, R = PlaceState, PauseState
PLACE_STEPS: tuple[Step, ...] = (
    Step("hold", None, P.HELD, "place.hold"),
    Step("hold", P.RELEASED, P.HELD, "place.hold"),
    Step("give_back", P.HELD, P.RELEASED, "place.hold"),
    Step("take", None, P.TAKEN, "subject.enrol"),
    Step("take", P.HELD, P.TAKEN, "subject.enrol"),
    Step("take", P.RELEASED, P.TAKEN, "subject.enrol"),
)
PAUSE_STEPS: tuple[Step, ...] = (
    Step("pause", None, R.PAUSED, "recruitment.pause", needs_reason=True),
    Step("pause_at_stage", None, R.PAUSED, "subject.enrol"),
    Step("pause_by_rule", None, R.PAUSED, "subject.enrol"),
    Step("resume", R.PAUSED, R.RESUMED, "recruitment.pause", needs_reason=True, other_person=True),
)


def place_step(source: str | None, action: str) -> Step | None:
    """The step that `action` takes a place from `source`; None when the table does not allow it."""
    at = PlaceState(source) if source else None
    return next((one for one in PLACE_STEPS if (one.source, one.action) == (at, action)), None)


def pause_step(source: str | None, action: str) -> Step | None:
    """The same of a pause."""
    at = PauseState(source) if source else None
    return next((one for one in PAUSE_STEPS if (one.source, one.action) == (at, action)), None)


def steps_shown(steps: Iterable[Step]) -> list[tuple[str, Any, Any, str, str]]:
    """The steps as docs/states.md shows them."""
    found = []
    for one in steps:
        needs = [("a reason", one.needs_reason), ("a second person", one.other_person)]
        words = ", ".join(word for word, needed in needs if needed)
        found.append((one.action, one.source, one.target, one.permission, words))
    return found

"""The lifecycle of a form, as one table: state → action → next state, with the role that may take it."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class RecordState(models.TextChoices):
    """Where a form stands. A draft is not a record and has no state."""

    SUBMITTED = "submitted", _("Submitted")
    FROZEN = "frozen", _("Frozen")
    LOCKED = "locked", _("Locked")
    VOIDED = "voided", _("Voided")


@dataclass(frozen=True)
class Transition:
    """One allowed step. `permission` names a row of access.permissions.ACTIONS."""

    action: str
    source: RecordState | None
    target: RecordState
    permission: str
    needs_reason: bool


S = RecordState
TRANSITIONS: tuple[Transition, ...] = (
    Transition("submit", None, S.SUBMITTED, "form.submit", needs_reason=False),
    Transition("correct", S.SUBMITTED, S.SUBMITTED, "form.submit", needs_reason=True),
    Transition("void", S.SUBMITTED, S.VOIDED, "form.void", needs_reason=True),
    Transition("freeze", S.SUBMITTED, S.FROZEN, "form.freeze", needs_reason=False),
    Transition("unfreeze", S.FROZEN, S.SUBMITTED, "form.freeze", needs_reason=True),
    Transition("lock", S.SUBMITTED, S.LOCKED, "form.lock", needs_reason=False),
    Transition("lock", S.FROZEN, S.LOCKED, "form.lock", needs_reason=False),
    Transition("unlock", S.LOCKED, S.SUBMITTED, "form.lock", needs_reason=True),
)
_BY_STEP = {(step.source, step.action): step for step in TRANSITIONS}


def transition(source: RecordState | str | None, action: str) -> Transition | None:
    """The step that `action` takes from `source`, or None when the table does not allow it."""
    return _BY_STEP.get((RecordState(source) if source else None, action))


class SubjectState(models.TextChoices):
    """Where a subject stands in the study; death and relapse are events, not states."""

    SCREENING = "screening", _("Screening")
    SCREEN_FAILED = "screen_failed", _("Screen failure")
    ENROLLED = "enrolled", _("Enrolled")
    OFF_STUDY = "off_study", _("Off study")


FOLLOWED = (SubjectState.SCREENING, SubjectState.ENROLLED)  # of whom something is still to be done

SUBJECT_STEPS: dict[SubjectState, frozenset[SubjectState]] = {
    SubjectState.SCREENING: frozenset({SubjectState.SCREEN_FAILED, SubjectState.ENROLLED}),
    SubjectState.SCREEN_FAILED: frozenset(),
    SubjectState.ENROLLED: frozenset({SubjectState.OFF_STUDY}),
    SubjectState.OFF_STUDY: frozenset({SubjectState.ENROLLED}),
}

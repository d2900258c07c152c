"""The lifecycle of a form, as one table: state → action → next state, with the role that may take it."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class RecordState(models.TextChoices):
    """Where a form stands. A draft is not a record and has no state; frozen and locked are holds on its place."""

    SUBMITTED = "submitted", _("Submitted")
    VOIDED = "voided", _("Voided")


class HoldKind(models.TextChoices):
    """What a hold stops: a freeze values (queries, verification and signing go on), a lock everything."""

    FREEZE = "freeze", _("Frozen")
    LOCK = "lock", _("Locked")


class HoldState(models.TextChoices):
    """Where a hold stands."""

    PLACED = "placed", _("In force")
    RELEASE_ASKED = "release_asked", _("Unlocking asked for")
    RELEASED = "released", _("Released")


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
)
_BY_STEP = {(step.source, step.action): step for step in TRANSITIONS}


def transition(source: RecordState | str | None, action: str) -> Transition | None:
    """The step that `action` takes from `source`, or None when the table does not allow it."""
    return _BY_STEP.get((RecordState(source) if source else None, action))


@dataclass(frozen=True)
class HoldStep:
    """One allowed step of a hold. `other_person`: not who took the step before."""

    action: str
    kind: HoldKind
    source: HoldState | None
    target: HoldState
    permission: str
    needs_reason: bool
    other_person: bool = False


H = HoldState
HOLD_STEPS: tuple[HoldStep, ...] = (
    HoldStep("freeze", HoldKind.FREEZE, None, H.PLACED, "hold.freeze", needs_reason=False),
    HoldStep("unfreeze", HoldKind.FREEZE, H.PLACED, H.RELEASED, "hold.freeze", needs_reason=True),
    HoldStep("lock", HoldKind.LOCK, None, H.PLACED, "hold.lock", needs_reason=False),
    HoldStep("ask_unlock", HoldKind.LOCK, H.PLACED, H.RELEASE_ASKED, "hold.lock", needs_reason=True),
    HoldStep("keep_locked", HoldKind.LOCK, H.RELEASE_ASKED, H.PLACED, "hold.lock", needs_reason=False),
    HoldStep("unlock", HoldKind.LOCK, H.RELEASE_ASKED, H.RELEASED, "hold.lock", False, other_person=True),
)


def hold_step(kind: HoldKind | str, state: HoldState | str | None, action: str) -> HoldStep | None:
    """The step that `action` takes a hold of this kind from `state`; None when the table does not allow it."""
    at = HoldState(state) if state else None
    return next(
        (one for one in HOLD_STEPS if (one.action, one.kind, one.source) == (action, HoldKind(kind), at)),
        None,
    )


class TransferState(models.TextChoices):
    """Where a transfer to another site stands."""

    ASKED = "asked", _("Asked for")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


@dataclass(frozen=True)
class TransferStep:
    """One allowed step of a transfer. `sender`: taken at the sending site, otherwise at the receiving one.

    `other_person`: not who asked.
    """

    action: str
    source: TransferState | None
    target: TransferState
    sender: bool
    needs_reason: bool
    other_person: bool = False
    permission: str = "subject.transfer"


M = TransferState
TRANSFER_STEPS: tuple[TransferStep, ...] = (
    TransferStep("ask", None, M.ASKED, sender=True, needs_reason=True),
    TransferStep("withdraw", M.ASKED, M.WITHDRAWN, sender=True, needs_reason=True),
    TransferStep("accept", M.ASKED, M.ACCEPTED, sender=False, needs_reason=False, other_person=True),
    TransferStep("refuse", M.ASKED, M.REFUSED, sender=False, needs_reason=True, other_person=True),
)


def transfer_step(state: TransferState | str | None, action: str) -> TransferStep | None:
    """The step that `action` takes a transfer from `state`; None when the table does not allow it."""
    at = TransferState(state) if state else None
    return next((one for one in TRANSFER_STEPS if (one.action, one.source) == (action, at)), None)


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

"""The lifecycle of a deviation as one table: state → step → next state, with the roles that may take it."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeviationState(models.TextChoices):
    """Where a deviation stands. Accepted and re-classed ones count; a rejected one is kept and does not."""

    DRAFT = "draft", _("Draft")
    ACCEPTED = "accepted", _("Accepted")
    RECLASSED = "reclassed", _("Accepted in another class")
    REJECTED = "rejected", _("Rejected")


class Weight(models.TextChoices):
    """The class of a deviation."""

    MINOR = "minor", _("Minor")
    MAJOR = "major", _("Major")
    CRITICAL = "critical", _("Critical: safety, rights, or the primary endpoint")


class DeviationKind(models.TextChoices):
    """What a deviation departs from."""

    CONSENT = "consent", _("Informed consent")
    ELIGIBILITY = "eligibility", _("Eligibility")
    RANDOMISATION = "randomisation", _("Randomisation")
    TREATMENT = "treatment", _("Treatment")
    VISIT = "visit", _("Visit or examination")
    SAFETY = "safety", _("Safety reporting")
    OTHER = "other", _("Other")


SYSTEM_RULES = {  # beside those that a protocol file lists; what follows a colon tells apart what one rule finds
    "phase.forbidden": _("a phase that the protocol does not have"),
    "phase.against_decision": _("another phase than decided"),
    "phase.not_next": _("a phase that does not follow"),
    "deviation-form": _("deviation form of the site"),
    "randomisation.emergency": _("randomised in an emergency"),
    "randomisation.mis_randomised": _("something was wrong with a randomisation"),
    "before-consent": _("done before consent"),
    "ineligible-after-enrolment": _("not eligible after enrolment"),
}

S = DeviationState
COUNTED = (S.ACCEPTED, S.RECLASSED)


@dataclass(frozen=True)
class DeviationStep:
    """One allowed step. `needs_weight`: it says another class. A draft of a rule needs no permission."""

    action: str
    source: DeviationState | None
    target: DeviationState
    permission: str
    label: Any
    needs_reason: bool = False
    needs_weight: bool = False


DEVIATION_STEPS: tuple[DeviationStep, ...] = (
    DeviationStep("draft", None, S.DRAFT, "deviation.report", _("Draft")),
    DeviationStep("accept", S.DRAFT, S.ACCEPTED, "deviation.decide", _("Accept")),
    DeviationStep(
        "reclass", S.DRAFT, S.RECLASSED, "deviation.decide", _("Accept in another class"), True, True
    ),
    DeviationStep("reject", S.DRAFT, S.REJECTED, "deviation.decide", _("Reject"), True),
    DeviationStep("reclass", S.ACCEPTED, S.RECLASSED, "deviation.decide", _("Change the class"), True, True),
    DeviationStep("reclass", S.RECLASSED, S.RECLASSED, "deviation.decide", _("Change the class"), True, True),
    DeviationStep("reopen", S.ACCEPTED, S.DRAFT, "deviation.decide", _("Decide again"), True),
    DeviationStep("reopen", S.RECLASSED, S.DRAFT, "deviation.decide", _("Decide again"), True),
    DeviationStep("reopen", S.REJECTED, S.DRAFT, "deviation.decide", _("Decide again"), True),
)
ACTION_LABELS = list({step.action: (step.action, step.label) for step in DEVIATION_STEPS}.values())
_BY_STEP = {(step.source, step.action): step for step in DEVIATION_STEPS}


def deviation_step(source: DeviationState | str | None, action: str) -> DeviationStep | None:
    """The step that `action` takes from `source`, or None when the table does not allow it."""
    return _BY_STEP.get((DeviationState(source) if source else None, action))

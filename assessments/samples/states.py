"""The lifecycle of a logged sample as one table: state → step → next state, with the roles that may take it."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SampleState(models.TextChoices):
    """Where a sample is. A planned one has no row: it is computed from the protocol's visits."""

    DRAWN = "drawn", pgettext_lazy("sample", "Drawn")
    SENT = "sent", pgettext_lazy("sample", "Sent")
    RECEIVED = "received", pgettext_lazy("sample", "Received")
    REJECTED = "rejected", pgettext_lazy("sample", "Rejected")
    REPORTED = "reported", pgettext_lazy("sample", "Reported")
    VOIDED = "voided", pgettext_lazy("sample", "Voided")


class RejectReason(models.TextChoices):
    """Why a laboratory could not use a sample."""

    CLOTTED = "CLOTTED", _("Clotted or haemolysed")
    TOO_LITTLE = "TOO_LITTLE", _("Too little material")
    TOO_OLD = "TOO_OLD", _("Too long on the way")
    TEMPERATURE = "TEMPERATURE", _("Wrong temperature on the way")
    LABEL = "LABEL", _("Label missing or unreadable")
    LOST = "LOST", _("Lost on the way")
    OTHER = "OTHER", _("Another reason")


S = SampleState


@dataclass(frozen=True)
class SampleStepRule:
    """One allowed step. `needs`: "shipment" (it goes through a shipping list), "code" (of a rejection), "reason"."""

    action: str
    source: SampleState | None
    target: SampleState
    permission: str
    label: Any
    needs: str = ""


SAMPLE_STEPS: tuple[SampleStepRule, ...] = (
    SampleStepRule("draw", None, S.DRAWN, "sample.log", _("Log as drawn")),
    SampleStepRule("send", S.DRAWN, S.SENT, "sample.log", _("Send"), "shipment"),
    # In the same house a sample is handed over without a courier.
    SampleStepRule("receive", S.DRAWN, S.RECEIVED, "sample.receive", _("Received by the laboratory")),
    SampleStepRule("receive", S.SENT, S.RECEIVED, "sample.receive", _("Received by the laboratory")),
    SampleStepRule("reject", S.SENT, S.REJECTED, "sample.receive", _("Rejected by the laboratory"), "code"),
    SampleStepRule(
        "reject", S.RECEIVED, S.REJECTED, "sample.receive", _("Rejected by the laboratory"), "code"
    ),
    SampleStepRule("report", S.SENT, S.REPORTED, "sample.receive", _("Report has come")),
    SampleStepRule("report", S.RECEIVED, S.REPORTED, "sample.receive", _("Report has come")),
    SampleStepRule("void", S.DRAWN, S.VOIDED, "sample.log", _("Void: logged by mistake"), "reason"),
    SampleStepRule("void", S.SENT, S.VOIDED, "sample.log", _("Void: logged by mistake"), "reason"),
    SampleStepRule("void", S.RECEIVED, S.VOIDED, "sample.log", _("Void: logged by mistake"), "reason"),
    SampleStepRule("void", S.REJECTED, S.VOIDED, "sample.log", _("Void: logged by mistake"), "reason"),
    SampleStepRule("void", S.REPORTED, S.VOIDED, "sample.log", _("Void: logged by mistake"), "reason"),
)
ACTION_LABELS = list({step.action: (step.action, step.label) for step in SAMPLE_STEPS}.values())
_BY_STEP = {(step.source, step.action): step for step in SAMPLE_STEPS}


def sample_step(source: SampleState | str | None, action: str) -> SampleStepRule | None:
    """The step that `action` takes from `source`, or None when the table does not allow it."""
    return _BY_STEP.get((SampleState(source) if source else None, action))

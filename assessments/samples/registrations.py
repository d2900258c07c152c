"""What the trail and the picture of states say of the sample log."""

from collections.abc import Mapping
from typing import Any

from trialsite.casebook.registries import Lifecycle, TrailWords

from ..models import LoggedSample, SampleStep, Shipment
from .states import SAMPLE_STEPS, SampleState

SHOWN = {
    LoggedSample: {
        "label", "method", "specimen", "purpose", "state", "drawn_at", "sent_at", "received_at", "rejected_at",
        "reject_reason", "reported_at",
    },
    SampleStep: {"action", "happened_at", "reason"},
    Shipment: {"laboratory", "courier", "consignment", "sent_at"},
}  # fmt: skip


def hidden_besides(shown: set[str]) -> Any:
    def hidden(changes: Mapping[str, Any]) -> set[str]:
        return set(changes) - shown

    return hidden


TRAIL_WORDS = {
    model._meta.db_table: TrailWords(hidden=hidden_besides(shown)) for model, shown in SHOWN.items()
}

NEEDS = {"shipment": "a shipping list", "code": "a coded reason", "reason": "reason", "": ""}
SAMPLE_LIFECYCLE = Lifecycle(
    "A sample",
    "A planned sample has no row: it is computed from the visits that ask for MRD. From the draw on, each tube "
    "goes its way to the report; what was logged by mistake is voided and stays.",
    SampleState,
    [(one.action, one.source, one.target, one.permission, NEEDS[one.needs]) for one in SAMPLE_STEPS],
)

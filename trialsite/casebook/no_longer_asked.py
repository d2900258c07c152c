"""Answers to what the subject's protocol version no longer asks for: kept, and shown without being asked again."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from trialsite.clinical.units import unit_label
from trialsite.studies.domain.protocol import ItemPlan

from .models import ProtocolForm
from .names import local
from .slots import OpenSlot


@dataclass(frozen=True)
class KeptAnswer:
    """One answer that stays: its item, in words, or why it was empty."""

    item: str
    label: str
    value: str
    why: str


def no_longer_asked(opened: OpenSlot) -> list[KeptAnswer]:
    """The answers of a saved form to items that are no longer asked for: of a form that is gone, all of them."""
    record, kind = opened.record, opened.kind
    if not isinstance(record, ProtocolForm):
        return []
    given = {**record.extra, **record.missing}
    return [kept(record, item, plan) for item, plan in kind.retired.items() if item in given]


def kept(record: ProtocolForm, item: str, plan: ItemPlan) -> KeptAnswer:
    """An answer as the version that asked for it names it."""
    return KeptAnswer(
        item, local(plan.label), answer_words(record.extra.get(item), plan), record.missing.get(item, "")
    )


def answer_words(value: Any, plan: ItemPlan) -> str:
    if value in (None, ""):
        return ""
    if plan.type == "yes_no":
        return {"yes": _("Yes"), "no": _("No")}.get(str(value), str(value))
    labels = {one.code: local(one.label) for one in plan.choices}
    return f"{labels.get(str(value), value)} {unit_label(plan.unit)}".strip()

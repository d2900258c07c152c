"""Answers to what the subject's protocol version no longer asks for: kept, and shown without being asked again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from trialsite.clinical.units import unit_beside, unit_label
from trialsite.listing import listed
from trialsite.studies.domain.protocol import ItemPlan

from .models import CasebookRecord
from .names import local
from .slots import OpenSlot
from .versions import retired_items


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
    if record is None or (not record.extra.keys() - kind.own.keys() and not kind.retired):
        return []
    given = {**record.extra, **record.missing}
    retired = kind.retired or retired_items(opened.subject.protocol_version.protocol, kind.key)
    return [kept(record, item, plan) for item, plan in retired.items() if item in given]


def kept(record: CasebookRecord, item: str, plan: ItemPlan) -> KeptAnswer:
    """An answer as the version that asked for it names it."""
    return KeptAnswer(
        item, local(plan.label), answer_words(record.extra.get(item), plan), record.missing.get(item, "")
    )


def answer_words(value: Any, plan: ItemPlan, *, unit: bool = True) -> str:
    """A kept answer to an item of the trial in the reader's words; `unit`: with the unit that its item has."""
    if value in (None, "", []):
        return ""
    if isinstance(value, Mapping):
        return f"{value['text']} {unit_beside(value['unit'])}".strip()
    if plan.type == "yes_no":
        return {"yes": _("Yes"), "no": _("No")}.get(str(value), str(value))
    labels = {one.code: local(one.label) for one in plan.choices}
    several = value if isinstance(value, list) else [value]
    words = listed(str(labels.get(str(one), one)) for one in several)
    return f"{words} {unit_label(plan.unit)}".strip() if unit else words

"""The trail in words: which item of which form changed from what to what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

from trialsite.access.models import Role, User
from trialsite.audit.models import Trail

from .registries import forms

TECHNICAL = {
    "id", "version", "study_id", "site_id", "subject_id", "visit_id", "record_id", "form_key", "form_repeat",
    "protocol_version_id", "line", "usubjid", "person_id", "state", "previous_id", "content", "digest",
}  # fmt: skip
PARTS_NOT_SHOWN = ("_comparator", "_value", "_canonical", "_earliest", "_latest")


@dataclass(frozen=True)
class ItemChange:
    """One item of one change."""

    item: str
    label: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Change:
    """One entry of the trail as a person reads it."""

    at: datetime
    who: str
    role: str
    action: str
    what: str
    form_key: str
    reason: str
    items: tuple[ItemChange, ...]


def in_words(entries: Iterable[Trail], item: str = "") -> list[Change]:
    """Entries with names of people and labels of items; with `item`, only what concerns that item."""
    entries = list(entries)
    names = dict(
        User.objects.filter(pk__in={e.user_id for e in entries if e.user_id}).values_list("pk", "full_name")
    )
    changes = [change_of(entry, names) for entry in entries]
    if item:
        wanted = [
            (change, tuple(i for i in change.items if i.item in (item, f"{item}_text", f"{item}_unit")))
            for change in changes
        ]
        changes = [Change(**{**vars(change), "items": items}) for change, items in wanted if items]
    return changes


def change_of(entry: Trail, names: dict[UUID, str]) -> Change:
    model = model_of(entry.table_name)
    pairs = {
        key: value if entry.action == Trail.Action.UPDATE else (None, value)
        for key, value in entry.changes.items()
        if key not in TECHNICAL and not key.endswith(PARTS_NOT_SHOWN)
    }
    state = entry.changes.get("state")
    action = state[1] if isinstance(state, list) else entry.get_action_display().lower()
    return Change(
        at=entry.at,
        who=names.get(entry.user_id, "—") if entry.user_id else "system",
        role=str(Role(entry.role).label) if entry.role in Role.values else entry.role,
        action=action,
        what=what_of(entry, model),
        form_key=str(entry.changes.get("form_key", "")),
        reason=entry.reason,
        items=tuple(
            ItemChange(key, label_of(model, key), old, new) for key, (old, new) in sorted(pairs.items())
        ),
    )


def what_of(entry: Trail, model: type[models.Model] | None) -> str:
    key = entry.changes.get("form_key")
    if isinstance(key, str) and key in forms:
        return str(forms[key].title)
    kinds = [kind for kind in forms.values() if kind.model is model]
    if len(kinds) == 1:
        return str(kinds[0].title)
    return str(model._meta.verbose_name).capitalize() if model else entry.table_name


def model_of(table: str) -> type[models.Model] | None:
    return next((model for model in apps.get_models() if model._meta.db_table == table), None)


def label_of(model: type[models.Model] | None, column: str) -> str:
    """The label of a column: of its composite item where it is a part of one."""
    if model is None:
        return column
    for name, composite in getattr(model, "composites", {}).items():
        if column in composite.columns():
            return str(composite.label or name)
    for field in model._meta.concrete_fields:
        if field.column == column:
            return str(field.verbose_name).capitalize()
    return column.removeprefix("extra.").replace("_", " ")

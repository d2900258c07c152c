"""The trail in words: which item of which form changed from what to what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import Role, User
from trialsite.audit.models import Trail
from trialsite.clinical.units import unit_label

from .formfields import MISSING_REASONS
from .models import Subject, Visit
from .names import form_title, local
from .pages import REASONS
from .registries import forms
from .states import RecordState, SubjectState
from .values import trimmed

TECHNICAL = {
    "id", "version", "study_id", "site_id", "subject_id", "visit_id", "record_id", "form_key", "form_repeat",
    "protocol_version_id", "line", "usubjid", "person_id", "state", "previous_id", "content", "digest",
    "inputs", "dossier", "rule_digest", "missing_facts", "name_en", "name_zh", "working_en", "working_zh",
}  # fmt: skip
NAMES_OF_VISIT = {"key", "repeat"}
SYSTEM = _("the system")
ACTIONS = {"I": _("entered"), "U": _("changed"), "D": _("removed")}
WHY, EXTRA = "missing.", "extra."
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
    subjects = Subject.objects.select_related("protocol_version").in_bulk(
        {e.subject_id for e in entries if e.subject_id}
    )
    visits = visits_of(entries)
    changes = [
        change_of(entry, names, subjects.get(entry.subject_id), visits.get(entry.row_id)) for entry in entries
    ]
    if item:
        wanted = [
            (change, tuple(i for i in change.items if i.item in (item, f"{item}_text", f"{item}_unit")))
            for change in changes
        ]
        changes = [Change(**{**vars(change), "items": items}) for change, items in wanted if items]
    return changes


def visits_of(entries: Iterable[Trail]) -> dict[str, Visit]:
    """Row id → the visit, for entries about a visit itself."""
    ids = {entry.row_id for entry in entries if entry.table_name == Visit._meta.db_table}
    found = Visit.objects.filter(pk__in=ids).select_related("subject__protocol_version")
    return {str(visit.pk): visit for visit in found}


def change_of(entry: Trail, names: dict[UUID, str], subject: Subject | None, visit: Visit | None) -> Change:
    model = model_of(entry.table_name)
    hidden = TECHNICAL | NAMES_OF_VISIT if visit else TECHNICAL
    pairs = {
        key: value if entry.action == Trail.Action.UPDATE else (None, value)
        for key, value in entry.changes.items()
        if key not in hidden and not key.endswith(PARTS_NOT_SHOWN) and value not in ("", False)
    }
    return Change(
        at=entry.at,
        who=names.get(entry.user_id, "—") if entry.user_id else str(SYSTEM),
        role=str(Role(entry.role).label) if entry.role in Role.values else entry.role,
        action=action_of(entry),
        what=what_of(entry, model, subject, visit),
        form_key=str(entry.changes.get("form_key", "")),
        reason=reason_words(entry.reason),
        items=tuple(
            ItemChange(
                key,
                label_of(model, key, subject),
                shown(model, key, old, subject),
                shown(model, key, new, subject),
            )
            for key, (old, new) in sorted(with_units(model, pairs).items())
        ),
    )


def with_units(model: type[models.Model] | None, pairs: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The changes with the unit of a measured value behind its number, where both were entered together."""
    joined: dict[str, Any] = dict(pairs)
    for name in getattr(model, "composites", {}):
        text, unit = f"{name}_text", f"{name}_unit"
        if text in joined and unit in joined:
            joined[text] = tuple(
                f"{number} {unit_label(of)}" if number and of else number
                for number, of in zip(joined[text], joined.pop(unit), strict=True)
            )
    return joined


def reason_words(reason: str) -> str:
    """A reason chosen from the list in the reader's language; one in somebody's own words as it was written."""
    return str(dict(REASONS).get(reason, reason))


def action_of(entry: Trail) -> str:
    """What was done, in a word: the new state of a form or subject, otherwise entered, changed or removed."""
    state = entry.changes.get("state")
    if isinstance(state, list):
        labels = {**dict(RecordState.choices), **dict(SubjectState.choices)}
        return str(labels.get(state[1], state[1])).lower()
    missed = entry.changes.get("missed_reason")
    if missed:
        taken_back = isinstance(missed, list) and missed[1] == ""
        return gettext("no longer recorded as not done") if taken_back else gettext("recorded as not done")
    return str(ACTIONS[entry.action])


def shown(model: type[models.Model] | None, column: str, value: Any, subject: Subject | None) -> Any:
    """A value as people read it: a code or key by its name, yes or no; everything else as stored."""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if value is None or value == "":
        return value
    if column.startswith(WHY):
        return str(dict(MISSING_REASONS).get(value, value))
    if column.startswith(EXTRA):
        return own_item_words(subject, column.removeprefix(EXTRA), value)
    field = column_of(model, column)
    if isinstance(field, models.DecimalField):
        return f"{trimmed(Decimal(str(value))):f}"
    if field is None or not isinstance(value, str):
        return value
    display = getattr(model, f"get_{field.name}_display", None)
    return (
        display(sample_of(model, field, value, subject)) if display and subject else value_label(field, value)
    )


def sample_of(model: Any, field: models.Field, value: str, subject: Subject | None) -> Any:
    """A row with nothing but this value and what its name is read from: the subject and its protocol."""
    row = model(**{field.name: value})
    if model is Subject and subject:
        row.protocol_version = subject.protocol_version
    elif column_of(model, "subject_id"):
        row.subject = subject
    return row


def value_label(field: models.Field, value: str) -> str:
    return str(dict(field.flatchoices).get(value, value))


def own_item(subject: Subject | None, key: str) -> Any:
    """An item that only this protocol asks for; None where it has none of that key."""
    plans = subject.protocol_version.protocol.forms if subject else ()
    return next((item for plan in plans for item in plan.items if item.key == key), None)


def own_item_words(subject: Subject | None, key: str, value: Any) -> Any:
    item = own_item(subject, key)
    labels = {one.code: local(one.label) for one in item.choices} if item else {}
    return labels.get(value, value) if isinstance(value, str) else value


def what_of(
    entry: Trail, model: type[models.Model] | None, subject: Subject | None, visit: Visit | None
) -> str:
    """The form, or the table; a visit by its name."""
    if visit is not None:
        return f"{capfirst(str(Visit._meta.verbose_name))}: {visit.name}"
    key = entry.changes.get("form_key")
    if isinstance(key, str) and subject:
        return form_title(subject.protocol_version.protocol, key)
    kinds = [kind for kind in forms.values() if model in (kind.model, *(row.model for row in kind.rows))]
    if len(kinds) == 1:
        return str(kinds[0].title)
    if lines := {str(row.title) for kind in kinds for row in kind.rows if row.model is model}:
        return " / ".join(sorted(lines))
    return capfirst(str(model._meta.verbose_name)) if model else entry.table_name


def column_of(model: type[models.Model] | None, column: str) -> models.Field | None:
    fields = model._meta.concrete_fields if model else ()
    return next((field for field in fields if field.column == column), None)


def model_of(table: str) -> type[models.Model] | None:
    return next((model for model in apps.get_models() if model._meta.db_table == table), None)


def label_of(model: type[models.Model] | None, column: str, subject: Subject | None) -> str:
    """The label of a column: of its composite item where it is a part of one."""
    if column.startswith(WHY):
        item = label_of(model, column.removeprefix(WHY), subject)
        return gettext("%(item)s: why empty") % {"item": item}
    if own := own_item(subject, column.removeprefix(EXTRA)):
        return local(own.label)
    for name, composite in getattr(model, "composites", {}).items():
        if column == name or column in composite.columns():
            return str(composite.label or name)
    field = column_of(model, column)
    return capfirst(str(field.verbose_name)) if field else column

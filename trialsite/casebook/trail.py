"""The trail in words: which item of which form changed from what to what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import Role, User
from trialsite.audit.middleware import prefix_of
from trialsite.audit.models import Trail
from trialsite.clinical.units import unit_beside, unit_label
from trialsite.listing import told
from trialsite.studies.models import Site, Study

from . import versions
from .form_types import form_type
from .formfields import MISSING_REASONS
from .items import item_in_words
from .models import CasebookRecord, CasebookRow, MovedForm, Subject, Visit
from .names import local
from .no_longer_asked import answer_words
from .reasons import in_words as reason_words
from .registries import TrailWords, forms, trail_words
from .trail_places import Place, places_of
from .values import QuantityItem, trimmed

TECHNICAL = {
    "id", "version", "study_id", "site_id", "subject_id", "visit_id", "record_id", "form_key", "form_repeat",
    "protocol_version_id", "line", "usubjid", "person_id", "state", "previous_id", "attempt_id", "content", "digest",
    "inputs", "dossier", "rule_digest", "missing_facts", "name_en", "name_zh", "working_en", "working_zh",
}  # fmt: skip
NAMES_OF_VISIT = {"key", "repeat"}
MOVES = MovedForm._meta.db_table
SHOWN_OF_MOVE = {"other_subject_id"}  # the rest stands in the other columns of the trail
SYSTEM = _("the system")
ACTIONS = {"I": _("entered"), "U": _("changed"), "D": _("removed")}
WHY, EXTRA = "missing.", "extra."
PARTS_NOT_SHOWN = ("_comparator", "_value", "_canonical", "_earliest", "_latest")
Pair = tuple[Any, Any]


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
    when: str
    as_of: str
    who: str
    role: str
    action: str
    what: str
    where: str
    form_key: str
    reason: str
    prompt: str
    subject: Subject | None
    items: tuple[ItemChange, ...]


def in_words(entries: Iterable[Trail], item: str = "") -> list[Change]:
    """Entries with names of people and labels of items; with `item`, only what concerns that item."""
    entries = list(entries)
    names = dict(
        User.objects.filter(pk__in={e.user_id for e in entries if e.user_id}).values_list("pk", "full_name")
    )
    subjects = Subject.objects.select_related("protocol_version").in_bulk(
        {e.subject_id for e in entries if e.subject_id} | other_subjects(entries)
    )
    visits = visits_of(entries)
    places = places_of(entries)
    wholes: dict[UUID, Any] = {**Site.objects.in_bulk(), **Study.objects.in_bulk()}
    zones = {pk: whole.timezone for pk, whole in wholes.items() if isinstance(whole, Site)}
    changes = []
    for entry in entries:
        subject = subjects.get(entry.subject_id) if entry.subject_id else None
        zone = ZoneInfo(zones.get(entry.site_id, "UTC") if entry.site_id else "UTC")
        place = places.get(entry.row_id, Place())
        change = change_of(entry, names, subject, visits.get(entry.row_id), zone, place, wholes)
        changes.append(with_number(change, subjects))
    if item:
        wanted = [
            (change, tuple(one for one in change.items if one.item in columns_of_item(item)))
            for change in changes
        ]
        changes = [Change(**{**vars(change), "items": items}) for change, items in wanted if items]
    return changes


def columns_of_item(item: str) -> list[str]:
    """The names under which the trail keeps an item: as a column, in parts, as one of the protocol's own, or empty."""
    return [item, f"{item}_text", f"{item}_unit", f"extra.{item}", f"missing.{item}"]


def other_subjects(entries: Iterable[Trail]) -> set[UUID]:
    """The subjects on the other side of moves."""
    return {UUID(entry.changes["other_subject_id"]) for entry in entries if entry.table_name == MOVES}


def with_number(change: Change, subjects: dict[UUID, Subject]) -> Change:
    """The other subject of a move by its number, for those who may see it."""
    items = tuple(
        replace(one, new=str(subjects.get(UUID(one.new), gettext("a subject that you may not see"))))
        if one.item == "other_subject_id"
        else one
        for one in change.items
    )
    return replace(change, items=items)


def visits_of(entries: Iterable[Trail]) -> dict[str, Visit]:
    """Row id → the visit, for entries about a visit itself."""
    ids = {entry.row_id for entry in entries if entry.table_name == Visit._meta.db_table}
    found = Visit.objects.filter(pk__in=ids).select_related("subject__protocol_version")
    return {str(visit.pk): visit for visit in found}


def change_of(
    entry: Trail,
    names: dict[UUID, str],
    subject: Subject | None,
    visit: Visit | None,
    zone: ZoneInfo,
    place: Place,
    wholes: Mapping[UUID, Any],
) -> Change:
    model = model_of(entry.table_name)
    hidden = TECHNICAL | NAMES_OF_VISIT if visit else TECHNICAL
    if entry.table_name == MOVES:
        hidden = set(entry.changes) - SHOWN_OF_MOVE
    words = trail_words.get(entry.table_name) or TrailWords()
    if words.hidden:
        hidden = hidden | set(words.hidden(entry.changes))
    pairs = {
        key: value if entry.action == Trail.Action.UPDATE else (None, value)
        for key, value in entry.changes.items()
        if key not in hidden and not key.endswith(PARTS_NOT_SHOWN) and not says_nothing(key, value)
    }
    return Change(
        at=entry.at,
        when=entry.at.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
        as_of=as_of_address(entry, zone, place),
        who=names.get(entry.user_id, "—") if entry.user_id else str(SYSTEM),
        role=str(Role(entry.role).label) if entry.role in Role.values else entry.role,
        action=(words.action and words.action(entry.changes))
        or transferred(entry)
        or action_of(entry, model),
        what=(words.what and words.what(place.first or entry.changes, place.form(subject)))
        or what_of(entry, model, subject, visit, place),
        where="" if visit else where_of(place, subject) or of_the_whole(entry, wholes),
        form_key=place.form_key,
        reason=reason_words(entry.reason),
        prompt=entry.prompt,
        subject=subject,
        items=tuple(
            ItemChange(
                key,
                label_of(model, key, subject),
                in_own_words(words, key, old, shown(model, key, old, subject)),
                in_own_words(words, key, new, shown(model, key, new, subject)),
            )
            for key, (old, new) in in_paper_order(model, with_units(model, pairs))
        ),
    )


def transferred(entry: Trail) -> str:
    """A row that only went to another site with its subject."""
    only = entry.action == Trail.Action.UPDATE and "site_id" in entry.changes
    return (
        gettext("taken along to another site")
        if only and entry.changes.keys() <= {"site_id", "version"}
        else ""
    )


def in_own_words(words: TrailWords, column: str, value: Any, otherwise: Any) -> Any:
    """A value as its table says it."""
    say = words.values.get(column)
    return say(value) if say and value not in (None, "") else otherwise


def says_nothing(key: str, value: Any) -> bool:
    """An item that was entered empty, or a line that is not voided; zero and "no" are answers."""
    return value == "" or (key == "voided" and value is False)


def with_units(model: type[models.Model] | None, pairs: Mapping[str, Pair]) -> dict[str, Pair]:
    """The changes with each quantity as one: "176 cm" instead of a text and a unit."""
    found = dict(pairs)
    quantities = [
        name for name, item in getattr(model, "composites", {}).items() if isinstance(item, QuantityItem)
    ]
    for name in quantities:
        text, unit = f"{name}_text", f"{name}_unit"
        if unit in found:
            units = tuple(unit_beside(code or "") for code in found.pop(unit))
            texts = found.get(text, ("", ""))
            found[text] = tuple(
                " ".join(filter(None, both)) or None for both in zip(texts, units, strict=True)
            )  # type: ignore[assignment]
    return found


def in_paper_order(model: type[models.Model] | None, pairs: Mapping[str, Pair]) -> list[tuple[str, Pair]]:
    """The changes in the order of the form's columns, what only this protocol asks for last."""
    columns = [field.column for field in model._meta.concrete_fields] if model else []
    place = {column: number for number, column in enumerate(columns)}
    return sorted(pairs.items(), key=lambda pair: (place.get(pair[0], len(place)), pair[0]))


def as_of_address(entry: Trail, zone: ZoneInfo, place: Place) -> str:
    """Where the form, else the subject's record, stands as it stood when this was done: at the end of that second."""
    if entry.subject_id is None:
        return ""
    instant = entry.at.astimezone(zone).replace(microsecond=0) + timedelta(seconds=1)
    if place.visit_key and place.form_key:
        return f"{prefix_of(instant)}{place.slot(entry.subject_id).url().lstrip('/')}"
    return f"{prefix_of(instant)}subjects/{entry.subject_id}/"


def action_of(entry: Trail, model: type[models.Model] | None) -> str:
    """What was done, in a word: the new state of what has states, otherwise entered, changed or removed."""
    state = entry.changes.get("state")
    if isinstance(state, list):
        column = column_of(model, "state")
        labels = dict(column.flatchoices) if column else {}
        return str(labels.get(state[1], state[1])).lower()
    if entry.table_name == MOVES:
        return str(MovedForm.Direction(entry.changes["direction"]).label)
    missed = entry.changes.get("missed_reason")
    if missed:
        taken_back = isinstance(missed, list) and missed[1] == ""
        return gettext("no longer recorded as not done") if taken_back else gettext("recorded as not done")
    return str(ACTIONS[entry.action])


def shown(model: type[models.Model] | None, column: str, value: Any, subject: Subject | None) -> Any:
    """A value as people read it: a code or key by its name, yes or no; everything else as stored."""
    if value is None:
        return None
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
    if column.endswith("_unit"):
        return unit_label(value)
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
    """An item that only this trial asks for, or did; None where it has none of that key."""
    return versions.own_item(subject.protocol_version.protocol, key) if subject else None


def own_item_words(subject: Subject | None, key: str, value: Any) -> Any:
    item = own_item(subject, key)
    if item is None or value in (None, ""):
        return value
    return answer_words(value, item)


def where_of(place: Place, subject: Subject | None) -> str:
    """The visit, the line and the item that an entry speaks of, as far as there are any."""
    kind = form_type(place.form_key, subject) if subject and place.form_key else None
    item = item_in_words(place.item.rstrip("!"), kind)
    return " · ".join(filter(None, (place.visit(subject), place.which_line(), item)))


def of_the_whole(entry: Trail, wholes: Mapping[UUID, Any]) -> str:
    """The study and site of what concerns no single subject."""
    if entry.subject_id is not None:
        return ""
    return " · ".join(str(wholes[pk]) for pk in (entry.study_id, entry.site_id) if pk and pk in wholes)


def what_of(
    entry: Trail,
    model: type[models.Model] | None,
    subject: Subject | None,
    visit: Visit | None,
    place: Place,
) -> str:
    """The form, or the table with the form it stands on; a visit by its name."""
    if visit is not None:
        return told(capfirst(str(Visit._meta.verbose_name)), visit.name)
    if place.form_key and subject and is_of_form(model):
        return place.form(subject)
    kinds = [kind for kind in forms.values() if model in (kind.model, *(row.model for row in kind.rows))]
    if len(kinds) == 1:
        return str(kinds[0].title)
    if lines := {str(row.title) for kind in kinds for row in kind.rows if row.model is model}:
        return " / ".join(sorted(lines))
    name = gettext(capfirst(str(model._meta.verbose_name))) if model else entry.table_name
    return told(name, form) if (form := place.form(subject)) else name


def is_of_form(model: type[models.Model] | None) -> bool:
    """Whether a table holds forms or their lines."""
    return model is not None and issubclass(model, (CasebookRecord, CasebookRow))


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
    own = own_item(subject, column.removeprefix(EXTRA)) if column.startswith(EXTRA) else None
    if own is not None:
        return local(own.label)
    for name, composite in getattr(model, "composites", {}).items():
        if column == name or column in composite.columns():
            return str(composite.label or name)
    field = column_of(model, column)
    return capfirst(str(field.verbose_name)) if field else column

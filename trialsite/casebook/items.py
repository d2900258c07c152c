"""Items of a form: their label, their saved value as a form hands it over, and a value as its column keeps it."""

from typing import Any

from django.utils.translation import get_language

from .kept_values import plain
from .registries import FormType, RowType


def item_label(kind: FormType | RowType, item: str) -> str:
    """The label of an item of a form ("weight"), or of its lines ("results.0.value", "results.value")."""
    name, _dot, rest = item.partition(".")
    for row_type in getattr(kind, "rows", ()):
        if row_type.name == name and rest:
            return item_label(row_type, rest.rpartition(".")[2])
    if isinstance(kind, RowType) and (own := kind.form.labels_of_own().get(item)):
        return own
    composite = kind.model.composites.get(item)
    if composite is not None:
        return str(composite.label or item)
    names = {field.name: field for field in kind.model._meta.get_fields()}
    return str(getattr(names.get(item), "verbose_name", item))


def item_in_words(item: str, kind: FormType | None) -> str:
    """The label of an item as the form names it; of a line with its number."""
    if kind is None or not item:
        return item
    name, _dot, rest = item.partition(".")
    row = next((one for one in kind.rows if one.name == name), None)
    if row is None or not rest:
        return label_of_own(kind, item)
    line, _dot, column = rest.partition(".")
    return f"{row.title or name} {line} · {item_label(row, column)}"


def label_of_own(kind: FormType, item: str) -> str:
    """The label of an item, also of one that only a protocol asks for."""
    plan = kind.own.get(item) or kind.retired.get(item)
    return plan.label.in_language(get_language() or "en") if plan else item_label(kind, item)


def is_own(row: Any, item: str) -> bool:
    """Whether an item of a form or line (a row, or its model) is one that only a protocol asks for: it is no column."""
    return item not in row.composites and item not in {field.name for field in row._meta.concrete_fields}


def stored(record: Any, item: str) -> Any:
    """The saved value of an item as a form hands it over (a protocol's own item comes from `extra`)."""
    return record.extra.get(item) if is_own(record, item) else getattr(record, item)


def put(record: Any, item: str, value: Any) -> None:
    """Give an item its value, as its column or `extra` keeps it."""
    if is_own(record, item):
        record.extra[item] = normal(record, item, value)
    else:
        setattr(record, item, normal(record, item, value))


def items_of(model: Any) -> list[str]:
    """The items of a form or line: its editable columns, then composite items by their names."""
    composites = model.composites
    parts = {column for composite in composites.values() for column in composite.columns()}
    columns = [
        field.name
        for field in model._meta.concrete_fields
        if field.editable and not field.primary_key and not field.is_relation and field.name not in parts
    ]
    return [*columns, *composites]


def values_of(row: Any) -> dict[str, Any]:
    """Item → value of a saved form or line, as a submission hands them over."""
    return {item: stored(row, item) for item in (*items_of(type(row)), *row.extra)}


def normal(record: Any, item: str, value: Any) -> Any:
    """A value as its column stores it: text that is empty is "", everything else that is empty is None."""
    if is_own(record, item):
        return plain(value)
    if value is None and item not in record.composites:
        column = record._meta.get_field(item)
        return "" if not column.null and column.get_internal_type() in {"CharField", "TextField"} else None
    return value

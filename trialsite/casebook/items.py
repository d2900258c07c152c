"""Items of a form: their label, their saved value as a form hands it over, and a value as its column keeps it."""

from typing import Any

from .models import ProtocolForm
from .registries import FormType, RowType


def item_label(kind: FormType | RowType, item: str) -> str:
    """The label of an item of a form ("weight"), or of its lines ("results.0.value", "results.value")."""
    name, _dot, rest = item.partition(".")
    for row_type in getattr(kind, "rows", ()):
        if row_type.name == name and rest:
            return item_label(row_type, rest.rpartition(".")[2])
    composite = kind.model.composites.get(item)
    if composite is not None:
        return str(composite.label or item)
    names = {field.name: field for field in kind.model._meta.get_fields()}
    return str(getattr(names.get(item), "verbose_name", item))


def stored(record: Any, item: str) -> Any:
    """The saved value of an item as a form hands it over (a protocol's own item comes from `extra`)."""
    if isinstance(record, ProtocolForm) and item != "performed_on":
        return record.extra.get(item)
    return getattr(record, item)


def normal(record: Any, item: str, value: Any) -> Any:
    """A value as its column stores it: text that is empty is "", everything else that is empty is None."""
    if isinstance(record, ProtocolForm) and item != "performed_on":
        return plain(value)
    if value is None and item not in record.composites:
        column = record._meta.get_field(item)
        return "" if not column.null and column.get_internal_type() in {"CharField", "TextField"} else None
    return value


def plain(value: Any) -> Any:
    """A protocol's own item as JSON keeps it: exact decimals and dates as text."""
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)

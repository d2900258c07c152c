"""The content of a form as text, item by item: what is signed, compared and verified."""

import hashlib
import json
from typing import Any

from trialsite.casebook.models import ProtocolForm
from trialsite.casebook.registries import FormType
from trialsite.casebook.selectors import rows_of

Content = dict[str, str]


def content_of(kind: FormType, record: Any) -> Content:
    """Every item with its value as text, items of lines by line number; empty items with why they are empty."""
    found = values_of(record)
    found |= {f"{item}!": str(why) for item, why in record.missing.items()}
    for name, lines in rows_of(kind, record).items():
        for line in lines:
            found |= {f"{name}.{line.line}.{item}": text for item, text in values_of(line).items()}
    return found


def values_of(row: Any) -> Content:
    """The items of a record or line that have a value."""
    if isinstance(row, ProtocolForm):
        values = {"performed_on": row.performed_on, **row.extra}
    else:
        values = {item: getattr(row, item) for item in items_of(type(row))}
    return {item: as_text(value) for item, value in values.items() if value not in (None, "")}


def items_of(model: Any) -> list[str]:
    """The items of a model: its editable columns, composite items by their names."""
    composites = model.composites
    parts = {column for composite in composites.values() for column in composite.columns()}
    columns = [
        field.name
        for field in model._meta.concrete_fields
        if field.editable and not field.primary_key and not field.is_relation and field.name not in parts
    ]
    return [*columns, *composites]


def as_text(value: Any) -> str:
    """A value as one text: a quantity as entered with its unit, a partial date as entered."""
    if hasattr(value, "comparator") and hasattr(value, "unit"):
        return f"{value.text} {value.unit}"
    return str(getattr(value, "text", value))


def digest_of(content: Content) -> str:
    """SHA-256 of the content in a form that does not depend on order."""
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def differences(before: Content, now: Content) -> list[tuple[str, str, str]]:
    """What differs: item, as it was, as it is."""
    items = sorted({*before, *now})
    return [
        (item, before.get(item, ""), now.get(item, "")) for item in items if before.get(item) != now.get(item)
    ]

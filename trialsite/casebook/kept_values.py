"""How JSON keeps the answers to a protocol's own items, and how they are read again."""

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from typing import Any

from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity
from trialsite.studies.domain.protocol import ItemPlan


def plain(value: Any) -> Any:
    """A value as JSON keeps it: exact decimals, days and times as text, a quantity in its parts."""
    if isinstance(value, Quantity):
        canonical = "" if value.canonical is None else f"{value.canonical.normalize():f}"
        return {"text": value.text, "unit": value.unit, "canonical": canonical}
    if isinstance(value, PartialDate):
        return value.text
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value] or None
    return value if value is None or isinstance(value, (bool, int, str, Mapping)) else str(value)


def read(item: ItemPlan, kept: Any) -> Any:
    """A kept value as a form hands it over; None where nothing is kept."""
    if kept in (None, "", []):
        return None
    match item.type:
        case "quantity" if isinstance(kept, Mapping):
            return Quantity.parse(kept["text"], kept["unit"], item.analyte)
        case "partial_date" if isinstance(kept, str):
            return PartialDate.parse(kept)
        case "decimal" if isinstance(kept, str):
            return Decimal(kept)
    return kept

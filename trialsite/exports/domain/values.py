"""Values of the record as Python has them in the rows of a table."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .table import Kind


def typed(value: Any, kind: Kind) -> Any:
    """A value of the API as Python has it; None where there is none. Raises ValueError where it is not of its kind."""
    if value is None or value == "":
        return None
    match kind:
        case Kind.DATE:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        case Kind.INSTANT:
            return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        case Kind.DECIMAL:
            try:
                return Decimal(str(value))
            except InvalidOperation as error:
                raise ValueError(f"{value!r} is not a number.") from error
        case Kind.INTEGER:
            return int(value)
        case Kind.BOOLEAN:
            return value if isinstance(value, bool) else str(value).lower() in ("true", "yes")
    return str(value)


def listed(value: Any) -> Any:
    """Several answers as one text: A;B."""
    return ";".join(map(str, value)) if isinstance(value, list) else value

"""What the data of a table are really like: how long, which codes, which columns are empty. One pass over its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..domain.table import Kind, Table, Variable

NUMBERS = (Kind.INTEGER, Kind.DECIMAL)


@dataclass
class Seen:
    """What was seen in a column. `longest` in bytes; `decimals`: digits after the point; `values`: of coded columns."""

    longest: int = 0
    decimals: int = 0
    values: dict[str, None] = field(default_factory=dict)
    lengths: set[int] = field(default_factory=set)

    @property
    def empty(self) -> bool:
        return self.longest == 0


def survey(table: Table) -> Mapping[str, Seen]:
    """Column → what was seen in it."""
    found = {one.name: Seen() for one in table.variables}
    columns = [(one, found[one.name]) for one in table.variables]
    for row in table.rows():
        for one, seen in columns:
            look(one, seen, row.get(one.name))
    return found


def look(one: Variable, seen: Seen, value: Any) -> None:
    if value is None or value == "":
        return
    said = f"{value:f}" if isinstance(value, Decimal) else str(value)
    seen.longest = max(seen.longest, len(said.encode()))
    if isinstance(value, Decimal):
        seen.decimals = max(seen.decimals, len(said.partition(".")[2]))
    if one.codes is not None:
        seen.values[said] = None
    if one.name.endswith("DTC"):
        seen.lengths.add(len(said))


def data_type(one: Variable, seen: Seen, form: str) -> str:
    """The DataType of Define-XML: a date of ADaM is a number in SAS transport files and a date in Dataset-JSON."""
    if one.kind in (Kind.DATE, Kind.INSTANT):
        in_json = "date" if one.kind is Kind.DATE else "datetime"
        return "integer" if form == "xpt" else in_json
    if one.kind is Kind.INTEGER:
        return "integer"
    if one.kind is Kind.DECIMAL:
        return "float"
    if one.name.endswith("DTC") and seen.lengths:
        if seen.lengths == {10}:
            return "date"
        return "partialDate" if max(seen.lengths) <= 10 else "partialDatetime"
    return "durationDatetime" if one.name.endswith("DUR") and one.name != "DUR" else "text"

"""A table as CSV: RFC 4180, UTF-8, with a byte-order mark where a spreadsheet is to show Chinese."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from ..domain.table import Kind, Table

BOM, LINE_END = "\ufeff", "\r\n"


def write_csv(table: Table, path: Path, *, bom: bool = True) -> int:
    """Write a table; the number of its rows. No value is changed for a spreadsheet's sake."""
    with path.open("wb") as bare, TextIOWrapper(bare, encoding="utf-8", newline="") as file:
        file.write(BOM if bom else "")
        csv.writer(file, lineterminator=LINE_END).writerow(table.columns)
        file.flush()
        copied = table.copy(bare)
        return write_rows(table, file) if copied is None else copied


def write_rows(table: Table, file: TextIO) -> int:
    """Write the rows of a table one by one; how many."""
    count = 0
    writer = csv.writer(file, lineterminator=LINE_END)
    told = [(one.name, one.kind in AS_TEXT) for one in table.variables]
    for row in table.rows():
        writer.writerow([in_text(row[name]) if text else row[name] for name, text in told])
        count += 1
    return count


AS_TEXT = {Kind.DECIMAL, Kind.INSTANT, Kind.BOOLEAN}  # what is not written as Python writes it


def in_text(value: Any) -> str:
    """A value as text: days and instants by ISO 8601 (UTC), decimals exact and without an exponent."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            told = value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
            return told.rstrip("0").rstrip(".") + "Z"
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
    return str(value)


READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.DECIMAL: Decimal,
    Kind.DATE: date.fromisoformat,
    Kind.INSTANT: datetime.fromisoformat,
    Kind.BOOLEAN: lambda text: text == "true",
}


def read_csv(table: Table, path: Path) -> list[dict[str, Any]]:
    """The rows of a written file, as they were before: what an import of one's own export and the check of it read."""
    kinds = {one.name: one.kind for one in table.variables}
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            {name: READERS[kinds[name]](text) if text else None for name, text in row.items()}
            for row in csv.DictReader(file)
        ]


def count_csv(path: Path) -> int:
    """The records of a written file, its header not counted: a line ends one where all its quotes are closed."""
    quotes, lines = 0, -1
    with path.open("rb") as file:
        for line in file:
            quotes += line.count(b'"')
            lines += quotes % 2 == 0
    return lines

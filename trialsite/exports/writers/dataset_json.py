"""Dataset-JSON 1.1 and its form with one row a line (NDJSON), written row by row."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from ..domain.table import Kind, Row, Table, Variable
from ..oids import item_group_oid, item_oid

VERSION = "1.1.0"
TYPES = {
    Kind.TEXT: "string",
    Kind.INTEGER: "integer",
    Kind.DECIMAL: "float",
    Kind.DATE: "date",
    Kind.INSTANT: "datetime",
    Kind.BOOLEAN: "boolean",
}
NUMERIC = {Kind.DATE: "E8601DA.", Kind.INSTANT: "E8601DT."}  # dates that are numbers in SAS
SYSTEM = "BLINA Trials"


@dataclass(frozen=True)
class Told:
    """What a file says of the package it belongs to. `metadata`: the OID of its Define-XML metadata version."""

    study: str
    metadata: str = ""
    define: str = "define.xml"
    release: str = ""
    made: datetime | None = None
    original: str = ""


def write_dataset_json(table: Table, path: Path, told: Told) -> int:
    """Write one table as one JSON document; how many rows were written."""
    records, lengths = counted(table)
    head = json.dumps(header(table, told, records, lengths), ensure_ascii=False)
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{head[:-1]}, "rows": [')
        for count, row in enumerate(table.rows(), 1):
            file.write(",\n" if count > 1 else "\n")
            write_row(file, table, row)
        file.write("\n]}\n")
    return count


def write_ndjson(table: Table, path: Path, told: Told) -> int:
    """Write one table with the description in the first line and one row in each other; how many rows."""
    records, lengths = counted(table)
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(header(table, told, records, lengths), ensure_ascii=False) + "\n")
        for row in table.rows():
            write_row(file, table, row)
            file.write("\n")
            count += 1
    return count


def counted(table: Table) -> tuple[int, dict[str, int]]:
    """How many rows there are, and the characters of the longest text of each column."""
    count, longest = 0, {one.name: 1 for one in table.variables if one.kind is Kind.TEXT}
    for row in table.rows():
        count += 1
        for name in longest:
            longest[name] = max(longest[name], len(row.get(name) or ""))
    return count, longest


def header(table: Table, told: Told, records: int, lengths: dict[str, int]) -> dict[str, Any]:
    made = (told.made or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    found: dict[str, Any] = {
        "datasetJSONCreationDateTime": made,
        "datasetJSONVersion": VERSION,
        "fileOID": f"{told.study}.{table.name}",
        "originator": told.original or told.study,
        "sourceSystem": {"name": SYSTEM, "version": told.release or "0"},
        "studyOID": told.study,
    }
    if told.metadata:
        found |= {"metaDataVersionOID": told.metadata, "metaDataRef": told.define}
    return found | {
        "itemGroupOID": item_group_oid(table.name),
        "records": records,
        "name": table.name,
        "label": table.label,
        "columns": [column(table, one, lengths) for one in table.variables],
    }


def column(table: Table, one: Variable, lengths: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "itemOID": item_oid(table.name, one.name),
        "name": one.name,
        "label": one.label,
        "dataType": TYPES[one.kind],
    }
    if one.kind in NUMERIC:
        found |= {"targetDataType": "integer", "displayFormat": NUMERIC[one.kind]}
    if one.kind is Kind.TEXT:
        found["length"] = lengths[one.name]
    if one.name in table.keys:
        found["keySequence"] = table.keys.index(one.name) + 1
    return found


def write_row(file: TextIO, table: Table, row: Row) -> None:
    file.write("[" + ", ".join(cells(table, row)) + "]")


def cells(table: Table, row: Row) -> Iterator[str]:
    for one in table.variables:
        yield cell(row.get(one.name), one.kind)


def cell(value: Any, kind: Kind) -> str:
    """A value as JSON. A decimal keeps its digits: it is written as a number without going through a float."""
    if kind is Kind.TEXT:
        return json.dumps("" if value is None else str(value), ensure_ascii=False)
    if value is None or value == "":
        return "null"
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return json.dumps(value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    if isinstance(value, date):
        return json.dumps(value.isoformat())
    return json.dumps(value, ensure_ascii=False)

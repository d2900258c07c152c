"""A table as Parquet: typed columns, their labels, units and code lists as metadata of the columns."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..domain.table import Kind, Row, Table, Variable

ROWS = 10_000  # in memory at once: one group of rows of the file
DECIMALS = pa.decimal128(34, 10)  # the most that any item of the record holds
TYPES = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.DECIMAL: DECIMALS,
    Kind.DATE: pa.date32(),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    Kind.BOOLEAN: pa.bool_(),
}
SMALLEST = Decimal("1e-10")


def write_parquet(table: Table, path: Path) -> int:
    """Write a table in groups of rows; the number of its rows.

    Raises ValueError where a decimal has more than ten places: it is not cut off."""
    schema = pa.schema([column(one) for one in table.variables], metadata={"label": table.label})
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in grouped(table.rows()):
            values = {one.name: [exact(row[one.name]) for row in rows] for one in table.variables}
            writer.write_table(pa.table(values, schema=schema))
            count += len(rows)
    return count


def column(variable: Variable) -> pa.Field:
    about: dict[str, Any] = {"label": variable.label, "unit": variable.unit}
    if variable.codes:
        about["codes"] = json.dumps(dict(variable.codes.terms), ensure_ascii=False)
    return pa.field(variable.name, TYPES[variable.kind], metadata={k: v for k, v in about.items() if v})


def exact(value: Any) -> Any:
    if not isinstance(value, Decimal):
        return value
    kept = value.quantize(SMALLEST)
    if kept != value:
        raise ValueError(f"{value} has more places than a column of Parquet keeps.")
    return kept


def grouped(rows: Iterator[Row], size: int = ROWS) -> Iterator[list[Row]]:
    rows = iter(rows)
    while group := list(islice(rows, size)):
        yield group


def count_parquet(path: Path) -> int:
    """The rows of a written file."""
    return int(pq.read_metadata(path).num_rows)

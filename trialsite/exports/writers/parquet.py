"""A table as Parquet: typed columns, their labels, units and code lists as metadata of the columns."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions

from ..domain.table import Kind, Row, Table, Variable

ROWS = 10_000  # in memory at once: one group of rows of the file
BLOCK = 1 << 22  # bytes of lines in memory at once, more than any row has
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
    with (
        TemporaryFile(dir=path.parent) as lines,
        pq.ParquetWriter(path, schema, compression="zstd") as writer,
    ):
        copied = table.copy(lines)
        for group in from_rows(table.rows(), schema) if copied is None else from_lines(lines, schema):
            writer.write_batch(group.cast(schema))
            count += len(group)
    return count


def from_rows(rows: Iterator[Row], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for some in grouped(rows):
        values = {name: [exact(row[name]) for row in some] for name in schema.names}
        yield pa.RecordBatch.from_pydict(values, schema=schema)


def from_lines(lines: BinaryIO, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of lines of CSV that the database wrote."""
    if not lines.tell():
        return
    lines.seek(0)
    yield from pyarrow.csv.open_csv(
        lines,
        ReadOptions(column_names=schema.names, block_size=BLOCK, use_threads=False),
        ParseOptions(newlines_in_values=True),
        ConvertOptions(
            column_types=schema,
            null_values=[""],
            true_values=["true"],
            false_values=["false"],
            strings_can_be_null=True,
        ),
    )


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

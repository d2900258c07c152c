"""A table as a file of Stata or SPSS, with the labels of its columns. Both hold a whole table in memory at once."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from ..domain.table import Kind, Table, Variable

STATA_NAME, SPSS_NAME = 32, 64  # characters
STATA_LABEL, SPSS_LABEL = 80, 255
STATA_TEXT = 2045  # bytes of a text


class Unwritable(ValueError):
    """A table does not fit a format: which value of which column, and where it can be had whole."""


def write_stata(table: Table, path: Path) -> int:
    """Write a .dta file of version 118 (Stata 14 and later, UTF-8); the number of its rows."""
    names = short_names(table, STATA_NAME)
    frame = frame_of(table, names, longest=STATA_TEXT)
    pyreadstat.write_dta(
        frame,
        str(path),
        file_label=cut(table.label, STATA_LABEL),
        column_labels=labels(table, names, STATA_LABEL),
        version=14,
    )
    return len(frame)


def write_spss(table: Table, path: Path) -> int:
    """Write a compressed .sav file with the words of the codes; the number of its rows."""
    names = short_names(table, SPSS_NAME)
    frame = frame_of(table, names)
    values: dict[str, Any] = {
        names[one.name]: dict(one.codes.terms)
        if one.kind is Kind.TEXT
        else {int(code): words for code, words in one.codes.terms.items()}
        for one in table.variables
        if one.codes and one.kind in (Kind.TEXT, Kind.INTEGER)
    }
    pyreadstat.write_sav(
        frame,
        str(path),
        file_label=cut(table.label, 60),
        column_labels=labels(table, names, SPSS_LABEL),
        variable_value_labels=values,
        compress=False,
        row_compress=True,
    )
    return len(frame)


def frame_of(table: Table, names: Mapping[str, str], longest: int = 0) -> pd.DataFrame:
    """The table as a data frame: numbers as floating point, which is all that these formats have.

    Raises Unwritable where a text is too long."""
    columns: dict[str, list[Any]] = {one.name: [] for one in table.variables}
    for row in table.rows():
        for one in table.variables:
            columns[one.name].append(in_package(row[one.name], one, table, longest))
    return pd.DataFrame(
        {names[one.name]: pd.Series(columns[one.name], dtype=dtype_of(one.kind)) for one in table.variables}
    )


def dtype_of(kind: Kind) -> str:
    match kind:
        case Kind.INTEGER | Kind.DECIMAL | Kind.BOOLEAN:
            return "float64"
        case Kind.INSTANT:
            return "datetime64[us]"
    return "object"


def in_package(value: Any, variable: Variable, table: Table, longest: int) -> Any:
    if value is None:
        return "" if variable.kind is Kind.TEXT else math.nan if is_number(variable.kind) else None
    match value:
        case bool() | int() | Decimal():
            return float(value)
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None)
        case str() if longest and len(value.encode()) > longest:
            raise Unwritable(
                f"{table.name}.{variable.name} holds a text of {len(value.encode())} bytes; "
                f"the format takes {longest}. CSV and Parquet hold it whole."
            )
    return value


def is_number(kind: Kind) -> bool:
    return kind in (Kind.INTEGER, Kind.DECIMAL, Kind.BOOLEAN)


def short_names(table: Table, longest: int) -> dict[str, str]:
    """Column → a name of letters, digits and _ that no other column has."""
    given: dict[str, str] = {}
    for name in table.columns:
        plain = re.sub(r"\W", "_", name)[:longest]
        number = 1
        while plain.lower() in {one.lower() for one in given.values()}:
            number += 1
            plain = f"{re.sub(r'[^a-zA-Z0-9_]', '_', name)[: longest - 3]}_{number}"
        given[name] = plain
    return given


def labels(table: Table, names: Mapping[str, str], longest: int) -> dict[str, str | None]:
    return {names[one.name]: cut(one.label, longest) for one in table.variables}


def cut(text: str, longest: int) -> str:
    """A label of at most so many bytes, never through a character."""
    return text.encode()[:longest].decode(errors="ignore")


def count_stata(path: Path) -> int:
    """The rows of a written file."""
    return pyreadstat.read_dta(str(path), metadataonly=True)[1].number_rows or 0


def count_spss(path: Path) -> int:
    """The rows of a written file."""
    return pyreadstat.read_sav(str(path), metadataonly=True)[1].number_rows or 0

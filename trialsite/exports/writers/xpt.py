"""SAS transport files, version 5 (SAS TS-140), written row by row.

The format holds what regulators take: names of 8, labels of 40 and values of 200 bytes, ASCII alone. What does not fit
is refused with a list, never cut; `in_ascii` says beforehand that a text stands elsewhere.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain
from math import frexp
from pathlib import Path
from typing import Any

from ..domain.table import Kind, Row, Table, Variable

NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")
LONGEST_LABEL, LONGEST_VALUE = 40, 200
CARD = 80  # bytes of a record of the file
SHORTEST_ROW = CARD + 1  # readers lose rows of 80 bytes or less: they take blanks at the end for filling
MISSING = b"." + bytes(7)
EPOCH = date(1960, 1, 1)
TOLD = 20  # problems that a refusal lists
NUMBERS = {Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.INSTANT}
FORMATS = {Kind.DATE: ("DATE", 9), Kind.INSTANT: ("DATETIME", 20)}
ELSEWHERE = "(not in ASCII: see the Dataset-JSON file)"


class NotTransportable(ValueError):
    """A table that the format cannot hold; `problems` names dataset, variable and value."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        more = len(self.problems) - TOLD
        told = self.problems[:TOLD] + ([f"... and {more} more"] if more > 0 else [])
        super().__init__("SAS transport cannot hold: " + "; ".join(told))


@dataclass(frozen=True)
class Field:
    """A column as it lies in a row: bytes from `at`."""

    variable: Variable
    length: int
    at: int

    @property
    def is_number(self) -> bool:
        return self.variable.kind in NUMBERS


def write_xpt(table: Table, path: Path, made: datetime | None = None) -> int:
    """Write one table; how many rows were written. NotTransportable where something does not fit."""
    lengths, problems = measured(table)
    if problems:
        raise NotTransportable(problems)
    fields = laid_out(table, lengths)
    width = sum(one.length for one in fields)
    count = 0
    with path.open("wb") as file:
        file.write(b"".join(heading(table, fields, made or datetime.now(UTC))))
        for row in table.rows():
            file.write(b"".join(packed(one, row.get(one.variable.name)) for one in fields))
            count += 1
        file.write(b" " * (-count * width % CARD))
    return count


def in_ascii(table: Table) -> Table:
    """The same table with each text that is not ASCII said to stand in the Dataset-JSON file."""

    def rows() -> Iterator[Row]:
        for row in table.rows():
            yield {
                name: ELSEWHERE if isinstance(value, str) and not value.isascii() else value
                for name, value in row.items()
            }

    return replace(table, rows=rows)


def measured(table: Table) -> tuple[dict[str, int], list[str]]:
    """The bytes that each text needs, and what the format cannot hold; reads every row once."""
    problems = list(described_wrongly(table))
    longest = {one.name: 1 for one in table.variables}
    texts = [one.name for one in table.variables if one.kind not in NUMBERS]
    for place, row in enumerate(table.rows(), 1):
        for name in texts:
            said = as_text(row.get(name))
            size = len(said.encode())
            longest[name] = max(longest[name], size)
            if not said.isascii():
                problems.append(f"{table.name}.{name}, row {place}: not ASCII")
            elif size > LONGEST_VALUE:
                problems.append(f"{table.name}.{name}, row {place}: {size} bytes, {LONGEST_VALUE} at most")
    return longest, problems


def described_wrongly(table: Table) -> Iterator[str]:
    if not NAME.fullmatch(table.name):
        yield f"{table.name}: not a name of at most 8 capital letters and digits"
    for name, label in chain([(table.name, table.label)], ((one.name, one.label) for one in table.variables)):
        if not NAME.fullmatch(name):
            yield f"{table.name}.{name}: not a name of at most 8 capital letters and digits"
        if not label.isascii() or not 0 < len(label) <= LONGEST_LABEL:
            yield f"{table.name}.{name}: a label is 1 to {LONGEST_LABEL} ASCII characters, not {label!r}"


def laid_out(table: Table, lengths: dict[str, int]) -> list[Field]:
    """The columns in a row; the longest text is widened where the row would be too short for readers."""
    sizes = {one.name: 8 if one.kind in NUMBERS else lengths[one.name] for one in table.variables}
    texts = [one.name for one in table.variables if one.kind not in NUMBERS]
    lacking = SHORTEST_ROW - sum(sizes.values())
    if lacking > 0 and texts:
        widest = max(texts, key=lambda name: sizes[name])
        sizes[widest] = min(LONGEST_VALUE, sizes[widest] + lacking)
    fields, at = [], 0
    for one in table.variables:
        fields.append(Field(one, sizes[one.name], at))
        at += sizes[one.name]
    return fields


def heading(table: Table, fields: Sequence[Field], made: datetime) -> Iterator[bytes]:
    stamp = made.strftime("%d%b%y:%H:%M:%S").upper().encode()
    system = b"9.4     " + b"Linux   "
    yield card("LIBRARY HEADER RECORD!!!!!!!" + "0" * 30)
    yield b"SAS     SAS     SASLIB  " + system + b" " * 24 + stamp
    yield stamp + b" " * 64
    yield card("MEMBER  HEADER RECORD!!!!!!!" + "0" * 17 + "1600000000140")
    yield card("DSCRPTR HEADER RECORD!!!!!!!" + "0" * 30)
    yield b"SAS     " + text(table.name, 8) + b"SASDATA " + system + b" " * 24 + stamp
    yield stamp + b" " * 16 + text(table.label, 40) + b" " * 8
    yield card("NAMESTR HEADER RECORD!!!!!!!" + f"000000{len(fields):04}" + "0" * 20)
    described = b"".join(namestr(place, one) for place, one in enumerate(fields, 1))
    yield described + b" " * (-len(described) % CARD)
    yield card("OBS     HEADER RECORD!!!!!!!" + "0" * 30)


def card(words: str) -> bytes:
    return text("HEADER RECORD*******" + words, CARD)


def text(said: str, size: int) -> bytes:
    return said.encode("ascii")[:size].ljust(size)


def namestr(place: int, one: Field) -> bytes:
    name, width = FORMATS.get(one.variable.kind, ("", 0))
    return struct.pack(
        ">hhhh8s40s8shhh2s8shhl52s",
        1 if one.is_number else 2,
        0,
        one.length,
        place,
        text(one.variable.name, 8),
        text(one.variable.label, 40),
        text(name, 8),
        width,
        0,
        0,
        b"\0\0",
        b" " * 8,
        0,
        0,
        one.at,
        bytes(52),
    )


def packed(one: Field, value: Any) -> bytes:
    if one.is_number:
        return ibm_double(as_number(value))
    return as_text(value).encode("ascii").ljust(one.length)


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value)


def as_number(value: Any) -> float | None:
    """The number that stands for a value: dates in days, instants in seconds since 1960."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return (value.astimezone(UTC) - datetime(1960, 1, 1, tzinfo=UTC)).total_seconds()
    if isinstance(value, date):
        return float((value - EPOCH).days)
    return float(value if isinstance(value, int | Decimal) else Decimal(str(value)))


def ibm_double(value: float | None) -> bytes:
    """A number as IBM hexadecimal floating point, which holds every digit of a double; a dot for none."""
    if value is None:
        return MISSING
    if value == 0:
        return bytes(8)
    mantissa, exponent = frexp(abs(value))  # 0.5 <= mantissa < 1
    shift = -exponent % 4
    power = (exponent + shift) // 4 + 64
    if not 0 <= power <= 127:
        raise ValueError(f"{value} is beyond the numbers of SAS transport.")
    digits = int(mantissa * 2 ** (56 - shift))
    sign = 0x80 if value < 0 else 0
    return bytes([sign | power]) + digits.to_bytes(7, "big")

"""What every written format is made from: a table with described columns and rows that are read once, in order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO

Row = Mapping[str, Any]


class Kind(StrEnum):
    """The type of a column. Its values in Python: str, int, Decimal, date, datetime (UTC), bool; None is no value."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    INSTANT = "instant"
    BOOLEAN = "boolean"


@dataclass(frozen=True)
class CodeList:
    """A list of codes. `terms`: code → its words. `nci`: C-code of the list; `nci_terms`: code → C-code of the term."""

    name: str
    terms: Mapping[str, str]
    label: str = ""
    nci: str = ""
    nci_terms: Mapping[str, str] = field(default_factory=dict)
    extensible: bool = True


@dataclass(frozen=True)
class Variable:
    """One column. `label`: in English, as it is exported; `words`: language → longer words for the codebook.

    `length`: the most bytes of a text, 0 where it is as long as it is. `item`: form and item behind it ("VS.weight").
    `origin`: as Define-XML has it (Collected, Derived, Assigned, Protocol); `method`: how it is derived, in words.
    """

    name: str
    label: str
    kind: Kind = Kind.TEXT
    length: int = 0
    unit: str = ""
    codes: CodeList | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    item: str = ""
    origin: str = "Collected"
    method: str = ""
    required: bool = False


@dataclass(frozen=True)
class Table:
    """A table to be written. `rows`: gives its rows anew each time it is called, as mappings of column name → value.

    `keys`: the columns that make a row unique and give its order. `structure`: what a row is, in words.
    `expected`: how many rows the record has, counted apart from reading them. `left_out`: items that stay behind.
    `copy`: has the database write the rows as lines of CSV into a file, as a writer would; how many, or None where it
    cannot, and then nothing is written."""

    name: str
    label: str
    variables: tuple[Variable, ...]
    rows: Callable[[], Iterator[Row]]
    keys: tuple[str, ...] = ()
    structure: str = ""
    expected: Callable[[], int] | None = None
    left_out: tuple[str, ...] = ()
    copy: Callable[[BinaryIO], int | None] = lambda _file: None

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.variables)

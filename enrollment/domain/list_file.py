"""A randomisation list that somebody else made: read from CSV and checked before it is sealed."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence

from .randomisation import AllocationSlot

COLUMNS = ("stratum", "number", "arm")
LARGEST = 100_000


class ListProblem(ValueError):
    """What is wrong with a file: a code for the sentence, and the line (1 is the heading) where it stands."""

    def __init__(self, code: str, line: int = 1, value: str = "") -> None:
        super().__init__(code)
        self.code, self.line, self.value = code, line, value


def read_list(text: str, *, arms: Collection[str], strata: Sequence[str]) -> tuple[AllocationSlot, ...]:
    """The places of a CSV with the columns stratum, number, arm; raises ListProblem with the first thing wrong.

    strata: the keys the protocol gives ("risk=HIGH;site=SZ01"; "" for a trial without strata); each must have places.
    Numbers of a stratum follow each other; a longer list may be sent later and goes on where the first one ended."""
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise ListProblem("columns")
    found, last = [], dict[str, int]()
    for line, row in enumerate(rows, start=2):
        if line > LARGEST:
            raise ListProblem("large", line)
        found.append(_place(row, line, arms, strata, last))
    if missing := [stratum for stratum in strata if stratum not in last]:
        raise ListProblem("absent", value=missing[0])
    return tuple(found)


def _place(
    row: dict[str, str], line: int, arms: Collection[str], strata: Collection[str], last: dict[str, int]
) -> AllocationSlot:
    if None in row or None in row.values():
        raise ListProblem("cells", line)
    stratum, number, arm = (row[name].strip() for name in COLUMNS)
    if stratum not in strata:
        raise ListProblem("stratum", line, stratum)
    if arm not in arms:
        raise ListProblem("arm", line, arm)
    if not (number.isascii() and number.isdigit()) or int(number) < 1:
        raise ListProblem("number", line, number)
    if stratum in last and int(number) != last[stratum] + 1:
        raise ListProblem("gap", line, number)
    last[stratum] = int(number)
    return AllocationSlot(stratum, int(number), 0, 0, arm)

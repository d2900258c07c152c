"""A block copied from a spreadsheet or a hospital system, read as draws with their results.

Rows "WBC 白细胞  0.8 ↓  10^9/L  3.5-9.5" (tabs, semicolons or spaces between), a header with one date a column, a long
list with named columns, one draw a row with an analyte a column. Only results are kept: names, numbers and other
columns of persons are left out and counted. What is no clear result of a known analyte is handed back with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time

from . import lab_tokens as tokens
from .lab_match import Cell, Unmatched, Why, match
from .lab_names import analytes_of

MAX_LINES = 400


@dataclass
class Draw:
    """The results of one sample: analyte → cell. An analyte that comes twice opens another draw of the same time."""

    on: date | None
    at: time | None
    cells: dict[str, Cell] = field(default_factory=dict)


@dataclass
class Pasted:
    """What was read: draws in the order of the block, rows that wait for a person, how many lines were left out.

    identity: lines or columns about the person (name, bed, number), of which nothing is kept but a date of sampling."""

    draws: list[Draw] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    identity: int = 0
    left_out: int = 0


@dataclass(frozen=True)
class Row:
    """One result as printed, before its name is understood."""

    label: str
    result: str
    unit: str = ""
    reference: str = ""
    on: date | None = None
    at: time | None = None
    of_no_column: bool = False  # of which draw cannot be told


def read_block(text: str, learned: Mapping[str, str] | None = None) -> Pasted:
    """Read a pasted block; `learned` are names that the site told before (folded name → analyte)."""
    reading = _Reading(learned or {})
    lines = [tokens.cells_of(line) for line in tokens.half_width(text).splitlines() if line.strip()]
    lines = lines[:MAX_LINES]
    repeated = tokens.repeated_columns(lines)
    reading.found.identity += len(repeated)
    for line in lines:
        reading.take(replace(line, cells=[c for i, c in enumerate(line.cells) if i not in repeated]))
    return reading.found


class _Reading:
    """The state between the lines of a block: the draw that goes on, and the columns that a header named."""

    def __init__(self, learned: Mapping[str, str]) -> None:
        self.learned = learned
        self.found = Pasted()
        self.moment: tuple[date | None, time | None] = (None, None)
        self.dated: dict[int, tuple[date, time | None]] = {}  # column → its draw
        self.roles: list[str] = []  # what each column of a long list holds
        self.analytes: dict[int, str] = {}  # column → the name that heads it, of a table with one draw a row

    def take(self, line: tokens.Line) -> None:
        if self.header(line):
            return
        rows = list(self.rows(line))
        for row in rows:
            self.place(row)
        if not rows:
            self.found.left_out += 1

    def header(self, line: tokens.Line) -> bool:
        """Whether a line says how to read those after it, or whose they are."""
        moments = tokens.moments_in(line)
        if tokens.is_header(line):
            self.found.identity += tokens.persons_in(line)
            self.dated = {at: moment for at, moment in moments.items() if at or len(moments) > 1}
            self.roles = [] if self.dated else tokens.columns_of_list(line)
            self.analytes = {} if self.dated or self.roles else self.named_columns(line)
            return True
        if self.dated and tokens.only_times(line):
            self.dated = tokens.with_times(self.dated, line)
            return True
        if tokens.about_a_person(line):
            self.found.identity += tokens.persons_in(line) > 0
            if sampled := tokens.sampled_at(line):
                self.moment = sampled
            return True
        if moments and tokens.only_moments(line):
            if len(moments) > 1:
                self.dated, self.roles, self.analytes = moments, [], {}
            else:
                self.moment, self.dated = next(iter(moments.values())), {}
            return True
        return False

    def named_columns(self, line: tokens.Line) -> dict[int, str]:
        return {i: cell for i, cell in enumerate(line.cells) if i and cell}

    def rows(self, line: tokens.Line) -> Iterator[Row]:
        if self.roles and len(line.cells) >= 2:
            yield from by_role(line, self.roles, self.moment)
        elif self.analytes and (moments := tokens.moments_in(line)):
            on, at = next(iter(moments.values()))
            for i, name in self.analytes.items():
                text = line.cells[i] if i < len(line.cells) else ""
                if tokens.result_of(text):
                    label, unit = tokens.name_and_unit(name)
                    yield Row(label, text, unit, "", on, at)
        elif self.dated:
            yield from by_column(line, self.dated)
        else:
            yield from free_row(line, self.moment)

    def place(self, row: Row) -> None:
        """Put a result into its draw, or hand it back with the reason."""
        if row.of_no_column:
            self.refuse(row, Why.COLUMN)
            return
        result = tokens.result_of(row.result)
        if result is None:
            if tokens.is_words(row.result):
                self.refuse(row, Why.NUMBER)
            return
        row = replace(row, result=result.text, unit=row.unit or result.unit)
        answer = match(row.label, row.result, row.unit, row.reference, self.learned)
        if isinstance(answer, Why):
            self.refuse(row, answer)
            return
        analyte, cell = answer
        same = [draw for draw in self.found.draws if (draw.on, draw.at) == (row.on, row.at)]
        if same and analyte not in same[-1].cells:
            same[-1].cells[analyte] = cell
        else:
            self.found.draws.append(Draw(row.on, row.at, {analyte: cell}))

    def refuse(self, row: Row, why: Why) -> None:
        result = row.result.strip()[:60]
        self.found.unmatched.append(
            Unmatched(row.label[:100], result, row.unit[:30], row.reference[:40], row.on, row.at, why)
        )


def by_role(
    line: tokens.Line, roles: Sequence[str], moment: tuple[date | None, time | None]
) -> Iterator[Row]:
    """A row of a long list whose header named the columns; columns without a role are not looked at."""
    parts: dict[str, list[str]] = {}
    for role, cell in zip(roles, line.cells, strict=False):
        parts.setdefault(role, []).append(cell)
    label = " ".join(filter(None, parts.get("item", [])))
    result = " ".join(filter(None, parts.get("result", [])))
    own = tokens.moment_of(" ".join(parts.get("moment", [])))
    on, at = own or moment
    if label and result:
        unit, reference = "".join(parts.get("unit", [])), "".join(parts.get("range", []))
        yield Row(label, result, unit, reference, on, at)


def by_column(line: tokens.Line, dated: Mapping[int, tuple[date, time | None]]) -> Iterator[Row]:
    """A row with one draw a column; where the columns cannot be counted, the whole row waits for a person."""
    label, rest = tokens.label_and_rest(line, until=min(dated) if line.counted else None)
    unit = next((cell for cell in rest if tokens.is_unit(cell)), "")
    reference = next((cell for cell in rest if tokens.is_range(cell)), "")
    name, own = tokens.name_and_unit(label)
    if line.counted:
        values = {at: line.cells[at] for at in dated if at < len(line.cells)}
    else:
        found = [cell for cell in rest if tokens.result_of(cell) and not tokens.is_unit(cell)]
        if len(found) != len(dated):
            if found:
                yield Row(name, " ".join(found), unit or own, reference, of_no_column=True)
            return
        values = dict(zip(dated, found, strict=True))
    for at, text in values.items():
        on, when = dated[at]
        if text and (tokens.result_of(text) or tokens.is_words(text)):
            yield Row(name, text, unit or own, reference, on, when)


def free_row(line: tokens.Line, moment: tuple[date | None, time | None]) -> Iterator[Row]:
    """A row that reads name, result, and in any order flag, unit and range; without unit and range it is no result."""
    label, rest = tokens.label_and_rest(line)
    if not label or not rest:
        return
    name, own = tokens.name_and_unit(label)
    result, *others = rest
    read = tokens.result_of(result)
    unit = (read.unit if read else "") or own or next((cell for cell in others if tokens.is_unit(cell)), "")
    reference = next((cell for cell in others if tokens.is_range(cell)), "")
    if (
        unit
        or reference
        or tokens.is_words(result)
        or re.search(tokens.FLAG, " ".join(rest))
        or analytes_of(name, {})
    ):
        yield Row(name, result, unit, reference, *moment)

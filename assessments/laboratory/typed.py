"""What stands in the open columns of the laboratory table: as typed, as a draft keeps it, as a paste fills it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from trialsite.casebook.formfields import sentence
from trialsite.clinical.units import ANALYTES, UnitError, accepted_unit, unit_label

from ..domain.lab_match import Cell, cell_of
from ..domain.lab_paste import Pasted
from ..models import LabTrayRow

MOST_COLUMNS = 12
HEAD = ("date", "time", "laboratory", "visit")
NAME = re.compile(r"d(?P<column>[0-9]{1,2})-(?P<field>[a-z0-9_]+)(?:-(?P<beside>lln|uln|finding))?")
TRAY = re.compile(r"tray-(?P<row>[0-9a-f-]{36})-(?P<field>analyte|reason|placed)")


@dataclass
class Column:
    """One draw that is being entered; all of it text."""

    head: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    limits: dict[str, tuple[str, str]] = field(default_factory=dict)
    findings: dict[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing was typed but what the table fills in by itself."""
        return not self.filled and not any(
            self.head.get(name, "").strip() for name in ("date", "time", "visit")
        )

    @property
    def filled(self) -> dict[str, str]:
        """The analytes in whose cell something stands; a finding without its result counts, to be refused beside it."""
        found = {key: self.cells.get(key, "") for key, code in self.findings.items() if code}
        return found | {key: text for key, text in self.cells.items() if text.strip()}


@dataclass
class Typed:
    """The open columns, and what was chosen for rows of the tray."""

    columns: list[Column]
    tray: dict[UUID, dict[str, str]] = field(default_factory=dict)

    @property
    def placed(self) -> dict[UUID, str]:
        """Rows of the tray whose cell in the table still holds something → their analyte."""
        found = {}
        for row, said in self.tray.items():
            number, _colon, analyte = said.get("placed", "").partition(":")
            there = self.columns[int(number) :][:1] if number.isdigit() else []
            if any(column.cells.get(analyte, "").strip() for column in there):
                found[row] = analyte
        return found

    @property
    def analytes(self) -> set[str]:
        return {key for column in self.columns for key in column.filled}


def read_typed(data: Mapping[str, Any]) -> Typed:
    """The columns and the tray from fields of the page or of a draft; at least one column."""
    texts = {name: one_text(data, name) for name in data}
    wanted = texts.get("columns", "")
    number = min(int(wanted), MOST_COLUMNS) if wanted.isdigit() else 1
    typed = Typed([Column() for _ in range(max(number, 1))])
    for name, text in texts.items():
        if (match := NAME.fullmatch(name)) and int(match["column"]) < len(typed.columns):
            put(typed.columns[int(match["column"])], match["field"], match["beside"], text)
        elif match := TRAY.fullmatch(name):
            typed.tray.setdefault(UUID(match["row"]), {})[match["field"]] = text
    return typed


def one_text(data: Mapping[str, Any], name: str) -> str:
    """A field of a request, or of a draft, which keeps a list of texts."""
    value = data.get(name, "")
    return str(value[-1] if isinstance(value, list) and value else value or "")[:200]


def put(column: Column, name: str, beside: str | None, text: str) -> None:
    if beside is None and name in HEAD:
        column.head[name] = text
    elif name in ANALYTES and beside is None:
        column.cells[name] = text
    elif name in ANALYTES and beside == "finding":
        column.findings[name] = text
    elif name in ANALYTES:
        low, high = column.limits.get(name, ("", ""))
        column.limits[name] = (text, high) if beside == "lln" else (low, text)


def fill_from_paste(typed: Typed, pasted: Pasted, laboratory: str, units: Mapping[str, str]) -> int:
    """Put pasted draws into the columns that are still empty, adding columns; how many results found no column."""
    lost = 0
    free = [column for column in typed.columns if column.empty]
    for draw in pasted.draws:
        if not free and len(typed.columns) < MOST_COLUMNS:
            free.append(Column())
            typed.columns.append(free[0])
        if not free:
            lost += len(draw.cells)
            continue
        column = free.pop(0)
        column.head |= {
            "date": draw.on.isoformat() if draw.on else "",
            "time": f"{draw.at:%H:%M}" if draw.at else "",
            "laboratory": laboratory or column.head.get("laboratory", ""),
        }
        for analyte, cell in draw.cells.items():
            put_cell(column, analyte, cell, units)
    return lost


def put_cell(column: Column, analyte: str, cell: Cell, units: Mapping[str, str]) -> None:
    """A result with its unit beside it where that is not the row's."""
    own = units.get(analyte) or ANALYTES[analyte].canonical
    other = f" {unit_label(cell.unit)}" if cell.unit and cell.unit != own else ""
    column.cells[analyte] = f"{cell.text}{other}"
    if cell.lln is not None or cell.uln is not None:
        column.limits[analyte] = limit_text(cell.lln), limit_text(cell.uln)


def limit_text(limit: Decimal | None) -> str:
    return "" if limit is None else f"{limit.normalize():f}"


def place_rows(
    typed: Typed, rows: Sequence[LabTrayRow], units: Mapping[str, str]
) -> tuple[list[LabTrayRow], dict[str, str]]:
    """Put the rows for which an analyte was chosen into the table, each once.

    Those that were put there now; and, by address, why a row was not: its unit is none of the analyte's."""
    placed: list[LabTrayRow] = []
    wrong: dict[str, str] = {}
    for row in rows:
        said = typed.tray.get(row.pk, {})
        analyte = said.get("analyte", "")
        if analyte not in ANALYTES or not row.assignable or row.pk in typed.placed:
            continue
        try:
            cell = row_cell(row, analyte)
        except UnitError as problem:
            wrong[f"tray.{row.pk}.analyte"] = sentence(problem)
            continue
        number = column_for(typed, row, analyte)
        if number is None:
            continue
        put_cell(typed.columns[number], analyte, cell, units)
        said["placed"] = f"{number}:{analyte}"
        placed.append(row)
    return placed, wrong


def row_cell(row: LabTrayRow, analyte: str) -> Cell:
    """A row of the tray as a cell of the analyte; UnitError where its unit is none of the analyte's."""
    found = cell_of(analyte, row.result, row.unit, row.reference)
    if found is None:
        accepted_unit(analyte, row.unit)  # says which are
        return Cell(f"{row.result} {row.unit}".strip())
    return found[1]


def take_out(typed: Typed, row: LabTrayRow, units: Mapping[str, str]) -> bool:
    """Take the value of a row out of the table again, unless another was typed over it; whether it was there."""
    number, _colon, analyte = typed.tray.get(row.pk, {}).get("placed", "").partition(":")
    if row.pk not in typed.placed:
        return False
    column, own = typed.columns[int(number)], Column()
    put_cell(own, analyte, row_cell(row, analyte), units)
    if column.cells.get(analyte, "").strip() != own.cells[analyte].strip():
        return False
    for kept in (column.cells, column.limits, column.findings):
        kept.pop(analyte, None)
    return True


def column_for(typed: Typed, row: LabTrayRow, analyte: str) -> int | None:
    """The column of the row's moment where the analyte is still free, else an empty one, else a new one."""
    moment = (
        row.drawn_on.isoformat() if row.drawn_on else "",
        f"{row.sample_time:%H:%M}" if row.sample_time else "",
    )
    for number, column in enumerate(typed.columns):
        same = (column.head.get("date", ""), column.head.get("time", "")) == moment
        if same and not column.empty and not column.cells.get(analyte, "").strip():
            return number
    number = next((n for n, column in enumerate(typed.columns) if column.empty), len(typed.columns))
    if number == len(typed.columns):
        if number >= MOST_COLUMNS:
            return None
        typed.columns.append(Column())
    head = {"date": moment[0], "time": moment[1], "laboratory": row.laboratory}
    typed.columns[number].head |= {name: text for name, text in head.items() if text}
    return number


def as_fields(typed: Typed) -> dict[str, list[str]]:
    """The fields of the page with what stands in them, as a draft keeps them."""
    found = {"columns": str(len(typed.columns))}
    for number, column in enumerate(typed.columns):
        found |= {f"d{number}-{name}": text for name, text in (column.head | column.filled).items()}
        for analyte, (low, high) in column.limits.items():
            found |= {f"d{number}-{analyte}-lln": low, f"d{number}-{analyte}-uln": high}
        found |= {f"d{number}-{key}-finding": code for key, code in column.findings.items() if code}
    for row, said in typed.tray.items():
        found |= {f"tray-{row}-{name}": text for name, text in said.items() if text}
    return {name: [text] for name, text in found.items()}


def code_of(analyte: str, unit: str) -> str:
    """The code of a typed unit where the analyte has it; otherwise as typed, to be refused beside its cell."""
    try:
        return accepted_unit(analyte, unit).code
    except UnitError:
        return unit

"""The CSV file of a historical control: subjects with time and status, or points of a published curve."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from trialsite.clinical.text import Text

SUBJECTS, POINTS = "subjects", "points"
MOST_ROWS = 5000
MOST_COVARIATES = 20
MOST_CODES = 20  # of one covariate
NUMBER_OR_CODE = 40  # characters of a cell
LONGEST_TIME = 36525  # a hundred years in days
LARGEST_NUMBER = 10**9


class ControlProblem(ValueError):
    """A line that cannot be, with its number; the sentence says what is accepted."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.sentence = Text(en, zh)


@dataclass(frozen=True, slots=True)
class ControlFile:
    """`rows` of subjects: time, status (0 censored, 1 event), and a cell for each of `covariates`; of points: time and
    survival. Times as the file has them.
    """

    kind: str
    covariates: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_control(text: str) -> ControlFile:
    """The file, checked line by line. Raises ControlProblem at the first line that cannot be."""
    try:
        lines = [
            (number, row) for number, row in enumerate(csv.reader(text.splitlines()), start=1) if any(row)
        ]
    except csv.Error as problem:
        raise ControlProblem("The file is no CSV file.", "该文件不是CSV文件。") from problem
    if not lines:
        raise ControlProblem("The file is empty.", "文件为空。")
    kind, covariates = _head([cell.strip() for cell in lines[0][1]])
    rows = [(number, tuple(cell.strip() for cell in row)) for number, row in lines[1:]]
    if not rows:
        raise ControlProblem("The file has a header and no line.", "文件只有表头，没有数据行。")
    if len(rows) > MOST_ROWS:
        raise ControlProblem(f"The file has more than {MOST_ROWS} lines.", f"文件超过{MOST_ROWS}行。")
    for number, row in rows:
        _cells(number, row, kind, covariates)
    if kind == POINTS:
        _falls(rows)
    _few_codes(covariates, rows)
    return ControlFile(kind, covariates, tuple(row for _number, row in rows))


def _head(head: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    if list(head) == ["time", "survival"]:
        return POINTS, ()
    covariates = tuple(head[2:])
    if list(head[:2]) != ["time", "status"] or len(set(covariates)) < len(covariates) or "" in covariates:
        raise ControlProblem(
            "Line 1: accepted are the columns time,status with further columns for covariates, each named once,"
            " or time,survival.",
            "第1行：可接受的列为time,status（其后可加协变量列，列名不重复），或time,survival。",
        )
    if len(covariates) > MOST_COVARIATES:
        raise ControlProblem(
            f"Line 1: at most {MOST_COVARIATES} covariates are accepted.",
            f"第1行：最多接受{MOST_COVARIATES}个协变量。",
        )
    return SUBJECTS, covariates


def _cells(number: int, row: Sequence[str], kind: str, covariates: Sequence[str]) -> None:
    width = 2 + len(covariates)
    if len(row) != width:
        raise ControlProblem(
            f"Line {number}: {len(row)} cells; {width} are accepted.",
            f"第{number}行：有{len(row)}个单元格，应为{width}个。",
        )
    time = _decimal(row[0])
    if time is None or not 0 <= time <= LONGEST_TIME:
        raise ControlProblem(
            f"Line {number}: the time must be a number from 0 to {LONGEST_TIME}, not “{row[0]}”.",
            f"第{number}行：时间须为0至{LONGEST_TIME}的数字，而非“{row[0]}”。",
        )
    if kind == SUBJECTS and row[1] not in ("0", "1"):
        raise ControlProblem(
            f"Line {number}: the status must be 0 (censored) or 1 (event), not “{row[1]}”.",
            f"第{number}行：状态须为0（删失）或1（事件），而非“{row[1]}”。",
        )
    survival = _decimal(row[1]) if kind == POINTS else Decimal(1)
    if survival is None or not 0 < survival <= 1:
        raise ControlProblem(
            f"Line {number}: the survival must be above 0 and at most 1, not “{row[1]}”.",
            f"第{number}行：生存率须大于0且不大于1，而非“{row[1]}”。",
        )
    for name, cell in zip(covariates, row[2:], strict=True):
        if not cell or len(cell) > NUMBER_OR_CODE:
            raise ControlProblem(
                f"Line {number}: {name} must be a number or a code.", f"第{number}行：{name}须为数字或代码。"
            )


def _few_codes(covariates: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]) -> None:
    for place, name in enumerate(covariates, start=2):
        cells = {row[place] for _number, row in rows}
        if len(cells) > MOST_CODES and not all(is_number(cell) for cell in cells):
            raise ControlProblem(
                f"{name} has more than {MOST_CODES} codes, or numbers and codes together.",
                f"{name}的代码超过{MOST_CODES}个，或数字与代码混用。",
            )


def _falls(rows: Sequence[tuple[int, Sequence[str]]]) -> None:
    """Points rise in time, from after 0 (a point at 0 must be 1), and fall in survival."""
    if Decimal(rows[0][1][0]) == 0 and Decimal(rows[0][1][1]) != 1:
        raise ControlProblem(
            f"Line {rows[0][0]}: at time 0 the survival is 1.", f"第{rows[0][0]}行：时间为0时生存率为1。"
        )
    for (_before, old), (number, new) in pairwise(rows):
        if float(new[0]) <= float(old[0]) or float(new[1]) > float(old[1]):
            raise ControlProblem(
                f"Line {number}: the times must rise and the survival must not rise.",
                f"第{number}行：时间须递增，生存率不得上升。",
            )


def _decimal(cell: str) -> Decimal | None:
    try:
        found = Decimal(cell)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) <= LARGEST_NUMBER else None


def is_number(cell: str) -> bool:
    """Whether a covariate's cell is a number; else it is a code."""
    return _decimal(cell) is not None


def columns_of(name: str, cells: Sequence[str]) -> Iterator[tuple[str, list[float]]]:
    """A covariate as columns of numbers: itself, or of codes one column of 0 and 1 for each but the first.

    One that has the same value in all gives no column.
    """
    if len(set(cells)) < 2:
        return
    if all(is_number(cell) for cell in cells):
        yield name, [float(cell) for cell in cells]
        return
    for code in sorted(set(cells))[1:]:
        yield f"{name}={code}", [float(cell == code) for cell in cells]

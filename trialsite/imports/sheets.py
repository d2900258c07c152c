"""Reading a CSV file with any columns: its header and the lines in which something stands."""

import csv
import io
from dataclasses import dataclass

from django.utils.translation import gettext as _

from enrollment.imports import decoded
from trialsite.casebook.errors import CheckFailed
from trialsite.listing import listed

MOST_LINES, MOST_BYTES = 20_000, 20_000_000
BETWEEN = ",;\t"


@dataclass(frozen=True)
class Sheet:
    """The columns of a file in their order, and its lines by number: column → text, empty cells left out."""

    columns: list[str]
    lines: list[tuple[int, dict[str, str]]]


def refuse_large(size: int) -> None:
    """Refuse a file of more bytes than are read at once."""
    if size > MOST_BYTES:
        words = _("This file is larger than %(n)d MB: split it.") % {"n": MOST_BYTES // 1_000_000}
        raise CheckFailed({"files": words})


def read_sheet(name: str, content: bytes) -> Sheet:
    """The table in a file of UTF-8 or GB 18030, with commas, semicolons or tabs. Raises CheckFailed at "files"."""
    refuse_large(len(content))
    text = decoded(name, content)
    first = text.lstrip("\r\n").partition("\n")[0]
    between = max(BETWEEN, key=first.count)
    try:
        table = [
            (reader.line_num, [cell.strip() for cell in cells])
            for reader in [csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)]
            for cells in reader
        ]
    except csv.Error as problem:
        raise CheckFailed(
            {"files": _("This file cannot be read as CSV: a quotation mark is open.")}
        ) from problem
    return sheet_of([(number, cells) for number, cells in table if any(cells)])


def sheet_of(table: list[tuple[int, list[str]]]) -> Sheet:
    if len(table) < 2:
        raise CheckFailed({"files": _("This file has no lines beneath its header.")})
    if len(table) - 1 > MOST_LINES:
        words = _("This file has more than %(n)d lines: split it.") % {"n": MOST_LINES}
        raise CheckFailed({"files": words})
    header = table[0][1]
    while header and not header[-1]:
        header.pop()
    doubled = sorted({one for one in header if one and header.count(one) > 1})
    if doubled or "" in header:
        raise CheckFailed(
            {
                "files": _("Two columns have the same name: %(names)s.") % {"names": listed(doubled)}
                if doubled
                else _("A column between others has no name.")
            }
        )
    if beyond := [number for number, cells in table[1:] if any(cells[len(header) :])]:
        words = _("These lines have more cells than the file has columns: %(lines)s.")
        raise CheckFailed({"files": words % {"lines": listed(beyond[:10])}})
    return Sheet(
        header,
        [
            (number, {column: cell for column, cell in zip(header, cells, strict=False) if cell})
            for number, cells in table[1:]
        ],
    )

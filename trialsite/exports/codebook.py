"""The codebook of a bundle: each column with its words, type, unit and codes, as CSV for programs and as a page."""

import csv
from collections.abc import Sequence
from pathlib import Path

from django.template.loader import render_to_string
from django.utils.translation import get_language

from trialsite.studies.models import Study

from .domain.table import Table, Variable

COLUMNS = (
    "table", "column", "type", "label", "label_zh", "unit", "codes", "item", "origin", "method"
)  # fmt: skip
CODES = ("list", "code", "label", "nci_list", "nci_code")


def write_codebook(tables: Sequence[Table], folder: Path) -> None:
    """Write codebook.csv and codelists.csv of some tables, UTF-8 with a byte-order mark."""
    with (folder / "codebook.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(line_of(table, one) for table in tables for one in table.variables)
    with (folder / "codelists.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CODES)
        for name, one in code_lists(tables).items():
            assert one.codes is not None
            for code, words in one.codes.terms.items():
                writer.writerow([name, code, words, one.codes.nci, one.codes.nci_terms.get(code, "")])


def line_of(table: Table, one: Variable) -> list[str]:
    codes = name_of_codes(table, one) if one.codes else ""
    words = one.words.get("zh-hans", "")
    return [
        table.name,
        one.name,
        one.kind.value,
        one.label,
        words,
        one.unit,
        codes,
        one.item,
        one.origin,
        one.method,
    ]


def name_of_codes(table: Table, one: Variable) -> str:
    """A list of codes under a name that no other list has."""
    assert one.codes is not None
    return one.codes.nci or f"{table.name}.{one.name}"


def code_lists(tables: Sequence[Table]) -> dict[str, Variable]:
    """Name of each list of codes → a column that uses it."""
    found: dict[str, Variable] = {}
    for table in tables:
        for one in table.variables:
            if one.codes:
                found.setdefault(name_of_codes(table, one), one)
    return found


def codebook_page(study: Study, tables: Sequence[Table]) -> str:
    """The codebook as one page that needs nothing else, in the active language."""
    language = get_language() or "en"
    shown = [
        (table, [(one, one.words.get(language, "") or one.label) for one in table.variables])
        for table in tables
    ]
    return str(render_to_string("exports/codebook.html", {"study": study, "tables": shown}))

"""Dataset-JSON 1.1: valid by its form, exact in its numbers, in every language."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from trialsite.exports.domain.table import Kind, Table, Variable
from trialsite.exports.writers.dataset_json import Told, write_dataset_json, write_ndjson

VARIABLES = (
    Variable("USUBJID", "Unique Subject Identifier"),
    Variable("AVAL", "Analysis Value", Kind.DECIMAL),
    Variable("ADT", "Analysis Date", Kind.DATE),
    Variable("OK", "In order", Kind.BOOLEAN),
)
ROWS: list[dict[str, Any]] = [
    {"USUBJID": "贝林", "AVAL": Decimal("0.10000000000000001"), "ADT": date(2026, 3, 5), "OK": True},
    {"USUBJID": "", "AVAL": None, "ADT": None, "OK": None},
]
TOLD = Told("STUDY.X", "MDV.X", made=datetime(2026, 3, 5, 8, tzinfo=UTC), release="0.1.0")


def table() -> Table:
    return Table("ADX", "A table", VARIABLES, lambda: iter(ROWS), ("USUBJID",))


def test_a_document_tells_its_columns_and_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "adx.json"
    assert write_dataset_json(table(), path, TOLD) == 2
    read = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    assert (read["datasetJSONVersion"], read["records"], read["itemGroupOID"]) == ("1.1.0", 2, "IG.ADX")
    assert read["rows"] == [
        ["贝林", Decimal("0.10000000000000001"), "2026-03-05", True],
        ["", None, None, None],
    ]
    first, value, day, _ok = read["columns"]
    assert first == {
        "itemOID": "IT.ADX.USUBJID",
        "name": "USUBJID",
        "label": "Unique Subject Identifier",
        "dataType": "string",
        "length": 2,
        "keySequence": 1,
    }
    assert value["dataType"] == "float"
    assert (day["dataType"], day["targetDataType"]) == ("date", "integer")


def test_one_row_a_line_begins_with_the_same_description(tmp_path: Path) -> None:
    write_dataset_json(table(), tmp_path / "adx.json", TOLD)
    assert write_ndjson(table(), tmp_path / "adx.ndjson", TOLD) == 2
    whole = json.loads((tmp_path / "adx.json").read_text(encoding="utf-8"))
    head, *rows = map(json.loads, (tmp_path / "adx.ndjson").read_text(encoding="utf-8").splitlines())
    assert rows == whole.pop("rows")
    assert head == whole


@pytest.mark.parametrize("write", [write_dataset_json, write_ndjson])
def test_a_table_without_rows_is_a_document_too(tmp_path: Path, write: Any) -> None:
    empty = Table("ADX", "A table", VARIABLES, lambda: iter(()), ("USUBJID",))
    assert write(empty, tmp_path / "adx.json", TOLD) == 0
    assert json.loads((tmp_path / "adx.json").read_text(encoding="utf-8"))["records"] == 0

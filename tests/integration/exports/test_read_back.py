"""Python and R read SAS transport and Dataset-JSON back to the values that were written."""

import json
import math
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyreadstat
import pytest

from tests.cast import Cast
from trialsite.audit import acting
from trialsite.exports.domain.table import Kind, Table
from trialsite.exports.extract import Extract
from trialsite.exports.standards import STANDARDS, write_standard
from trialsite.exports.writers.xpt import in_ascii

SCRIPT = Path(__file__).with_name("read_back.R")
Columns = Mapping[str, Sequence[Any]]
Written = dict[Path, Table]


@pytest.fixture
def written(filled: tuple[Cast, dict[str, Any]], tmp_path: Path) -> Written:
    """Every file of both standards in both forms, with the table that it was made from."""
    cast, _subjects = filled
    found: Written = {}
    with acting(user=cast.data_manager):
        extract = Extract(cast.study, cast.data_manager)
        for standard, tables in STANDARDS.items():
            made = [kept(one) for one in tables(extract)]
            for form in ("xpt", "json"):
                folder = tmp_path / standard / form
                folder.mkdir(parents=True)
                write_standard(extract, standard, folder, form, plain=True)
                for one in made:
                    table = in_ascii(one) if form == "xpt" else one
                    found[folder / f"{one.name.lower()}.{form}"] = table
    assert len(found) >= 40
    return found


def kept(table: Table) -> Table:
    """The table with its rows in memory, to be read when the record is no longer at hand."""
    rows = list(table.rows())
    return Table(table.name, table.label, table.variables, lambda: iter(rows))


def test_python_reads_every_file_back(written: Written) -> None:
    for path, table in written.items():
        compare(path, table, by_pyreadstat(path) if path.suffix == ".xpt" else by_json(path))


@cache
def why_no_r() -> str:
    """Why R cannot be asked here; "" where it can."""
    if shutil.which("Rscript") is None:
        return "Rscript is not installed"
    asked = ["Rscript", "-e", "library(haven); library(jsonlite)"]
    ran = subprocess.run(asked, capture_output=True, check=False)
    return "" if ran.returncode == 0 else "R has no haven or jsonlite"


def test_r_reads_every_file_back(written: Written) -> None:
    if why := why_no_r():
        pytest.skip(why)
    for folder in {path.parent for path in written}:
        subprocess.run(["Rscript", SCRIPT, folder], check=True, capture_output=True)
    for path, table in written.items():
        compare(path, table, json.loads(path.with_name(f"{path.name}.read").read_text(encoding="utf-8")))


def by_pyreadstat(path: Path) -> Columns:
    read, _about = pyreadstat.read_xport(path)
    return {name: [said(one) for one in read[name].tolist()] for name in read.columns}


def by_json(path: Path) -> Columns:
    told = json.loads(path.read_text(encoding="utf-8"))
    names = [one["name"] for one in told["columns"]]
    return {name: [row[place] for row in told["rows"]] for place, name in enumerate(names)}


def said(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.isoformat()[:10] if isinstance(value, date) else value


def compare(path: Path, table: Table, read: Columns) -> None:
    rows = list(table.rows())
    assert list(read) == list(table.columns), path.name
    for one in table.variables:
        values = [row[one.name] for row in rows]
        numbers = one.kind in (Kind.INTEGER, Kind.DECIMAL)
        assert len(read[one.name]) == len(values)
        for expected, found in zip(values, read[one.name], strict=True):
            where = f"{path.name} {one.name}"
            if expected is None or expected == "":
                assert found in (None, ""), where
            elif numbers:
                assert math.isclose(float(Decimal(str(expected))), found, rel_tol=1e-14), where
            else:
                assert found == (expected.isoformat() if isinstance(expected, date) else expected), where

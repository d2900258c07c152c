"""SAS transport: what is written is read back the same, and what the format cannot hold is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsite.exports.domain.table import Kind, Table, Variable
from trialsite.exports.writers.xpt import CARD, ELSEWHERE, NotTransportable, ibm_double, in_ascii, write_xpt

VARIABLES = (
    Variable("USUBJID", "Unique Subject Identifier"),
    Variable("AVAL", "Analysis Value", Kind.DECIMAL),
    Variable("AESEQ", "Sequence Number", Kind.INTEGER),
    Variable("ADT", "Analysis Date", Kind.DATE),
    Variable("MADE", "Made at", Kind.INSTANT),
)
ROWS: list[dict[str, Any]] = [
    {"USUBJID": "B-1", "AVAL": Decimal("0.0001"), "AESEQ": 1, "ADT": date(2026, 3, 5),
     "MADE": datetime(2026, 3, 5, 8, 30, tzinfo=UTC)},
    {"USUBJID": "", "AVAL": None, "AESEQ": None, "ADT": None, "MADE": None},
    {"USUBJID": "B-3", "AVAL": Decimal("-12345.678"), "AESEQ": 0, "ADT": date(1959, 12, 31), "MADE": None},
]  # fmt: skip


def table(
    rows: list[dict[str, Any]], variables: tuple[Variable, ...] = VARIABLES, name: str = "ADX"
) -> Table:
    return Table(name, "A table", variables, lambda: iter(rows), ("USUBJID",))


def test_values_labels_and_rows_are_read_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "adx.xpt"
    assert write_xpt(table(ROWS), path) == 3
    found, meta = pyreadstat.read_xport(path, disable_datetime_conversion=True)
    assert meta.file_label == "A table"
    assert meta.column_labels == [one.label for one in VARIABLES]
    assert found["USUBJID"].tolist() == ["B-1", "", "B-3"]
    assert found["AVAL"].tolist()[::2] == [0.0001, -12345.678]
    assert found["AVAL"].isna().tolist() == [False, True, False]
    assert found["AESEQ"].tolist()[::2] == [1, 0]
    assert found["ADT"].tolist()[::2] == [24170, -1]  # days since 1960-01-01
    assert found["MADE"].tolist()[0] == 24170 * 86400 + 30600


@pytest.mark.parametrize("rows", [0, 1, 2, 7])
def test_no_row_is_lost_however_short_the_rows_are(tmp_path: Path, rows: int) -> None:
    short = (Variable("A", "A short one"),)
    write_xpt(table([{"A": "x"}] * rows, short), tmp_path / "adx.xpt")
    assert (tmp_path / "adx.xpt").stat().st_size % CARD == 0
    found, _meta = pyreadstat.read_xport(tmp_path / "adx.xpt")
    assert len(found) == rows


@pytest.mark.parametrize(
    ("value", "told"),
    [("x" * 200, ""), ("x" * 201, "201 bytes"), ("白细胞", "not ASCII"), ("é", "not ASCII")],
)
def test_values_that_do_not_fit_are_refused_with_their_place(tmp_path: Path, value: str, told: str) -> None:
    row = {**ROWS[0], "USUBJID": value}
    if not told:
        assert write_xpt(table([row]), tmp_path / "adx.xpt") == 1
        return
    with pytest.raises(NotTransportable, match=rf"ADX\.USUBJID, row 1: {told}"):
        write_xpt(table([row]), tmp_path / "adx.xpt")
    assert not (tmp_path / "adx.xpt").exists()


@pytest.mark.parametrize(
    ("name", "label", "right"),
    [
        ("AVAL", "x" * 40, True),
        ("AVAL", "x" * 41, False),
        ("AVAL", "", False),
        ("AVAL", "标签", False),
        ("aval", "A label", False),
        ("TOOLONGNM", "A label", False),
        ("_OK", "A label", True),
    ],
)
def test_names_and_labels_are_those_of_version_5(tmp_path: Path, name: str, label: str, right: bool) -> None:
    one = table([{name: "1"}], (Variable(name, label),))
    if right:
        assert write_xpt(one, tmp_path / "adx.xpt") == 1
    else:
        with pytest.raises(NotTransportable):
            write_xpt(one, tmp_path / "adx.xpt")


def test_a_refusal_lists_some_and_counts_the_rest(tmp_path: Path) -> None:
    with pytest.raises(NotTransportable, match=r"and 5 more") as refused:
        write_xpt(table([{**ROWS[0], "USUBJID": "白"}] * 25), tmp_path / "adx.xpt")
    assert len(refused.value.problems) == 25


def test_texts_in_chinese_can_be_said_to_stand_elsewhere(tmp_path: Path) -> None:
    chinese = table([{**ROWS[0], "USUBJID": "白细胞"}, ROWS[2]])
    write_xpt(in_ascii(chinese), tmp_path / "adx.xpt")
    found, _meta = pyreadstat.read_xport(tmp_path / "adx.xpt")
    assert found["USUBJID"].tolist() == [ELSEWHERE, "B-3"]


@pytest.mark.parametrize(
    ("value", "bytes_"),
    [
        (None, b".\0\0\0\0\0\0\0"),
        (0.0, bytes(8)),
        (1.0, bytes.fromhex("4110000000000000")),
        (-1.0, bytes.fromhex("C110000000000000")),
        (0.1, bytes.fromhex("401999999999999A")),
        (256.5, bytes.fromhex("4310080000000000")),
    ],
)
def test_numbers_are_hexadecimal_floating_point(value: float | None, bytes_: bytes) -> None:
    """IBM System/360 double precision, as SAS technical support note TS-140 shows it."""
    assert ibm_double(value) == bytes_


@given(st.decimals(min_value="-1e12", max_value="1e12", places=6))
def test_every_decimal_comes_back_as_its_nearest_double(value: Decimal) -> None:
    packed = ibm_double(float(value))
    sign = -1 if packed[0] & 0x80 else 1
    power = (packed[0] & 0x7F) - 64 if any(packed) else 0
    assert sign * int.from_bytes(packed[1:], "big") * 16.0**power / 2**56 == float(value)


def test_a_number_beyond_the_format_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond"):
        ibm_double(1e300)


def test_an_empty_table_keeps_its_columns(tmp_path: Path) -> None:
    write_xpt(replace(table([])), tmp_path / "adx.xpt")
    _found, meta = pyreadstat.read_xport(tmp_path / "adx.xpt")
    assert meta.column_names == [one.name for one in VARIABLES]

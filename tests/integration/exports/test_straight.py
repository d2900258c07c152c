"""Rows read straight from their columns are those that serializers show, and those that the server writes as CSV."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from assessments.models import AdverseEvent
from tests.cast import Cast
from treatment.models import AnthracyclineTotal
from trialsite.access.models import Profile
from trialsite.audit import acting
from trialsite.audit.as_of import as_of
from trialsite.casebook import registries
from trialsite.casebook.models import Subject, Visit
from trialsite.casebook.outages import record_outage
from trialsite.clinical.text import Text
from trialsite.exchange.profiles import Release
from trialsite.exports import raw
from trialsite.exports.domain.table import Row, Table
from trialsite.exports.extract import Extract
from trialsite.exports.writers.delimited import count_csv, in_text, write_csv
from trialsite.exports.writers.parquet import write_parquet
from trialsite.keys import new_id
from trialsite.studies.domain.own_forms import ItemPlan, ProtocolFormPlan

Filled = tuple[Cast, dict[str, Any]]
RELEASES = [Release(), Release(Profile.CODED, genetic=False)]
STRANGE: dict[str, Sequence[Any]] = {  # type of column → what may stand in it
    "CharField": (
        'a "quoted", text',
        "=1+1",
        "'+1",
        "",
        "\\.",
        " blank ",
        "中文，逗号",
        "%s %(x)s %%",
        "\t-1",
        "NULL",
    ),
    "TextField": ("two\nlines", "two\r\nlines", "a\rreturn", "", '"', ",", "é\U0001f600"),
    "DecimalField": tuple(map(Decimal, ("0.10", "1E+2", "-3.50", "0", "2"))),
    "PositiveSmallIntegerField": (0, 7),
    "PositiveIntegerField": (0, 70_000),
    "IntegerField": (0, -7),
    "DateField": (date(999, 2, 28), date(9999, 12, 31), date(2026, 3, 1)),
    "TimeField": (time(0), time(23, 59, 59), time(1, 2, 3, 120000)),
    "DateTimeField": (
        datetime(2026, 3, 1, 8, 0, 10, tzinfo=UTC),
        datetime(2026, 3, 1, 8, 0, 0, 120300, tzinfo=UTC),
        datetime(987, 3, 1, tzinfo=UTC),
    ),
    "BooleanField": (True, False),
}
OWN: dict[str, Sequence[Any]] = {  # type of an item of a trial's own → what is kept of it
    "text": ('a "b", c', "", None, "=1", "two\nlines"),
    "integer": (0, -12, None),
    "decimal": ("1E+2", "0.10", "-3.50", None, ""),
    "date": ("2026-03-01", None),
    "partial_date": ("2026-03", None),
    "time": ("08:30", None),
    "choice": ("FEVER", ""),
    "choices": (["RASH", "FEVER"], ["RASH"], None),
    "yes_no": ("yes", "no", None),
    "quantity": (
        {"text": "<1.0", "unit": "10*9/L", "canonical": "1"},
        {"text": "2", "unit": "", "canonical": ""},
        None,
    ),
}


TURNS = 6
WORDS = Text("words", "字")
GIVEN = {
    "id",
    "subject",
    "study",
    "site",
    "visit",
    "record",
    "protocol_version",
    "form_key",
    "form_repeat",
    "line",
}


def strange_records(model: Any, visit: Visit, **where: Any) -> list[Any]:
    """Records of a form or line that no form would take: each column has the strange values of its type in turn."""
    place = {name: getattr(visit, name) for name in ("subject", "study", "site")}
    if "form_key" in where:
        place |= {"visit": visit, "protocol_version": visit.subject.protocol_version}
    made = []
    for turn in range(TURNS):
        number = {"form_repeat" if "form_key" in where else "line": 500 + turn}
        own = {
            one.name: strange_value(one, turn + at)
            for at, one in enumerate(model._meta.concrete_fields)
            if one.name not in GIVEN and one.get_internal_type() in STRANGE
        }
        key = uuid4() if turn == 0 else new_id()
        made.append(model(id=key, **place, **where, **number, **own))
    return list(model.objects.bulk_create(made))


def strange_value(column: Any, turn: int) -> Any:
    values = STRANGE[column.get_internal_type()]
    value = values[turn % len(values)]
    if column.choices or column.name == "voided":
        return column.get_default()
    if isinstance(value, Decimal) and abs(value) >= 10 ** (column.max_digits - column.decimal_places):
        return values[0]
    if isinstance(value, str) and column.max_length:
        return value[: column.max_length]
    return value


def texts(rows: Iterator[Row]) -> list[dict[str, str]]:
    return [{name: in_text(value) for name, value in row.items()} for row in rows]


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def parquet_of(table: Table, folder: Path) -> list[dict[str, Any]]:
    write_parquet(table, folder / "table.parquet")
    return pq.read_table(folder / "table.parquet").to_pylist()


def both_ways(table: Table, folder: Path) -> tuple[bytes, bytes]:
    """The file as the server writes it and as Python does."""
    copied, written = folder / "copied.csv", folder / "written.csv"
    rows = write_csv(table, copied)
    assert rows == write_csv(replace(table, copy=lambda _file: None), written)
    assert rows == count_csv(copied) == len(rows_of(copied.read_bytes()))
    assert parquet_of(table, folder) == parquet_of(replace(table, copy=lambda _file: None), folder)
    return copied.read_bytes(), written.read_bytes()


def forms(extract: Extract) -> Iterator[tuple[str, Table]]:
    """Every list of forms and lines of those that all trials have."""
    plans = raw.plans_of(extract)
    for name, view in raw.lists().items():
        if name.startswith("forms/") and name not in raw.OWN:
            yield name, raw.table_of(extract, name, view, plans)


@pytest.mark.parametrize("release", RELEASES, ids=["identified", "coded"])
def test_columns_give_what_serializers_show(filled: Filled, release: Release) -> None:
    cast, _subjects = filled
    compared = 0
    with acting(user=cast.data_manager):
        for table in raw.tables(Extract(cast.study, cast.data_manager, release)):
            rows = texts(table.rows())
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(raw, "straight", lambda *_told: None)
                assert rows == texts(table.rows()), table.name
            compared += bool(rows)
    assert compared >= 20


def test_what_was_not_counted_stands_in_its_column(filled: Filled) -> None:
    cast, subjects = filled
    ann = subjects["ann"]
    dose = {"ratio_set": "COG", "total": 1, "earlier": 0, "alert": "NONE", "missing": ["weight", "height"]}
    with acting(user=cast.data_manager):
        AnthracyclineTotal.objects.update_or_create(
            subject=ann, defaults={"study": ann.study, "site": ann.site, **dose}
        )
        extract = Extract(cast.study, cast.data_manager)
        table = raw.table_of(extract, "anthracyclines", raw.lists()["anthracyclines"], [])
        assert [row["missing"] for row in table.rows()] == ["weight;height"]


@pytest.mark.parametrize("release", RELEASES, ids=["identified", "coded"])
def test_the_server_writes_the_same_bytes_as_python(filled: Filled, release: Release, tmp_path: Path) -> None:
    cast, _subjects = filled
    with acting(user=cast.data_manager):
        for table in raw.tables(Extract(cast.study, cast.data_manager, release)):
            copied, written = both_ways(table, tmp_path)
            assert copied == written, table.name


def test_the_server_writes_every_list_of_forms(filled: Filled, tmp_path: Path) -> None:
    cast, _subjects = filled
    with acting(user=cast.data_manager), (tmp_path / "lines").open("wb") as file:
        for name, table in forms(Extract(cast.study, cast.data_manager)):
            assert table.copy(file) is not None, name


def test_strange_values_are_written_the_same(filled: Filled, tmp_path: Path) -> None:
    cast, subjects = filled
    with acting(role="system"):
        visit = Visit.objects.filter(subject=subjects["ann"])[0]
        for form in registries.forms.values():
            records = strange_records(form.model, visit, form_key=form.key)
            for row in form.rows:
                strange_records(row.model, visit, record=records[0])
    with acting(user=cast.data_manager):
        for name, table in forms(Extract(cast.study, cast.data_manager)):
            copied, written = both_ways(table, tmp_path)
            assert copied == written, name
            assert len(rows_of(copied)) >= TURNS, name


def test_from_what_a_form_was_entered_is_written_the_same(filled: Filled, tmp_path: Path) -> None:
    cast, subjects = filled
    began, ended = (datetime(2026, 1, day, 12, tzinfo=UTC) for day in (12, 16))
    with acting(user=cast.data_manager):
        for site in (cast.here, cast.elsewhere):
            record_outage(
                study=cast.study,
                site=site,
                began_at=began,
                ended_at=ended,
                by=cast.data_manager,
                reason="power cut",
            )
    with acting(role="system"):
        Subject.objects.filter(pk=subjects["bo"].pk).update(from_paper_until=date(2026, 1, 31))
    with acting(user=cast.data_manager):
        copied, written = both_ways(dict(forms(Extract(cast.study, cast.data_manager)))["forms/AE"], tmp_path)
    assert copied == written
    assert {row["entered_from"] for row in rows_of(copied)} == {"", "paper", "worksheet"}


def test_items_of_a_trials_own_are_written_the_same(filled: Filled, tmp_path: Path) -> None:
    cast, _subjects = filled
    items = tuple(ItemPlan(kind, WORDS, kind, "", (), False, "", "") for kind in OWN)
    plan = ProtocolFormPlan("AE", WORDS, items, "", "")
    with acting(role="system"):
        for turn, event in enumerate(AdverseEvent.objects.all()):
            event.extra = {kind: kept[turn % len(kept)] for kind, kept in OWN.items()}
            event.missing = {"term": "NOT_DONE", "Z": "UNKNOWN", "a": "NA"} if turn % 2 else {}
            event.save()
    with acting(user=cast.data_manager):
        extract = Extract(cast.study, cast.data_manager)
        table = raw.table_of(extract, "forms/AE", raw.lists()["forms/AE"], [plan])
        copied, written = both_ways(table, tmp_path)
    assert copied == written
    found = rows_of(copied)
    assert {row["decimal"] for row in found} == {"100", "0.10", "-3.50", ""}
    assert {row["choices"] for row in found} == {"RASH;FEVER", "RASH", ""}
    assert {row["yes_no"] for row in found} == {"true", "false", ""}
    assert {row["quantity.text"] for row in found} == {"<1.0", "2", ""}
    assert {row["missing"] for row in found} == {"Z=UNKNOWN;a=NA;term=NOT_DONE", ""}


def test_python_writes_what_is_read_as_of_an_instant(filled: Filled, tmp_path: Path) -> None:
    cast, _subjects = filled
    with acting(user=cast.data_manager), (tmp_path / "lines").open("wb") as file:
        _name, table = next(forms(Extract(cast.study, cast.data_manager)))
        with as_of(timezone.now()):
            assert table.copy(file) is None

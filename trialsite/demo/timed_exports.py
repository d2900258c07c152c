"""The exports that the benchmark writes, beside PostgreSQL's own COPY of the same rows; with the memory they take."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection
from django.db.models import QuerySet

from trialsite.access.models import Role
from trialsite.audit import acting
from trialsite.exports import raw
from trialsite.exports.bundle import formats
from trialsite.exports.extract import Extract
from trialsite.exports.straight import bare
from trialsite.studies.models import Study

from .timed_pages import STUDY, who_is

LISTS = {
    "forms/HEM/results": ("csv", "parquet"),
    "forms/HEM": ("csv", "parquet", "dta", "sav"),
}  # list → formats
COPY, JOINED = "COPY of the table alone", "COPY of these columns"
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
PEAK = "5"  # what CLEAR takes for: forget how much memory there was at the most


@dataclass(frozen=True)
class Written:
    """One list in one format: rows, seconds, and by how many MiB memory grew at the most (None: not known here)."""

    table: str
    how: str
    rows: int
    seconds: float
    memory: float | None


def written() -> Iterator[Written]:
    """Laboratory results and their forms, as a data manager who sees all sites; COPY first, of the list's own table
    alone, then of all the columns that the list shows, as they stand in the tables that it joins.

    What holds a table whole in memory is measured on the forms alone."""
    reader = who_is(Role.DATA_MANAGER)
    extract = Extract(Study.objects.get(key=STUDY), reader)
    with acting(user=reader), TemporaryDirectory() as folder:
        for name, suffixes in LISTS.items():
            table = raw.table_of(extract, name, raw.lists()[name], raw.plans_of(extract))
            found = raw.straight_of(extract, raw.listing(extract, raw.lists()[name]), table.variables, {})
            assert found is not None
            paths = dict.fromkeys(path for one in found.sources.values() for path in one.paths)
            rows = bare(found.found).order_by()
            yield taken(name, COPY, partial(copied, rows), Path(folder))
            yield taken(name, JOINED, partial(copied, rows.values_list(*paths)), Path(folder))
            for suffix in suffixes:
                yield taken(name, suffix, partial(formats(bom=True)[suffix].write, table), Path(folder))


def taken(table: str, how: str, write: Callable[[Path], int], folder: Path) -> Written:
    before = peak()
    start = time.perf_counter()
    rows = write(folder / "table")
    seconds = time.perf_counter() - start
    after = peak(forget=False)
    grown = None if before is None or after is None else after - before
    return Written(table, how, rows, seconds, grown)


def copied(found: QuerySet, path: Path) -> int:
    """Rows as the server writes CSV, filter and row-level security included."""
    sql, params = found.query.sql_with_params()
    with connection.cursor() as cursor, path.open("wb") as file:
        asked = cursor.mogrify(sql, params).decode()
        cursor.copy_expert(f"COPY ({asked}) TO STDOUT WITH (FORMAT csv, HEADER)", file)
        return int(cursor.rowcount)


def peak(*, forget: bool = True) -> float | None:
    """The most MiB of memory that this process held since it was last forgotten; None where the system does not say."""
    if not os.access(CLEAR, os.W_OK):
        return None
    if forget:
        CLEAR.write_text(PEAK)
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024

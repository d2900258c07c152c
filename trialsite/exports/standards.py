"""A whole package of one standard: its tables in one format with the define.xml that describes them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from trialsite.casebook.domain.nature import Nature
from trialsite.exchange.profiles import offset_days
from trialsite.release import release

from .adam import tables as adam_tables
from .define import define_xml
from .domain.table import Table
from .extract import Extract
from .oids import metadata_oid, study_oid
from .sdtm import tables as sdtm_tables
from .sdtm.tables import left_out
from .shifting import moved
from .writers.dataset_json import Told, write_dataset_json, write_ndjson
from .writers.xpt import in_ascii, write_xpt

STANDARDS: dict[str, Callable[[Extract], list[Table]]] = {"sdtm": sdtm_tables, "adam": adam_tables}


def write_standard(
    extract: Extract, standard: str, folder: Path, form: str = "xpt", *, plain: bool = False
) -> dict[str, int]:
    """Write the tables of a standard, as they may leave, and define.xml into a folder; table → rows written.

    form: xpt, json or ndjson. plain: in xpt, texts that are not ASCII are said to stand elsewhere; otherwise they are
    refused (NotTransportable)."""
    made = datetime.now(UTC)
    key = extract.study.key
    told = Told(study_oid(key), metadata_oid(key, standard), release=release(), made=made, original=key)
    found = leaving(extract, STANDARDS[standard](extract))
    if form == "xpt" and plain:
        found = [in_ascii(one) for one in found]
    written = {one.name: write(one, folder, form, told) for one in found}
    text = define_xml(found, key, extract.protocol, standard, form, made, released(extract))
    (folder / "define.xml").write_bytes(text)
    return written


def leaving(extract: Extract, tables: list[Table]) -> list[Table]:
    """The tables with the dates of each subject moved, where the profile asks for it."""
    if not extract.release.shifts:
        return tables
    subjects = extract.subjects.values_list("usubjid", "pk")
    days = {usubjid: offset_days(own) for usubjid, own in subjects}
    return [moved(one, days) for one in tables]


def released(extract: Extract) -> str:
    """What the package says of what left, in sentences; "" where everything did."""
    said = []
    if extract.release.holds_back(Nature.FREE_TEXT):
        said.append("Identifying items and free text are left out.")
    if extract.release.holds_back(Nature.GENETIC):
        said.append("Genetic items are left out.")
    if extract.release.shifts:
        said.append("The dates of each subject are moved by the same number of days; ids are others.")
    if gone := left_out(extract):
        said.append(f"Not written for that: {', '.join(gone)}.")
    return " ".join(said)


def write(table: Table, folder: Path, form: str, told: Told) -> int:
    """Write one table in a form; how many rows."""
    path = folder / f"{table.name.lower()}.{form}"
    if form == "xpt":
        return write_xpt(table, path, told.made)
    return (write_ndjson if form == "ndjson" else write_dataset_json)(table, path, told)

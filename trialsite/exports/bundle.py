"""A bundle: parts of the record in the formats that were asked for, checked, in one file with its manifest."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from outcomes.snapshots.paper import NoPdf, pdf_of
from trialsite.release import release

from . import raw
from .codebook import codebook_page, write_codebook
from .domain.table import Table
from .extract import Extract
from .models import Export
from .odm.definitions import definitions
from .odm.document import write_odm
from .paper import casebook_page, crf_page
from .scripts import programs
from .sdtm.tables import left_out
from .standards import write_standard
from .writers.delimited import count_csv, write_csv
from .writers.packages import count_spss, count_stata, write_spss, write_stata
from .writers.parquet import count_parquet, write_parquet

Progress = Callable[[int, int], None]
PIECE = 1 << 20  # bytes
PRESSED = 4  # files of 100 bytes as 14, as at level 6, in three quarters of its time
SMALL = {".parquet", ".pdf"}  # pressed already
LANGUAGES = ("en", "zh-hans")


class Lost(RuntimeError):
    """A file does not hold the rows that were read: nothing is handed out."""


@dataclass(frozen=True)
class Format:
    """A way to write tables: returns the rows written; `count` reads them back from the file."""

    suffix: str
    write: Callable[[Table, Path], int]
    count: Callable[[Path], int]


@dataclass
class Making:
    """A bundle in the making: its folder and what is known of its files."""

    folder: Path
    extract: Extract
    order: Export
    progress: Progress
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    total: int = 0
    done: int = 0

    @cached_property
    def tables(self) -> list[Table]:
        """The raw tables, described once; each gives its rows anew."""
        return raw.tables(self.extract)

    def step(self) -> None:
        self.done += 1
        self.progress(self.done, self.total)

    def path(self, name: str) -> Path:
        found = self.folder / name
        found.parent.mkdir(parents=True, exist_ok=True)
        return found

    def text(self, name: str, content: str) -> None:
        self.path(name).write_text(content, encoding="utf-8")

    def write(self, table: Table, name: str, how: Format) -> int:
        """Write one table and hold the rows in it against those that were read. Raises Lost."""
        path = self.path(name)
        rows = how.write(table, path)
        if table.expected is not None and rows != (wanted := table.expected()):
            raise Lost(f"{name}: {rows} rows were written, the record has {wanted}.")
        if rows != (found := how.count(path)):
            raise Lost(f"{name}: {rows} rows were written, {found} are in the file.")
        self.files[name] = {"rows": rows}
        return rows


@dataclass(frozen=True)
class Part:
    """What can be asked for. `steps`: how many steps it takes, for the progress."""

    label: Any
    steps: Callable[[Making], int]
    make: Callable[[Making], None]


def raw_part(suffix: str) -> Callable[[Making], None]:
    """Every list as a file of one format."""

    def make(making: Making) -> None:
        how = formats(making.order.byte_order_mark)[suffix]
        for table in making.tables:
            name = f"raw/{table.name}.{suffix}"
            if not making.write(table, name, how):
                making.path(name).unlink()
                del making.files[name]
                making.empty.append(name)
            making.step()

    return make


def formats(bom: bool) -> dict[str, Format]:
    return {
        "csv": Format("csv", lambda table, path: write_csv(table, path, bom=bom), count_csv),
        "parquet": Format("parquet", write_parquet, count_parquet),
        "dta": Format("dta", write_stata, count_stata),
        "sav": Format("sav", write_spss, count_spss),
    }


def steps_of(making: Making) -> int:
    return len(making.tables)


def make_bundle(
    order: Export, extract: Extract, folder: Path, target: Path, progress: Progress
) -> dict[str, Any]:
    """Make every part that was asked for and put all into one file; the results of the export. Raises Lost."""
    making = Making(folder, extract, order, progress)
    parts = [PARTS[key] for key in order.parts]
    making.total = sum(part.steps(making) for part in parts) + 1
    progress(0, making.total)
    for part in parts:
        part.make(making)
    describe(making)
    manifest = manifest_of(making)
    making.text("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    packed(folder, target)
    making.step()
    return {
        "subjects": manifest["subjects"],
        "left_out": manifest["left_out"],
        "files": {name: one.get("rows") for name, one in making.files.items()},
    }


def describe(making: Making) -> None:
    """The codebook and the programs that read the files."""
    tables = [
        table
        for table in making.tables
        if any(name.startswith(f"raw/{table.name}.") for name in making.files)
    ]
    if not tables:
        return
    write_codebook(tables, making.folder)
    for language in LANGUAGES:
        with override(language):
            page = codebook_page(making.order.study, tables)
        making.text(f"codebook.{language}.html", page)
    if "csv" in making.order.parts:
        for name, content in programs(tables).items():
            making.text(name, content)


def standard_part(standard: str, form: str) -> Callable[[Making], None]:
    """The tables of a standard of CDISC in one format, with the define.xml that describes them."""

    def make(making: Making) -> None:
        folder = making.path(f"{standard}/{form}/define.xml").parent
        written = write_standard(making.extract, standard, folder, form, plain=True)
        for name, rows in written.items():
            making.files[f"{standard}/{form}/{name.lower()}.{form}"] = {"rows": rows}
        making.step()

    return make


def one_step(_making: Making) -> int:
    return 1


def on_paper(making: Making, name: str, page: str) -> None:
    """A page as PDF; without Pango as it is."""
    try:
        making.path(f"{name}.pdf").write_bytes(pdf_of(page))
    except NoPdf:
        making.text(f"{name}.html", page)
    making.step()


def crf_pdf(making: Making) -> None:
    """The blank and the annotated case report form, in both languages."""
    study = definitions(making.extract)
    for annotated in (False, True):
        for language in LANGUAGES:
            with override(language):
                page = crf_page(making.extract, study, annotated=annotated)
            on_paper(making, f"crf/{'annotated' if annotated else 'blank'}.{language}", page)


def casebooks_pdf(making: Making) -> None:
    """The casebook of each subject, in the language of who asked."""
    extract = making.extract
    for batch in extract.batches():
        for subject in batch:
            with override(making.order.asked_by.language or "en"):
                page = casebook_page(subject, extract.reader, release=extract.release)
            on_paper(making, f"casebooks/{subject.usubjid}", page)


def codebook_pdf(making: Making) -> None:
    """The codebook on paper, in both languages."""
    for language in LANGUAGES:
        with override(language):
            page = codebook_page(making.order.study, making.tables)
        on_paper(making, f"codebook.{language}", page)


def odm_part(*, audit: bool) -> Callable[[Making], None]:
    """The study as one file of ODM, as it stands or with every transaction."""

    def make(making: Making) -> None:
        name = f"odm/{making.order.study.key}{'-audit' if audit else ''}.xml"
        subjects = write_odm(making.extract, making.path(name), audit=audit)
        if subjects != (wanted := making.extract.subjects.count()):
            raise Lost(f"{name}: {subjects} subjects were written, the record has {wanted}.")
        making.files[name] = {"subjects": subjects}
        making.step()

    return make


def manifest_of(making: Making) -> dict[str, Any]:
    """What the bundle is, and the digest of each of its files."""
    order, extract = making.order, making.extract
    return {
        "export": str(order.pk),
        "study": order.study.key,
        "made_for": order.asked_by.username,
        "purpose": order.purpose,
        "asked_at": order.asked_at.isoformat(),
        "release": release(),
        "protocol_versions": dict(order.study.versions.order_by("version").values_list("version", "digest")),
        "data_cut": cut_of(order),
        "profile": order.profile,
        "subjects": extract.subjects.count(),
        "left_out": {
            "subjects_use_of_data_withdrawn": extract.withdrawn,
            "datasets": list(left_out(extract)),
            "items": {table.name: list(table.left_out) for table in making.tables if table.left_out},
        },
        "files": {
            name: {**making.files.get(name, {}), **digest(path)} for name, path in listed(making.folder)
        },
        "empty": making.empty,
    }


def cut_of(order: Export) -> dict[str, str] | None:
    if order.cut is None:
        return None
    cut = order.cut
    return {
        "name": cut.name,
        "cut_off": cut.cut_off.isoformat(),
        "taken_at": cut.taken_at.isoformat(),
        "heads_sha256": cut.heads_digest,
    }


def listed(folder: Path) -> list[tuple[str, Path]]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted((path.relative_to(folder).as_posix(), path) for path in found)


def digest(path: Path) -> dict[str, Any]:
    whole = hashlib.sha256()
    for piece in pieces(path):
        whole.update(piece)
    return {"size": path.stat().st_size, "sha256": whole.hexdigest()}


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def packed(folder: Path, target: Path) -> None:
    """All files of a folder as one archive; it appears under its name once it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    growing = target.with_suffix(".part")
    with zipfile.ZipFile(growing, "w", compresslevel=PRESSED) as archive:
        for name, path in listed(folder):
            archive.write(path, name, zipfile.ZIP_STORED if path.suffix in SMALL else zipfile.ZIP_DEFLATED)
    growing.replace(target)


def removed(target: Path) -> None:
    target.unlink(missing_ok=True)


PARTS: dict[str, Part] = {
    "csv": Part(_("The record as CSV"), steps_of, raw_part("csv")),
    "parquet": Part(_("The record as Parquet"), steps_of, raw_part("parquet")),
    "dta": Part(_("The record for Stata"), steps_of, raw_part("dta")),
    "sav": Part(_("The record for SPSS"), steps_of, raw_part("sav")),
    "sdtm": Part(_("SDTM as SAS transport, with Define-XML"), one_step, standard_part("sdtm", "xpt")),
    "sdtm_json": Part(_("SDTM as Dataset-JSON"), one_step, standard_part("sdtm", "json")),
    "adam": Part(_("ADaM as SAS transport, with Define-XML"), one_step, standard_part("adam", "xpt")),
    "adam_json": Part(_("ADaM as Dataset-JSON"), one_step, standard_part("adam", "json")),
    "odm": Part(
        _("CDISC ODM 1.3.2"),
        one_step,
        odm_part(audit=False),
    ),
    "odm_audit": Part(
        _("CDISC ODM 1.3.2 with the audit trail"),
        one_step,
        odm_part(audit=True),
    ),
    "crf": Part(
        _("The case report form as PDF"),
        lambda making: 2 * len(LANGUAGES),
        crf_pdf,
    ),
    "casebooks": Part(
        _("Casebooks as PDF"),
        lambda making: making.extract.subjects.count(),
        casebooks_pdf,
    ),
    "codebook": Part(_("The codebook as PDF"), lambda making: len(LANGUAGES), codebook_pdf),
}


def chosen(parts: Sequence[str]) -> list[str]:
    """The parts that exist, in their order."""
    return [key for key in PARTS if key in parts]

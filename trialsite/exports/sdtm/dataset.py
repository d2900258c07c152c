"""A dataset of SDTM: which variables it has, how its rows are completed, numbered and made a table."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import Subject

from ..domain.table import Kind, Row, Table, Variable
from .reading import Course, Found, Reading
from .standard import IgVariable, code_list
from .standard import dataset as ig_dataset
from .text import LONGEST, day_of, number, pieces, plain

EXTRA = ("SUPP", "SOURCE", "LINK")  # what a row carries beside its variables
DERIVED = ("DY", "STDY", "ENDY", "LOBXFL", "STRESC", "STRESN", "STRESU", "STNRLO", "STNRHI", "NRIND", "SEQ")
ASSIGNED = ("STUDYID", "DOMAIN", "USUBJID", "RDOMAIN", "IDVAR", "QNAM", "QLABEL", "QORIG", "QEVAL")
LONG = 200  # the length of every rule and criterion, so that records of SAS transport files are long enough


@dataclass(frozen=True)
class Dataset:
    """One dataset. `rows`: what one subject gives it, with the names of variables as keys; `kept`: the permissible
    variables that it has; `order`: the variables that order the rows of a subject and make them unique.

    A row may carry `SUPP`, qualifiers by name as (label, value), `SOURCE`, the table and id of its record, and `LINK`,
    which it shares with the rows of other datasets that it is related to. `nature`: of everything that is in it."""

    name: str
    rows: Callable[[Reading, Subject], Iterable[Found]]
    kept: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    methods: Mapping[str, str] = field(default_factory=dict)
    further: tuple[IgVariable, ...] = ()  # variables of the model that the guide has not for this dataset
    nature: Nature = Nature.PLAIN

    @cached_property
    def variables(self) -> tuple[IgVariable, ...]:
        """The required and expected variables and the permissible ones that are kept, in the order of the guide."""
        listed = ig_dataset(self.name).variables
        return (*(one for one in listed if one.core != "Perm" or one.name in self.kept), *self.further)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.variables)


def finished(one: Dataset, reading: Reading) -> list[Found]:
    """The rows of a batch: completed, ordered and numbered within each subject."""
    found: list[Found] = []
    for subject in reading.subjects:
        course = reading.courses[subject.pk]
        rows = [completed(one, row, subject, course, reading) for row in one.rows(reading, subject)]
        rows.sort(key=lambda row: [sortable(row.get(name)) for name in one.order])
        if f"{one.name}LOBXFL" in one.names:
            mark_last_before_exposure(one.name, rows, course)
        for place, row in enumerate(rows, 1):
            if f"{one.name}SEQ" in one.names:
                row[f"{one.name}SEQ"] = place
        found += rows
    return found


def sortable(value: Any) -> tuple[int, Any]:
    """Numbers in their order, then texts in theirs; nothing comes first."""
    if value is None or value == "":
        return (0, 0)
    return (1, value) if isinstance(value, int | Decimal) else (2, str(value))


def completed(one: Dataset, row: Found, subject: Subject, course: Course, reading: Reading) -> Found:
    """A row with identifiers, visit, epoch and study days; its texts plain and in pieces of 200 bytes."""
    done: Found = {
        "STUDYID": reading.design.study.key,
        "DOMAIN": one.name,
        "USUBJID": subject.usubjid,
        **row,
    }
    prefix = one.name
    if (record := done.pop("VISIT_OF", None)) is not None and (visit := reading.visit(record)) is not None:
        done["VISITNUM"], done["VISIT"] = visit.number, visit.name
    dates = {part: done.get(f"{prefix}{part}", "") for part in ("DTC", "STDTC", "ENDTC")}
    if "EPOCH" in one.names and "EPOCH" not in done:
        done["EPOCH"] = course.epoch_of(dates["STDTC"] or dates["DTC"])
    for part, text in dates.items():
        name = f"{prefix}{part.replace('DTC', 'DY')}"
        if name in one.names:
            done[name] = study_day(text, course.reference_start)
    fit(done)
    return done


def fit(row: Found) -> None:
    """Say texts plainly; what is longer than 200 bytes goes on in supplemental qualifiers."""
    supp = dict(row.get("SUPP") or {})
    for name, value in list(row.items()):
        if name in EXTRA or not isinstance(value, str):
            continue
        first, *more = pieces(plain(value))
        row[name] = first
        for place, piece in enumerate(more, 1):
            supp[f"{name[:7]}{place}"] = (f"{name}, continued {place}", piece)
    row["SUPP"] = {
        name: (label, shorter(plain(str(value))))
        for name, (label, value) in supp.items()
        if value not in ("", None)
    }


def shorter(text: str) -> str:
    return next(pieces(text, LONGEST))


def study_day(dtc: str, reference: str) -> int | None:
    """--DY: 1 on the day of RFSTDTC, -1 the day before; None where one of the two days is not known."""
    day, start = day_of(dtc), day_of(reference)
    return days_between(start, day) if day and start else None


def days_between(start: date, day: date) -> int:
    gap = (day - start).days
    return gap + 1 if gap >= 0 else gap


def mark_last_before_exposure(prefix: str, rows: Sequence[Found], course: Course) -> None:
    """--LOBXFL: the last result of each test on or before the day of first exposure."""
    start = day_of(course.reference_start)
    last: dict[tuple[Any, ...], Found] = {}
    for row in rows:
        row[f"{prefix}LOBXFL"] = ""
        day = day_of(row.get(f"{prefix}DTC", ""))
        if start is None or day is None or day > start or row.get(f"{prefix}STRESC", "") == "":
            continue
        key = tuple(row.get(f"{prefix}{part}", "") for part in ("TESTCD", "CAT", "SPEC", "METHOD", "TSTDTL"))
        before = last.get(key)
        if before is None or before[f"{prefix}DTC"] <= row[f"{prefix}DTC"]:
            last[key] = row
    for row in last.values():
        row[f"{prefix}LOBXFL"] = "Y"


def variable_of(one: Dataset, ig: IgVariable) -> Variable:
    """A variable of the guide as a column."""
    prefix = one.name if not one.name.startswith("SUPP") else ""
    bare = ig.name.removeprefix(prefix) if ig.name.startswith(prefix) else ig.name
    origin = one.origins.get(ig.name) or (
        "Derived"
        if bare in DERIVED or ig.name == "EPOCH"
        else "Assigned"
        if ig.name in ASSIGNED
        else "Collected"
    )
    kind = Kind.TEXT
    if ig.is_number:
        whole = bare in ("SEQ", "DY", "STDY", "ENDY") or ig.name in ("VISITNUM", "TAETORD", "AGE")
        kind = Kind.INTEGER if whole else Kind.DECIMAL
    return Variable(
        ig.name,
        ig.label,
        kind,
        codes=code_list(ig.lists),
        origin=origin,
        method=one.methods.get(ig.name) or (METHODS.get(bare, "") if origin == "Derived" else ""),
        required=ig.core == "Req",
    )


METHODS = {
    "DY": "Days from RFSTDTC to the date, with 1 on the day of RFSTDTC and no day 0.",
    "STDY": "Days from RFSTDTC to the start date, with 1 on the day of RFSTDTC and no day 0.",
    "ENDY": "Days from RFSTDTC to the end date, with 1 on the day of RFSTDTC and no day 0.",
    "SEQ": "Number of the row within the subject, in the order of the keys.",
    "LOBXFL": "Y on the last result of the test on or before the day of RFXSTDTC.",
    "EPOCH": "Epoch of the subject element (SE) of the day.",
    "STRESC": "Result in the standard unit, or the standard term of the result.",
    "STRESN": "Result in the standard unit, where it is a number without a comparator.",
    "STRESU": "Standard unit of the test.",
    "STNRLO": "Lower limit of normal in the standard unit.",
    "STNRHI": "Upper limit of normal in the standard unit.",
    "NRIND": "LOW below the lower limit, HIGH above the upper limit, else NORMAL.",
}


def project(one: Dataset, rows: Iterable[Found]) -> Iterator[Row]:
    """The rows with the variables of the dataset alone, all of them."""
    numbers = {each.name for each in one.variables if each.is_number}
    for row in rows:
        yield {name: row.get(name, None if name in numbers else "") for name in one.names}


def table_of(
    one: Dataset, rows: Callable[[], Iterator[Row]], keys: tuple[str, ...], label: str = ""
) -> Table:
    """The table of a dataset with label and structure of the guide."""
    ig = ig_dataset(one.name)
    return Table(
        one.name,
        label or ig.label,
        tuple(variable_of(one, each) for each in one.variables),
        rows,
        keys,
        ig.structure,
    )


# What findings have in common


def result(prefix: str, value: str, *, unit: str = "", standard: str | Decimal | None = None) -> Found:
    """--ORRES with its unit and the standard result; a Decimal is a number, a text a term. Without: as collected."""
    row: Found = {f"{prefix}ORRES": value, f"{prefix}ORRESU": unit}
    if isinstance(standard, Decimal):
        row |= {f"{prefix}STRESC": number(standard), f"{prefix}STRESN": standard}
    else:
        row |= {f"{prefix}STRESC": value if standard is None else standard}
    return row


def spid(record: Any, line: Any = None) -> str:
    """Where a row came from: form and record, and the line of it."""
    place = f"{record.form_key}.{record.pk}"
    return f"{place}.{line.line}" if line is not None else place


def source(record: Any) -> tuple[str, str]:
    return (record._meta.db_table, str(record.pk))

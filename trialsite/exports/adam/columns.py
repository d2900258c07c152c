"""Columns that datasets of ADaM have in common, and how their rows are made."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from ..domain.table import CodeList, Kind, Row, Table, Variable
from ..sdtm.reading import Found
from ..sdtm.standard import code_list, dataset
from ..sdtm.text import day_of

YES = CodeList("YN", {"Y": "Yes", "N": "No"}, label="No Yes Response")


def text(name: str, label: str, origin: str = "Assigned", **more: Any) -> Variable:
    return Variable(name, label, origin=origin, **more)


def flag(name: str, label: str, method: str) -> Variable:
    return Variable(name, label, codes=YES, origin="Derived", method=method)


def day(name: str, label: str, method: str = "", origin: str = "Derived") -> Variable:
    return Variable(name, label, Kind.DATE, origin=origin, method=method or f"{label}, as a date.")


def whole(name: str, label: str, method: str = "") -> Variable:
    return Variable(name, label, Kind.INTEGER, origin="Derived", method=method or f"{label}.")


def decimal(name: str, label: str, method: str = "") -> Variable:
    return Variable(name, label, Kind.DECIMAL, origin="Derived", method=method or f"{label}.")


def taken_over(domain: str, *names: str) -> tuple[Variable, ...]:
    """Variables of SDTM, with the labels of the guide."""
    found = []
    for name in names:
        ig = dataset(domain).variable(name)
        kind = Kind.TEXT
        if ig.is_number:
            kind = Kind.INTEGER if name.endswith("SEQ") or name == "AGE" else Kind.DECIMAL
        found.append(
            Variable(
                name,
                ig.label,
                kind,
                codes=code_list(ig.lists),
                origin="Assigned",
                required=name in ("STUDYID", "USUBJID"),
            )
        )
    return tuple(found)


IDENTIFIERS = taken_over("DM", "STUDYID", "USUBJID", "SUBJID", "SITEID")


def made(
    name: str,
    label: str,
    variables: Iterable[Variable],
    rows: Callable[[], Iterator[Found]],
    keys: tuple[str, ...],
    structure: str,
) -> Table:
    """A table of rows that may not name every variable; what a row does not name is empty."""
    listed = tuple(variables)
    blank: Mapping[str, Any] = {one.name: "" if one.kind is Kind.TEXT else None for one in listed}

    def given() -> Iterator[Row]:
        for row in rows():
            yield {name: row.get(name, empty) for name, empty in blank.items()}

    return Table(name, label, listed, given, keys, structure)


def imputed(dtc: str) -> tuple[date | None, str]:
    """The earliest day of an ISO text and what was filled in: "", D the day, M month and day."""
    if not dtc:
        return None, ""
    known = day_of(dtc)
    if known:
        return known, ""
    parts = [int(one) for one in dtc.split("-")]
    if len(parts) == 2:
        return date(parts[0], parts[1], 1), "D"
    return date(parts[0], 1, 1), "M"


def relative_day(on: date | None, start: date | None) -> int | None:
    """--DY: 1 on the first day of treatment, -1 the day before."""
    if on is None or start is None:
        return None
    gap = (on - start).days
    return gap + 1 if gap >= 0 else gap

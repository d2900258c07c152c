"""What stands in a cell of the laboratory table: a result as typed with its unit, and where it lies to its limits."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Generic, TypeVar

from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity, compare

T = TypeVar("T", bound=Hashable)
_CELL = re.compile(r"\s*(?P<result>[<>≤≥=＜＞〈〉]*\s*[+-]?[0-9０-９.,．，]+)\s*(?P<unit>\S.*?)?\s*")


def result_and_unit(text: str, unit: str) -> tuple[str, str]:
    """A typed cell as result and unit: "1.2 mg/dL" names its own, "106" takes the row's; other text stays whole."""
    match = _CELL.fullmatch(text)
    if match is None:
        return text.strip(), unit
    return match["result"].strip(), match["unit"] or unit


def arrow(value: Quantity | Decimal | None, lln: Decimal | None, uln: Decimal | None) -> str:
    """ "↑" above the upper limit, "↓" below the lower one, "" within, or where that is not certain (`<20` to 10)."""
    if compare(value, ">", uln) is Truth.TRUE:
        return "↑"
    return "↓" if compare(value, "<", lln) is Truth.TRUE else ""


@dataclass(frozen=True)
class Report(Generic[T]):
    """One saved report: when, of which laboratory, of which panel."""

    on: date
    at: time | None
    laboratory: str
    panel: str
    record: T


def draws(reports: Sequence[Report[T]]) -> list[list[Report[T]]]:
    """Reports as draws, oldest first: panels of one day, time and laboratory together.

    A second report of a panel at the same time is a repeat and stands apart; it is never merged. A report without a
    time stands before those of its day that have one."""
    ordered = sorted(reports, key=lambda one: (one.on, one.at is not None, one.at or time.min))
    found: list[list[Report[T]]] = []
    for report in ordered:
        moment = (report.on, report.at, report.laboratory)
        home = next(
            (
                draw
                for draw in found
                if (draw[0].on, draw[0].at, draw[0].laboratory) == moment
                and all(one.panel != report.panel for one in draw)
            ),
            None,
        )
        if home is None:
            found.append([report])
        else:
            home.append(report)
    return found


P = TypeVar("P", bound=Hashable)


def planned_home(
    day: date | None, windows: Sequence[tuple[P, date, date, date]], free: Collection[P]
) -> P | None:
    """The planned visit to which a draw of that day belongs: its window holds the day, its place is free.

    `windows`: place, first and last day (both belong to it), target. Of several the one with the nearest target, of
    two as near the earlier one. None without a day or such a visit: the draw goes to the log."""
    if day is None:
        return None
    fitting = [one for one in windows if one[0] in free and one[1] <= day <= one[2]]
    nearest = min(fitting, key=lambda one: (abs((one[3] - day).days), one[3]), default=None)
    return nearest[0] if nearest else None

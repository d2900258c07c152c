"""Cells and columns of the laboratory table: what is typed, where it lies to its limits, which draw and visit it is."""

from datetime import date, time
from decimal import Decimal as D

import pytest

from assessments.domain.lab_cells import Report, arrow, draws, planned_home, result_and_unit
from trialsite.clinical.quantity import Quantity

CELLS = [
    ("106", "106", "umol/L"),
    ("1.2 mg/dL", "1.2", "mg/dL"),
    ("1.2mg/dL", "1.2", "mg/dL"),
    ("<0.1", "<0.1", "umol/L"),
    ("< 0.1 mg/dL", "< 0.1", "mg/dL"),
    ("≥5", "≥5", "umol/L"),
    ("１.２", "１.２", "umol/L"),
    ("0.8 10^9/L", "0.8", "10^9/L"),
    ("high", "high", "umol/L"),
]


@pytest.mark.parametrize(("text", "result", "unit"), CELLS, ids=[row[0] for row in CELLS])
def test_a_cell_is_a_result_and_its_unit(text: str, result: str, unit: str) -> None:
    assert result_and_unit(text, "umol/L") == (result, unit)


ARROWS = [
    ("40", "7", "40", ""),
    ("40.1", "7", "40", "↑"),
    ("7", "7", "40", ""),
    ("6.9", "7", "40", "↓"),
    ("<7", "7", "40", "↓"),
    ("<20", "7", "40", ""),
    (">40", "7", "40", "↑"),
    ("41", None, "40", "↑"),
    ("6", "7", None, "↓"),
    ("500", None, None, ""),
]


@pytest.mark.parametrize(("text", "lln", "uln", "sign"), ARROWS)
def test_the_arrow_of_a_result(text: str, lln: str | None, uln: str | None, sign: str) -> None:
    value = Quantity.parse(text, "U/L", "alt")
    assert arrow(value, D(lln) if lln else None, D(uln) if uln else None) == sign


def test_no_result_has_no_arrow() -> None:
    assert arrow(None, D(7), D(40)) == ""


DAY = date(2026, 3, 1)


def report(at: str, panel: str, name: str, on: date = DAY, laboratory: str = "") -> Report[str]:
    return Report(on, time.fromisoformat(at) if at else None, laboratory, panel, name)


DRAWS = [
    ("two panels of one moment", [report("08:00", "HEM", "a"), report("08:00", "CHEM", "b")], ["ab"]),
    (
        "the same panel at the same time",
        [report("08:00", "HEM", "a"), report("08:00", "HEM", "b")],
        ["a", "b"],
    ),
    ("another time", [report("20:00", "HEM", "a"), report("08:00", "CHEM", "b")], ["b", "a"]),
    ("no time comes first", [report("08:00", "HEM", "a"), report("", "HEM", "b")], ["b", "a"]),
    (
        "another laboratory",
        [report("08:00", "HEM", "a"), report("08:00", "CHEM", "b", DAY, "II")],
        ["a", "b"],
    ),
    ("another day", [report("08:00", "HEM", "a", date(2026, 3, 2)), report("08:00", "HEM", "b")], ["b", "a"]),
    ("nothing", [], []),
]


@pytest.mark.parametrize(
    ("reports", "columns"), [row[1:] for row in DRAWS], ids=[str(row[0]) for row in DRAWS]
)
def test_reports_as_draws(reports: list[Report[str]], columns: list[str]) -> None:
    assert ["".join(one.record for one in draw) for draw in draws(reports)] == columns


D8 = ("D8", date(2026, 3, 7), date(2026, 3, 9), date(2026, 3, 8))
D10 = ("D10", date(2026, 3, 9), date(2026, 3, 11), date(2026, 3, 10))
HOMES = [
    ("the day before the window", date(2026, 3, 6), {"D8", "D10"}, None),
    ("the first day", date(2026, 3, 7), {"D8", "D10"}, "D8"),
    ("in two windows, as near: the earlier", date(2026, 3, 9), {"D8", "D10"}, "D8"),
    ("in two windows, one taken", date(2026, 3, 9), {"D10"}, "D10"),
    ("the last day", date(2026, 3, 11), {"D8", "D10"}, "D10"),
    ("the day after", date(2026, 3, 12), {"D8", "D10"}, None),
    ("all taken", date(2026, 3, 8), set(), None),
    ("no day", None, {"D8", "D10"}, None),
]


@pytest.mark.parametrize(
    ("day", "free", "home"), [row[1:] for row in HOMES], ids=[str(row[0]) for row in HOMES]
)
def test_the_visit_of_a_draw(day: date | None, free: set[str], home: str | None) -> None:
    assert planned_home(day, [D8, D10], free) == home

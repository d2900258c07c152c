"""Where the dates of a table of CDISC go under a profile that shifts them."""

from datetime import date

import pytest

from trialsite.exports.domain.table import Kind, Row, Table, Variable
from trialsite.exports.shifting import moved


def table(row: Row) -> Table:
    return Table("AE", "Adverse Events", tuple(Variable(name, name) for name in row), lambda: iter([row]))


@pytest.mark.parametrize(
    ("dtc", "by", "after"),
    [
        ("2026-03-01", -1, "2026-02-28"),
        ("2026-03-01T08:30", 31, "2026-04-01T08:30"),
        ("2026-03", 15, "2026-03"),
        ("2026-03", 16, "2026-04"),
        ("2026", 182, "2026"),
        ("2026", -183, "2025"),
        ("", 9, ""),
    ],
)
def test_a_date_moves_and_is_as_precise_as_it_was(dtc: str, by: int, after: str) -> None:
    row = {"USUBJID": "S-1", "AESTDTC": dtc, "AESTDY": 4, "AEDUR": "2026"}
    assert list(moved(table(row), {"S-1": by}).rows()) == [row | {"AESTDTC": after}]


def test_each_subject_has_its_own_days() -> None:
    rows = [{"USUBJID": one, "ADT": date(2026, 3, 1)} for one in ("S-1", "S-2")]
    both = Table(
        "ADTTE", "Times", (Variable("USUBJID", "S"), Variable("ADT", "D", Kind.DATE)), lambda: iter(rows)
    )
    found = [row["ADT"] for row in moved(both, {"S-1": 1, "S-2": -1}).rows()]
    assert found == [date(2026, 3, 2), date(2026, 2, 28)]


def test_the_design_of_the_trial_stays() -> None:
    one = table({"STUDYID": "T", "TSVAL": "2026-03-01"})
    assert moved(one, {}) is one

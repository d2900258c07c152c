"""Checks for tumour lysis: which are missing on a day, and when the drug is to be held."""

from datetime import date, timedelta

import pytest

from treatment.domain.lysis import LysisCheck, lysis_unheld, missing_checks
from trialsite.studies.domain.dose_plan import LysisChecks, LysisPlan

PLAN = LysisPlan(
    start={"fact": "wbc", "op": "<", "value": "25"},
    form="TLS",
    day="sample_date",
    point="time_point",
    lysis="clinical_tls",
    held="held",
    checks=(LysisChecks((1, 2), ("BEFORE", "H6_8")), LysisChecks((3,), ("H24",))),
    source="assumption",
    cite="test",
)
DAY1 = date(2026, 3, 2)


def check(day: int, point: str, lysis: bool | None = False, held: bool | None = False) -> LysisCheck:
    return LysisCheck(DAY1 + timedelta(days=day - 1), point, lysis, held)


@pytest.mark.parametrize(
    ("today", "recorded", "missing"),
    [
        (0, [], []),
        (1, [], ["1 BEFORE", "1 H6_8"]),
        (1, [check(1, "BEFORE"), check(1, "H6_8")], []),
        (2, [check(1, "BEFORE")], ["1 H6_8", "2 BEFORE", "2 H6_8"]),
        (3, [check(1, "BEFORE"), check(1, "H6_8"), check(2, "BEFORE"), check(2, "H6_8")], ["3 H24"]),
        (
            9,
            [check(day, "OTHER") for day in (1, 2, 3)],
            ["1 BEFORE", "1 H6_8", "2 BEFORE", "2 H6_8", "3 H24"],
        ),
    ],
)
def test_what_is_not_recorded_by_the_day(today: int, recorded: list[LysisCheck], missing: list[str]) -> None:
    found = missing_checks(PLAN, DAY1, recorded, DAY1 + timedelta(days=today - 1))
    assert [f"{one.day} {one.point}" for one in found] == missing


@pytest.mark.parametrize(
    ("recorded", "holds"),
    [
        ([], False),
        ([check(1, "BEFORE")], False),
        ([check(1, "BEFORE", True)], True),
        ([check(1, "BEFORE", True, True)], False),
        ([check(1, "BEFORE", True, None)], True),
        ([check(1, "BEFORE", True), check(2, "BEFORE")], False),
        ([check(-20, "BEFORE", True)], False),
        ([check(1, "BEFORE", None)], False),
    ],
)
def test_the_latest_check_of_the_cycle_says_whether_to_hold(recorded: list[LysisCheck], holds: bool) -> None:
    assert (lysis_unheld(recorded, DAY1) is not None) is holds

"""Samples on their way, as a table: what happened, what is waited for, and from which day somebody asks.

Sent within 1 day, received within 3, reported within 14 (flow) or 21 days (NGS): assumptions.
"""

from datetime import date, timedelta

import pytest

from assessments.domain.sample_log import (
    ChaseDays,
    LoggedSample,
    VisitWithMrd,
    Wait,
    chase,
    planned_samples,
)

DRAWN = date(2026, 3, 1)


def later(days: int) -> date:
    return DRAWN + timedelta(days=days)


TABLE = [
    # id, sample, waits for, until
    ("drawn", LoggedSample("MFC", DRAWN), Wait.SEND, 1),
    ("sent", LoggedSample("MFC", DRAWN, later(1)), Wait.RECEIPT, 4),
    ("received, flow", LoggedSample("MFC", DRAWN, later(1), later(2)), Wait.REPORT, 16),
    ("received, NGS", LoggedSample("NGS_IG_TR", DRAWN, later(1), later(2)), Wait.REPORT, 23),
    ("received, another method", LoggedSample("DPCR", DRAWN, later(1), later(2)), Wait.REPORT, 23),
    ("handed over in the house", LoggedSample("MFC", DRAWN, None, DRAWN), Wait.REPORT, 14),
    ("rejected", LoggedSample("MFC", DRAWN, later(1), None, later(3)), Wait.REDRAW, 3),
    ("rejected, drawn again", LoggedSample("MFC", DRAWN, later(1), None, later(3), redrawn=True), None, None),
    ("reported", LoggedSample("MFC", DRAWN, later(1), later(2), None, later(9)), None, None),
    ("reported, receipt never told", LoggedSample("MFC", DRAWN, later(1), None, None, later(9)), None, None),
]


@pytest.mark.parametrize(
    ("sample", "wait", "days"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_what_a_sample_waits_for(sample: LoggedSample, wait: Wait | None, days: int | None) -> None:
    found = chase(sample)
    assert (found.wait if found else None) == wait
    assert (found.by if found else None) == (None if days is None else later(days))


def test_a_study_may_set_its_own_days() -> None:
    days = ChaseDays(send=2, receipt=5, report={"MFC": 7}, report_other=30)
    assert chase(LoggedSample("MFC", DRAWN), days).by == later(2)
    assert chase(LoggedSample("MFC", DRAWN, DRAWN), days).by == later(5)
    assert chase(LoggedSample("MFC", DRAWN, DRAWN, DRAWN), days).by == later(7)
    assert chase(LoggedSample("NGS_IG_TR", DRAWN, DRAWN, DRAWN), days).by == later(30)


def visit(key: str, expected: bool = True) -> VisitWithMrd:
    return VisitWithMrd(key, 1, DRAWN, DRAWN, DRAWN, expected)


PLANS = [
    # id, visits, methods, logged, resulted, planned
    ("each method once", [visit("A")], ["MFC", "MFC", "NGS_IG_TR"], [], [], ["A MFC", "A NGS_IG_TR"]),
    ("logged", [visit("A")], ["MFC", "NGS_IG_TR"], [("A", 1, "MFC")], [], ["A NGS_IG_TR"]),
    ("a result is there", [visit("A")], ["MFC"], [], [("A", 1, "MFC")], []),
    ("logged at another visit", [visit("A")], ["MFC"], [("B", 1, "MFC")], [], ["A MFC"]),
    ("logged at another repeat", [visit("A")], ["MFC"], [("A", 2, "MFC")], [], ["A MFC"]),
    ("not expected any more", [visit("A", expected=False), visit("B")], ["MFC"], [], [], ["B MFC"]),
    ("no method", [visit("A")], [], [], [], []),
]


@pytest.mark.parametrize(
    ("visits", "methods", "logged", "resulted", "planned"),
    [row[1:] for row in PLANS],
    ids=[row[0] for row in PLANS],
)
def test_planned_samples(visits: list, methods: list, logged: list, resulted: list, planned: list) -> None:
    found = planned_samples(visits, methods, logged, resulted)
    assert [f"{one.visit.key} {one.method}" for one in found] == planned

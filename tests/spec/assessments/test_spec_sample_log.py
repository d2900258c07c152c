"""Samples on their way, as a table: what happened, what is waited for, and from which day somebody asks.

Sent within 1 day, received within 3, reported within 14 (flow) or 21 days (NGS): assumptions, in every protocol file.
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from assessments.domain.sample_log import (
    LoggedSample,
    VisitWithMrd,
    Wait,
    chase,
    planned_samples,
)
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.provenance import to_sign
from trialsite.studies.domain.read import read_file
from trialsite.studies.domain.sample_plan import DEFAULT, SamplePlan, sample_problems

DRAWN = date(2026, 3, 1)
FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"


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
    found = chase(sample, DEFAULT)
    assert (found.wait if found else None) == wait
    assert (found.by if found else None) == (None if days is None else later(days))


def test_a_study_may_set_its_own_days() -> None:
    days = SamplePlan(send_days=2, receipt_days=5, report_days={"MFC": 7}, report_days_other=30)
    assert chase(LoggedSample("MFC", DRAWN), days).by == later(2)
    assert chase(LoggedSample("MFC", DRAWN, DRAWN), days).by == later(5)
    assert chase(LoggedSample("MFC", DRAWN, DRAWN, DRAWN), days).by == later(7)
    assert chase(LoggedSample("NGS_IG_TR", DRAWN, DRAWN, DRAWN), days).by == later(30)


@pytest.mark.parametrize("key", ["BLINA-FULL", "BLINA-INTENS", "BLINA-VEN", "VIP-BLINA-HSCT"])
def test_every_protocol_says_the_usual_days_as_an_assumption_to_sign(key: str) -> None:
    document = read_file(FOLDER / f"{key}.yaml").document
    protocol = Protocol.from_document(document)
    assert document["samples"]["source"] == "assumption"
    assert (protocol.samples.send_days, protocol.samples.receipt_days) == (1, 3)
    for one in protocol.mrd:
        assert protocol.samples.report_within(one.method) == DEFAULT.report_within(one.method)
    assert "samples" in [mark.path for mark in to_sign(document)]


def test_a_file_without_the_section_takes_the_usual_days() -> None:
    assert SamplePlan.of(None) is DEFAULT


def test_days_of_a_report_are_given_for_methods_of_the_trial() -> None:
    protocol = Protocol.from_document(read_file(FOLDER / "BLINA-FULL.yaml").document)
    assert list(sample_problems(protocol)) == []
    odd = replace(protocol, samples=replace(protocol.samples, report_days={"MFC": 14, "DPCR": 9}))
    assert [path for path, _sentence in sample_problems(odd)] == [("samples", "report_days", "DPCR")]


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

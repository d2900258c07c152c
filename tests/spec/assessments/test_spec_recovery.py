"""Blasts below 5 % without recovery, as a table: what is repeated until when, and no failure before day 42.

Counts every week, the marrow within 14 days, failure from day 42 on: assumptions (decision table of registration 000).
"""

from datetime import date, timedelta

import pytest

from assessments.domain.recovery import awaits_recovery, day_of_treatment
from trialsite.clinical.kleene import Truth

DAY_1 = date(2026, 1, 5)
YES, NO, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def on_day(number: int) -> date:
    return DAY_1 + timedelta(days=number - 1)


TABLE = [
    # id, categories still open, in CRc, day of the marrow, awaits recovery
    ("MLFS on day 22", ["MLFS"], NO, 22, True),
    ("MLFS on day 41: the last day that awaits", ["MLFS"], NO, 41, True),
    ("MLFS on day 42: may be failure", ["MLFS"], NO, 42, False),
    ("MLFS on day 43", ["MLFS"], NO, 43, False),
    ("MLFS that counts as CRi by the literal wording of 002", ["CRi"], YES, 22, False),
    ("CR", ["CR"], YES, 22, False),
    ("counts under growth factor: which remission is open", ["CR", "CRi", "MLFS"], OPEN, 22, True),
    ("counts missing, CRc in any case", ["CR", "CRi"], YES, 22, False),
    ("no response", ["NR"], NO, 22, False),
    ("exactly 5 %", ["INDETERMINATE_5PCT"], NO, 22, False),
    ("remission or relapse is open", ["RELAPSE", "MLFS"], OPEN, 22, False),
    ("not evaluable", ["NE"], OPEN, 22, False),
    ("nothing known", [], OPEN, 22, False),
    ("before the first dose", ["MLFS"], NO, 0, False),
]


@pytest.mark.parametrize(
    ("categories", "in_crc", "day", "awaits"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_awaiting_recovery(categories: list[str], in_crc: Truth, day: int, awaits: bool) -> None:
    found = awaits_recovery(categories, in_crc, marrow_on=on_day(day), counts_on=None, first_dose=DAY_1)
    assert (found is not None) is awaits


def test_counts_are_repeated_after_a_week_and_the_marrow_after_two() -> None:
    found = awaits_recovery(["MLFS"], NO, marrow_on=on_day(22), counts_on=on_day(25), first_dose=DAY_1)
    assert found is not None
    assert (found.counts_by, found.marrow_by, found.failure_from) == (on_day(32), on_day(36), on_day(42))


def test_without_counts_the_day_of_the_marrow_stands_for_them() -> None:
    found = awaits_recovery(["MLFS"], NO, marrow_on=on_day(22), counts_on=None, first_dose=DAY_1)
    assert found is not None
    assert found.counts_by == on_day(29)


def test_nothing_is_awaited_while_no_treatment_has_begun() -> None:
    assert awaits_recovery(["MLFS"], NO, marrow_on=DAY_1, counts_on=None, first_dose=None) is None


@pytest.mark.parametrize(("days", "number"), [(-1, -1), (0, 1), (41, 42)])
def test_the_first_dose_is_day_1_and_there_is_no_day_0(days: int, number: int) -> None:
    assert day_of_treatment(DAY_1 + timedelta(days=days), DAY_1) == number

"""Counts reported after a clear marrow, as a table: the category they make, and from which day.

Up to 28 days after the marrow, blasts absent from blood, no growth factor and no platelets in the 7 days before:
assumptions, in every protocol file or beside the rule.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from assessments.domain.later_recovery import LaterCounts, later_recovery
from assessments.domain.response import Assessment
from trialsite.clinical.kleene import Truth
from trialsite.studies.domain.protocol import ResponseRules

YES, NO, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
MARROW = date(2026, 3, 1)
ELN = ResponseRules(
    criteria_set="ELN2024",
    cri_allow_both_fail=False,
    crh=True,
    literal_mlfs_is_cri=False,
    mrd_1pct_warning=True,
    crc=("CR", "CRh", "CRi"),
    counts_window_days=7,
    marrow_max_age_days=28,
    refractory_at=(),
    source="assumption",
    cite="test",
)
CLEAR = Assessment(
    marrow_on=MARROW,
    counts_on=MARROW,
    bm_blast_pct=D(2),
    evaluable_marrow=YES,
    pb_blasts=NO,
    emd=NO,
    anc=D("0.3"),
    platelets=D(20),
    gcsf_7d=NO,
    platelets_7d=NO,
    prior_crc=NO,
)


def counts(day: int, anc: str | None = "1.5", platelets: str | None = "150", **more: Truth) -> LaterCounts:
    """Counts some days after the marrow, without support and without blasts unless said."""
    plain = {"pb_blasts": NO, "gcsf_7d": NO, "platelets_7d": NO}
    numbers = [None if text is None else D(text) for text in (anc, platelets)]
    return LaterCounts(MARROW + timedelta(days=day), *numbers, **(plain | more))


TABLE = [
    # id, standing, later counts, upgrades, category, dated to the day after the marrow
    ("recovered after a week and a day", ["MLFS"], counts(8), YES, "CR", 8),
    ("recovered within the week: dated to the marrow", ["MLFS"], counts(7), YES, "CR", 0),
    ("marrow 28 days old", ["MLFS"], counts(28), YES, "CR", 28),
    ("CRh", ["MLFS"], counts(14, "0.6", "60"), YES, "CRh", 14),
    ("one line only: CRi", ["MLFS"], counts(14, "1.5", "20"), YES, "CRi", 14),
    ("from CRi to CR", ["CRi"], counts(14), YES, "CR", 14),
    ("from CRh to CR", ["CRh"], counts(14), YES, "CR", 14),
    ("which remission is open: now CR", ["CR", "CRi", "MLFS"], counts(14), YES, "CR", 14),
    ("CR stays CR", ["CR"], counts(14), NO, "CR", 14),
    ("CRi stays CRi", ["CRi"], counts(14, "1.5", "20"), NO, "CRi", 14),
    ("counts fall again", ["CRi"], counts(14, "0.2", "10"), NO, "MLFS", 14),
    ("ANC exactly 1.0, ELN", ["MLFS"], counts(14, "1.0", "150"), YES, "CRh", 14),
    ("platelets exactly 100, ELN", ["CRh"], counts(14, "1.5", "100"), NO, "CRh", 14),
    ("not recovered", ["MLFS"], counts(14, "0.4", "30"), NO, "MLFS", 14),
    ("under growth factor", ["MLFS"], counts(14, gcsf_7d=YES), OPEN, "UNKNOWN", 14),
    ("under platelet transfusion", ["MLFS"], counts(14, platelets_7d=YES), OPEN, "UNKNOWN", 14),
    ("under growth factor, and low", ["MLFS"], counts(14, "0.4", "30", gcsf_7d=YES), NO, "UNKNOWN", 14),
    ("blasts in blood not told", ["MLFS"], counts(14, pb_blasts=OPEN), OPEN, "UNKNOWN", 14),
    ("blasts in blood", ["MLFS"], counts(14, pb_blasts=YES), NO, "UNKNOWN", 14),
    ("support not told", ["MLFS"], counts(14, gcsf_7d=OPEN), OPEN, "UNKNOWN", 14),
]


@pytest.mark.parametrize(
    ("standing", "later", "upgrades", "category", "dated"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_later_counts(
    standing: list[str], later: LaterCounts, upgrades: Truth, category: str, dated: int
) -> None:
    (found,) = later_recovery(CLEAR, standing, [later], ELN)
    assert (found.upgrades, found.response.category) == (upgrades, category)
    assert found.response.on == MARROW + timedelta(days=dated)


SILENT = [
    # id, standing, seen, later counts: nothing is said
    ("marrow 29 days old", ["MLFS"], CLEAR, counts(29)),
    ("no neutrophils that day", ["MLFS"], CLEAR, counts(14, None)),
    ("no platelets that day", ["MLFS"], CLEAR, counts(14, "1.5", None)),
    ("the day of the marrow", ["MLFS"], CLEAR, counts(0)),
    ("before the marrow", ["MLFS"], CLEAR, counts(-3)),
    ("not after the counts already used", ["MLFS"], replace(CLEAR, counts_on=counts(9).on), counts(9)),
    ("no response", ["NR"], CLEAR, counts(14)),
    ("the investigator sees a relapse", ["RELAPSE"], CLEAR, counts(14)),
    ("remission or relapse is open", ["RELAPSE", "MLFS"], CLEAR, counts(14)),
    ("nothing known", [], CLEAR, counts(14)),
    ("marrow without a day", ["MLFS"], replace(CLEAR, marrow_on=None), counts(14)),
]


@pytest.mark.parametrize(
    ("standing", "seen", "later"), [row[1:] for row in SILENT], ids=[row[0] for row in SILENT]
)
def test_nothing_is_said_of(standing: list[str], seen: Assessment, later: LaterCounts) -> None:
    assert later_recovery(seen, standing, [later], ELN) == ()


def test_it_gets_better_step_by_step_whatever_the_order_of_the_reports() -> None:
    days = [counts(20), counts(10, "0.6", "60"), counts(15, "0.7", "70"), counts(25)]
    found = later_recovery(CLEAR, ["MLFS"], days, ELN)
    assert [(one.counts.on.day, one.upgrades, one.response.category) for one in found] == [
        (11, YES, "CRh"),
        (16, NO, "CRh"),
        (21, YES, "CR"),
        (26, NO, "CR"),
    ]


@pytest.mark.parametrize(("next_marrow", "said"), [(15, 1), (14, 0), (13, 0)])
def test_counts_from_the_day_of_the_next_marrow_on_belong_to_that(next_marrow: int, said: int) -> None:
    before = MARROW + timedelta(days=next_marrow)
    assert len(later_recovery(CLEAR, ["MLFS"], [counts(14)], ELN, before)) == said

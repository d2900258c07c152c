"""CNS status by the classes of the Children's Oncology Group, as a table."""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from assessments.domain.cns import LumbarPuncture, cns_status, is_cns_leukemia
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity

YES, NO, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
BLOOD: dict[str, Any] = {"blood_wbc": D(10_000), "blood_rbc": D(4_000_000)}
# With this blood the ratio is 400 × white ÷ red: 5 white and 1000 red cells make exactly 2.


def lp(wbc: str | None, rbc: str | None, blasts: Truth, signs: Truth = NO, **more: Any) -> LumbarPuncture:
    white, red = (None if one is None else D(one) for one in (wbc, rbc))
    return LumbarPuncture(csf_wbc=white, csf_rbc=red, blasts=blasts, clinical_signs=signs, **more)


TABLE = [
    ("no blasts", lp("2", "0", NO), "CNS1"),
    ("no blasts, many cells", lp("200", "5000", NO), "CNS1"),
    ("few cells, blasts", lp("4", "9", YES), "CNS2a"),
    ("few cells, blasts, 10 red cells", lp("4", "10", YES), "CNS2b"),
    ("5 cells, 9 red cells", lp("5", "9", YES), "CNS3a"),
    ("ratio exactly 2", lp("5", "1000", YES, **BLOOD), "CNS2c"),
    ("ratio just above 2", lp("5", "999", YES, **BLOOD), "CNS3b"),
    ("ratio 48", lp("60", "500", YES, **BLOOD), "CNS3b"),
    ("cranial nerve palsy without blasts", lp("0", "0", NO, signs=YES), "CNS3c"),
    ("cranial nerve palsy, nothing else known", lp(None, None, OPEN, signs=YES), "CNS3c"),
    # Missing values
    ("blood counts missing", lp("60", "500", YES), "CNS2c CNS3b"),
    ("blood white cells 0", lp("60", "500", YES, blood_wbc=D(0), blood_rbc=D(4_000_000)), "CNS2c CNS3b"),
    ("red cells missing", lp("4", None, YES), "CNS2a CNS2b"),
    ("cytospin missing", lp("4", "0", OPEN), "CNS1 CNS2a"),
    ("signs not asked", lp("4", "0", NO, signs=OPEN), "CNS1 CNS3c"),
]


@pytest.mark.parametrize(("puncture", "classes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_cns_class(puncture: LumbarPuncture, classes: str) -> None:
    answer = cns_status(puncture)
    assert " ".join(answer.possible) == classes
    assert answer.status == (classes if " " not in classes else None)


def test_the_ratio_of_the_worked_example_is_48() -> None:
    answer = cns_status(lp("60", "500", YES, **BLOOD))
    assert answer.steinherz_bleyer == 48
    assert answer.sentence.en == "CNS3b (Steinherz-Bleyer 48.00)."


@pytest.mark.parametrize(("days", "ratio"), [(0, D(48)), (1, D(48)), (-1, D(48)), (2, None), (-2, None)])
def test_blood_counts_of_another_day_than_the_next_are_not_used(days: int, ratio: D | None) -> None:
    puncture = LumbarPuncture(
        csf_wbc=D(60), csf_rbc=D(500), csf_on=date(2026, 3, 10), blood_on=date(2026, 3, 10 + days), **BLOOD
    )
    assert cns_status(puncture).steinherz_bleyer == ratio


def test_a_censored_count_gives_no_ratio() -> None:
    puncture = LumbarPuncture(csf_wbc=Quantity.parse("<60"), csf_rbc=D(500), **BLOOD)
    assert cns_status(puncture).steinherz_bleyer is None


@pytest.mark.parametrize(
    ("puncture", "cns2_counts", "expected"),
    [
        (lp("2", "0", NO), True, NO),
        (lp("4", "0", YES), False, NO),
        (lp("4", "0", YES), True, YES),
        (lp("6", "0", YES), False, YES),
        (lp("60", "500", YES), False, OPEN),
        (lp("60", "500", YES), True, YES),
        (lp(None, None, OPEN, signs=OPEN), False, OPEN),
    ],
)
def test_cns_leukaemia_follows_the_class_and_the_protocol(
    puncture: LumbarPuncture, cns2_counts: bool, expected: Truth
) -> None:
    assert is_cns_leukemia(cns_status(puncture), cns2_counts) is expected

"""Donor and graft: matched alleles, blood groups, the wash-out before conditioning; every threshold on both sides."""

from datetime import date, timedelta

import pytest

from treatment.domain.graft import (
    ALLELES,
    LOCI,
    MrdSaid,
    Toxicity,
    abo_mismatch,
    hla_match,
    mrd_before,
    washout,
)
from trialsite.clinical.kleene import Truth
from trialsite.clinical.text import Text

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
CONDITIONING = date(2026, 5, 20)


@pytest.mark.parametrize(
    ("alleles", "shown", "complete"),
    [
        ((2, 2, 2, 2, 2), "10/10", True),
        ((2, 2, 2, 2, 1), "9/10", True),
        ((1, 1, 1, 1, 1), "5/10", True),
        ((2, 2, 1, 2, None), "7/8", False),
        ((0, None, None, None, None), "0/2", False),
    ],
)
def test_matched_alleles(alleles: tuple[int | None, ...], shown: str, complete: bool) -> None:
    found = hla_match(dict(zip(LOCI, alleles, strict=True)))
    assert found is not None
    assert (str(found), found.complete) == (shown, complete)
    assert ALLELES == 10


def test_no_locus_typed_is_no_match_and_three_alleles_are_refused() -> None:
    assert hla_match({}) is None
    with pytest.raises(ValueError, match="two alleles"):
        hla_match({"hla_a": 3})


@pytest.mark.parametrize(
    ("donor", "recipient", "mismatch"),
    [
        ("A+", "A+", "NONE"),
        ("A+", "A-", "NONE"),  # Rh is left aside
        ("O+", "A+", "MINOR"),
        ("A+", "O+", "MAJOR"),
        ("A+", "B-", "BOTH"),
        ("AB+", "A+", "MAJOR"),
        ("A+", "AB+", "MINOR"),
        ("", "A+", ""),
        ("A+", "", ""),
    ],
)
def test_abo_mismatch(donor: str, recipient: str, mismatch: str) -> None:
    assert abo_mismatch(donor, recipient) == mismatch


RASH = Text("Rash maculo-papular", "斑丘疹")


@pytest.mark.parametrize(
    ("days", "running", "grades", "truth"),
    [
        (7, False, (), T),
        (6, False, (), F),
        (8, False, (1,), T),
        (8, False, (1, 2), F),
        (8, False, (None,), U),
        (6, False, (None,), F),
        (8, False, (None, 2), F),
        (None, False, (), T),  # no blinatumomab was given
        (None, False, (2,), F),
        (None, True, (), U),
        (None, True, (2,), F),
    ],
)
def test_washout(days: int | None, running: bool, grades: tuple[int | None, ...], truth: Truth) -> None:
    ended = None if days is None else CONDITIONING - timedelta(days=days)
    found = washout(7, 1, ended, running, CONDITIONING, [Toxicity(RASH, grade) for grade in grades])
    assert found.truth is truth
    assert all(one.en and one.zh for one in found.reasons)
    if truth is not T:
        assert found.reasons


def test_washout_without_a_day_of_conditioning_is_unknown() -> None:
    found = washout(7, 1, date(2026, 5, 1), False, None, ())
    assert found.truth is U
    assert "not recorded" in found.reasons[0].en


DAY0, BEGUN = date(2026, 6, 1), date(2026, 5, 25)
MFC = Text("flow cytometry", "流式细胞术")


@pytest.mark.parametrize(
    ("until", "results", "truth", "says"),
    [
        (DAY0, [], Truth.UNKNOWN, "MRD before it is unknown: no result"),
        (DAY0, [(DAY0, Truth.TRUE)], Truth.TRUE, "is negative"),
        (DAY0, [(DAY0, Truth.FALSE)], Truth.FALSE, "is positive"),
        (DAY0, [(DAY0, Truth.UNKNOWN)], Truth.UNKNOWN, "unknown (indeterminate)"),
        (DAY0, [(date(2026, 6, 2), Truth.TRUE)], Truth.UNKNOWN, "no result"),  # after day 0
        (
            DAY0,
            [(date(2026, 5, 1), Truth.FALSE), (date(2026, 5, 20), Truth.TRUE)],
            Truth.TRUE,
            "of 2026-05-20",
        ),
        (
            DAY0,
            [(date(2026, 5, 20), Truth.FALSE), (date(2026, 5, 1), Truth.TRUE)],
            Truth.FALSE,
            "of 2026-05-20",
        ),
        (BEGUN, [(BEGUN, Truth.TRUE)], Truth.TRUE, "before conditioning on 2026-05-25"),
        (
            BEGUN,
            [(date(2026, 5, 26), Truth.TRUE)],
            Truth.UNKNOWN,
            "before conditioning on 2026-05-25 is unknown",
        ),
        (
            BEGUN,
            [(date(2026, 5, 1), Truth.FALSE), (date(2026, 5, 26), Truth.TRUE)],
            Truth.FALSE,
            "of 2026-05-01",
        ),
    ],
)
def test_mrd_before_a_graft(until: date, results: list[tuple[date, Truth]], truth: Truth, says: str) -> None:
    found = mrd_before(DAY0, until, MFC, [MrdSaid(*one) for one in results])
    assert found.truth is truth
    assert says in found.reason.en
    assert "流式细胞术" in found.reason.zh

"""Whether a pre-phase is advised before the first blinatumomab: marrow from 50 %, blood above 15 000/µL; both sides."""

from datetime import date
from pathlib import Path

import pytest

from treatment.domain.first_infusion import Blasts, Counted, advised_by_blasts
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file

FILES = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
DAY = date(2026, 1, 10)
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
UNITS = {"blasts": "%", "wbc": "10*9/L", "pb_blasts": "%"}


def counted(analyte: str, text: str) -> Counted | None:
    return Counted(Quantity.parse(text, UNITS[analyte], analyte), DAY) if text else None


def protocol(key: str) -> Protocol:
    return Protocol.from_document(read_file(FILES / f"{key}.yaml").document)


@pytest.mark.parametrize(
    ("marrow", "white", "share", "truth", "says"),
    [
        ("50", "10", "", T, "Marrow blasts 50 % on 2026-01-10"),
        ("49.9", "10", "", F, "White cells 10"),
        ("49.9", "15", "", F, "White cells 15"),  # all of them would be 15 000/µL: not above
        ("49.9", "20", "75", F, "Blood blasts 15\u202f000/µL"),
        ("49.9", "20", "75.1", T, "Blood blasts 15\u202f020/µL"),
        ("49.9", "20", "", U, "Blood blasts unknown"),
        ("49.9", "", "", U, "Blood blasts unknown"),
        ("", "10", "", U, "Marrow blasts unknown"),
        ("", "20", "90", T, "Marrow blasts unknown"),
        ("", "", "", U, "Marrow blasts unknown"),
        ("80", "", "", T, "Blood blasts unknown"),
        ("<60", "10", "", U, "Marrow blasts <60 %"),
        ("49.9", ">20", "90", U, "Blood blasts unknown"),
        ("49.9", "<10", "", F, "White cells <10"),
    ],
)
@pytest.mark.parametrize("key", ["BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS"])
def test_a_pre_phase_is_advised_by_blasts(
    key: str, marrow: str, white: str, share: str, truth: Truth, says: str
) -> None:
    advice = protocol(key).blinatumomab.first_infusion[0]
    known = Blasts(counted("blasts", marrow), counted("wbc", white), counted("pb_blasts", share))
    found = advised_by_blasts(advice, known)
    assert found.truth is truth
    assert any(says in one.en for one in found.reasons)
    assert all("原始细胞" in one.zh for one in found.reasons)


def test_the_other_advice_does_not_depend_on_blasts() -> None:
    others = protocol("BLINA-FULL").blinatumomab.first_infusion[1:]
    assert [(one.key, one.by_blasts, one.hours_after_start) for one in others] == [
        ("INTRATHECAL", False, 0),
        ("ANTIPYRETIC", False, 48),
    ]

"""CAR-T cells: conditions of the apheresis, number of cells, vein to vein, B-cell aplasia."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from treatment.domain.cells import (
    AplasiaStretch,
    BCells,
    BeforeApheresis,
    apheresis_conditions,
    aplasia,
    is_aplastic,
    total_cells,
    vein_to_vein,
)
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity
from trialsite.studies.domain.transplant_plan import ApheresisRules

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
ON = date(2026, 6, 20)
RULES = ApheresisRules(Decimal("0.3"), Decimal(10), 7, 14, "assumption", "-")


def count(text: str) -> Quantity:
    return Quantity.parse(text, "10*9/L", "lymphocytes")


@pytest.mark.parametrize(
    ("lymphocytes", "mg", "complete", "days", "running", "truths"),
    [
        ("0.3", "10", True, 14, False, (T, T, T)),
        ("0.29", "10.1", True, 13, False, (F, F, F)),
        (None, "0", False, None, False, (U, U, T)),
        ("<0.5", "12", False, None, True, (U, F, U)),
        ("<0.3", "0", True, 15, False, (F, T, T)),
    ],
)
def test_conditions_of_the_apheresis(
    lymphocytes: str | None,
    mg: str,
    complete: bool,
    days: int | None,
    running: bool,
    truths: tuple[Truth, ...],
) -> None:
    known = BeforeApheresis(
        on=ON,
        lymphocytes=count(lymphocytes) if lymphocytes else None,
        counted_on=ON if lymphocytes else None,
        steroid_mg=Decimal(mg),
        steroid_complete=complete,
        blinatumomab_ended=None if days is None else ON - timedelta(days=days),
        running=running,
    )
    found = apheresis_conditions(RULES, known)
    assert tuple(one.truth for one in found) == truths
    assert [one.key for one in found] == ["lymphocytes", "steroid", "blinatumomab"]
    assert all(one.reason.en and one.reason.zh for one in found)


def test_cells_in_all() -> None:
    assert total_cells(Decimal("1.05"), Decimal("62.5")) == Decimal("65.625")
    with pytest.raises(ValueError, match="above 0"):
        total_cells(Decimal(1), Decimal(0))


def test_vein_to_vein() -> None:
    assert vein_to_vein(date(2026, 6, 1), date(2026, 6, 29)) == 28
    assert vein_to_vein(ON, ON) == 0
    with pytest.raises(ValueError, match="before the apheresis"):
        vein_to_vein(ON, ON - timedelta(days=1))


@pytest.mark.parametrize(("per_ul", "truth"), [("9.99", T), ("10", F), ("0", T), (None, U)])
def test_aplasia_is_below_the_limit(per_ul: str | None, truth: Truth) -> None:
    assert is_aplastic(None if per_ul is None else Decimal(per_ul), Decimal(10)) is truth


def sample(days: int, per_ul: str | None) -> BCells:
    return BCells(ON + timedelta(days=days), None if per_ul is None else Decimal(per_ul))


@pytest.mark.parametrize(
    ("samples", "stretch"),
    [
        ([], None),
        ([sample(-5, "0")], None),  # before the infusion
        ([sample(14, None)], None),
        ([sample(14, "30")], None),
        ([sample(14, "2")], (14, 14, None)),
        ([sample(90, "0"), sample(14, "2"), sample(60, None)], (14, 90, None)),
        ([sample(14, "2"), sample(90, "0"), sample(180, "25"), sample(270, "1")], (14, 90, 180)),
    ],
)
def test_aplasia_over_time(samples: list[BCells], stretch: tuple[int, int, int | None] | None) -> None:
    expected = stretch and AplasiaStretch(
        *(None if one is None else ON + timedelta(days=one) for one in stretch)  # type: ignore[arg-type]
    )
    assert aplasia(samples, Decimal(10), ON) == expected

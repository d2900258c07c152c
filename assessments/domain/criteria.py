"""Sets of response criteria: where each published set draws the lines for count recovery and relapse."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


class ResponseRulesLike(Protocol):
    """The study's choices, as the protocol file states them (`ResponseRules` of the protocol)."""

    @property
    def criteria_set(self) -> str: ...
    @property
    def cri_allow_both_fail(self) -> bool: ...
    @property
    def crh(self) -> bool: ...
    @property
    def literal_mlfs_is_cri(self) -> bool: ...
    @property
    def mrd_1pct_warning(self) -> bool: ...
    @property
    def crc(self) -> tuple[str, ...]: ...
    @property
    def counts_window_days(self) -> int: ...
    @property
    def marrow_max_age_days(self) -> int: ...


@dataclass(frozen=True)
class CriteriaSet:
    """One published set: counts in 10⁹/L, blasts in %; the operators say whether the limit itself counts.

    second_test_pct: from this share of blasts on a marrow below `relapse_pct` is relapse too, once a second test of it
    (flow, molecular) finds `SECOND_TEST_FRACTION` or more; None where the set knows no second test."""

    key: str
    anc: Decimal
    platelets: Decimal
    recovery_op: str
    relapse_op: str
    relapse_pct: Decimal
    anc_crh: Decimal
    platelets_crh: Decimal
    trilineage: bool
    confirm_4_weeks: bool
    second_test_pct: Decimal | None = None


SECOND_TEST_FRACTION = Decimal("0.01")  # paediatric relapse consensus: a second test of 1 % or more

_CRH = (Decimal("0.5"), Decimal(50))  # NCCN and FDA use (general knowledge)
CRITERIA_SETS: dict[str, CriteriaSet] = {
    one.key: one
    for one in (
        CriteriaSet("ELN2024", Decimal(1), Decimal(100), ">", ">", Decimal(5), *_CRH, False, False),
        CriteriaSet("ASBMT2010", Decimal(1), Decimal(100), ">=", ">=", Decimal(25), *_CRH, True, True),
        CriteriaSet("NCCN", Decimal(1), Decimal(100), ">", ">", Decimal(5), *_CRH, False, False),
        # Relapse as in the paediatric consensus (Blood 2022;139:1785); recovery as in ELN 2024 (assumption).
        CriteriaSet(
            "PAEDIATRIC", Decimal(1), Decimal(100), ">", ">=", Decimal(25), *_CRH, False, False, Decimal(5)
        ),
    )
}


def criteria_set(key: str) -> CriteriaSet:
    """The criteria set with this key; ValueError names the known ones."""
    try:
        return CRITERIA_SETS[key]
    except KeyError:
        known = ", ".join(CRITERIA_SETS)
        raise ValueError(f"The response criteria set {key} is not known; known are {known}.") from None

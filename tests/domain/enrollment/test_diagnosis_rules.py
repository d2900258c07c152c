"""Philadelphia status from three tests, and high risk from thirteen features."""

import pytest

from enrollment.domain.diagnosis import HIGH_RISK_FEATURES, high_risk, ph_status
from trialsite.clinical.kleene import Truth


@pytest.mark.parametrize(
    ("results", "status"),
    [
        (("NEG", "ND", "ND"), "NEG"),
        (("NEG", "", ""), "NEG"),
        (("NEG", "POS", "NEG"), "POS"),
        (("PENDING", "POS", "ND"), "POS"),
        (("NEG", "PENDING", "ND"), "PENDING"),
        (("ND", "ND", "ND"), "ND"),
        (("", "", ""), ""),
    ],
)
def test_any_positive_test_is_positive_and_a_pending_one_leaves_it_open(
    results: tuple[str, ...], status: str
) -> None:
    assert ph_status(results) == status


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([False] * 13, Truth.FALSE),
        ([False] * 12 + [None], Truth.UNKNOWN),
        ([None] * 12 + [True], Truth.TRUE),
        ([None] * 13, Truth.UNKNOWN),
    ],
)
def test_one_feature_makes_high_risk_and_all_must_be_absent_for_none(
    answers: list[bool | None], expected: Truth
) -> None:
    assert high_risk(answers) is expected


def test_every_feature_of_the_list_is_asked_once() -> None:
    assert len(set(HIGH_RISK_FEATURES)) == len(HIGH_RISK_FEATURES) == 13

"""How far MRD fell, with what lies below a limit as a bound."""

from decimal import Decimal as D

import pytest

from outcomes.domain.mrd_reduction import Height, log_reduction


@pytest.mark.parametrize(
    ("baseline", "height", "fraction", "log10", "band"),
    [
        (D("0.1"), Height.VALUE, D("0.0001"), D("3.0000"), "LOG3"),
        (D("0.1"), Height.VALUE, D("0.0005"), D("2.3010"), "LOG2"),
        (D("0.1"), Height.VALUE, D("0.01"), D("1.0000"), "LOG1"),
        (D("0.1"), Height.VALUE, D("0.1"), D("0.0000"), "LOG0"),
        (D("0.1"), Height.VALUE, D("0.2"), D("-0.3010"), "RISE"),
        (D("0.1"), Height.BELOW_LOQ, D("0.0001"), D("3.0000"), "BELOW_LOQ"),
        (D("0.1"), Height.NOT_DETECTED, D("0.00002"), D("3.6990"), "NOT_DETECTED"),
        (None, Height.VALUE, D("0.1"), None, "UNKNOWN"),
        (D("0.1"), Height.NOT_DETECTED, None, None, "UNKNOWN"),
    ],
)
def test_a_reduction_is_a_power_of_ten_or_not_known(
    baseline: D | None, height: Height, fraction: D | None, log10: D | None, band: str
) -> None:
    found = log_reduction(baseline, height, fraction)
    assert (found.log10, found.band) == (log10, band)


def test_not_detected_is_better_than_any_value() -> None:
    value = log_reduction(D("0.1"), Height.VALUE, D("0.00001"))
    gone = log_reduction(D("0.1"), Height.NOT_DETECTED, D("0.0001"))
    nothing = log_reduction(None, Height.NOT_DETECTED, D("0.0001"))
    assert value.order < gone.order
    assert max(nothing, value, gone, key=lambda one: one.order) is gone

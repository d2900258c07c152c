"""The forecast of enrolment: a Poisson pace with a gamma rate."""

import pytest
from scipy.stats import nbinom

from outcomes.domain.forecast import PRIOR_EVENTS, forecast


def test_the_median_lies_near_what_the_pace_alone_gives() -> None:
    found = forecast(enrolled=30, days=180, left=60)
    assert found
    assert found.days == pytest.approx(60 / 30 * 180, rel=0.03)
    assert found.upper
    assert found.lower < found.days < found.upper


@pytest.mark.parametrize(("enrolled", "days", "left"), [(3, 90, 10), (30, 180, 60), (1, 60, 1)])
def test_the_limits_agree_with_the_negative_binomial(enrolled: int, days: int, left: int) -> None:
    """By the upper limit at least `left` come with 97.5 %, and a day before with less."""
    found = forecast(enrolled, days, left)
    assert found
    assert found.upper

    def reached_by(day: int) -> float:
        return float(nbinom.sf(left - 1, enrolled + PRIOR_EVENTS, days / (days + day)))

    assert reached_by(found.upper) >= 0.975 > reached_by(found.upper - 1)
    assert reached_by(found.lower) >= 0.025 > reached_by(found.lower - 1)
    assert reached_by(found.days) >= 0.5 > reached_by(found.days - 1)


@pytest.mark.parametrize(("enrolled", "days", "left"), [(0, 180, 60), (5, 27, 60), (5, 180, 0), (5, 180, -3)])
def test_without_a_pace_or_a_rest_there_is_no_forecast(enrolled: int, days: int, left: int) -> None:
    assert forecast(enrolled, days, left) is None


def test_what_lies_beyond_a_hundred_years_is_not_told() -> None:
    found = forecast(enrolled=1, days=180, left=150)
    assert found is None or found.upper is None


def test_counts_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        forecast(-1, 10, 5)

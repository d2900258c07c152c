"""Days of treatment before enrolment: both ends count, and an incomplete list is a lower bound."""

from decimal import Decimal

import pytest

from enrollment.domain.prior_therapy import Course, days_given
from trialsite.clinical.interval import Interval
from trialsite.clinical.partial_date import PartialDate


def course(start: str | None, stop: str | None) -> Course:
    return Course(PartialDate.parse(start) if start else None, PartialDate.parse(stop) if stop else None)


@pytest.mark.parametrize(
    ("courses", "days"),
    [
        ([], 0),
        ([("2026-03-01", "2026-03-01")], 1),
        ([("2026-03-01", "2026-03-05")], 5),
        ([("2026-03-01", "2026-03-06")], 6),
        ([("2026-03-01", "2026-03-03"), ("2026-03-03", "2026-03-05")], 5),  # the 3rd counts once
        ([("2026-03-01", "2026-03-02"), ("2026-03-05", "2026-03-06")], 4),
        ([("2026-03", "2026-03-05")], Interval(Decimal(1), Decimal(5))),
        ([("2026-03-01", None)], Interval(Decimal(1), None)),
        ([(None, None)], Interval(Decimal(1), None)),
    ],
)
def test_days_of_a_complete_list(courses: list, days: object) -> None:
    assert days_given([course(*one) for one in courses], complete=True).value == days


def test_without_the_statement_that_the_list_is_complete_the_sum_is_a_lower_bound() -> None:
    assert days_given([], complete=False).value is None
    six = days_given([course("2026-03-01", "2026-03-06")], complete=False)
    assert six.value == Interval(Decimal(6), None)


def test_the_working_names_the_courses() -> None:
    assert days_given([course("2026-03-01", "2026-03-05")], complete=True).working == (
        "2026-03-01 to 2026-03-05: 5 d"
    )

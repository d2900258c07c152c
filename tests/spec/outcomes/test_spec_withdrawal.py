"""What each degree of withdrawal forbids, as a table: the day of withdrawal is 2026-07-01."""

from datetime import date

import pytest

from outcomes.domain.withdrawal import FORBIDS, Degree, Doing, doing_of, forbids, narrows

ON = date(2026, 7, 1)

# what, day, certainty, public sources allowed → forbidden by TREATMENT, FOLLOW_UP, DATA_USE
TABLE = [
    ("CYC", "2026-07-01", "", True, False, False, True),  # the day itself is still free
    ("CYC", "2026-07-02", "", True, True, True, True),
    ("EX", "2026-06-30", "", True, False, False, True),  # given before, entered late
    ("BLI", "2026-07-02", "", True, True, True, True),
    ("CAR", "2026-07-02", "", True, True, True, True),
    ("HSCT", "2026-07-02", "", True, False, True, True),  # elsewhere, after treatment: follow-up tells it
    ("VS", "2026-07-02", "", True, False, True, True),
    ("SUR", "2026-07-02", "", True, False, True, True),
    ("SUR", None, "", True, False, True, True),  # without a day it counts as later
    ("SUR", "2026-07-01", "", True, False, False, True),
    ("AE", "2026-07-02", "", True, False, True, True),
    ("DTH", "2026-09-01", "REGISTRY", True, False, False, True),
    ("DTH", "2026-09-01", "CERTIFICATE", True, False, False, True),
    ("DTH", "2026-09-01", "FAMILY", True, False, True, True),
    ("DTH", "2026-09-01", "REGISTRY", False, False, True, True),  # the protocol allows no public source
    ("DTH", "2026-09-01", "", True, False, True, True),
    ("ICF", "2026-07-02", "", True, False, False, False),
    ("WD", "2026-07-02", "", True, False, False, False),
    ("EOT", "2026-07-02", "", True, False, False, False),
    ("enrol", "2026-07-02", "", True, True, True, True),
    ("randomise", "2026-07-02", "", True, True, True, True),
]


@pytest.mark.parametrize(("what", "on", "certainty", "public", "treatment", "follow_up", "data_use"), TABLE)
def test_what_a_degree_forbids(what, on, certainty, public, treatment, follow_up, data_use) -> None:
    doing = doing_of(what, certainty, public_sources=public)
    day = date.fromisoformat(on) if on else None
    assert [forbids(degree, ON, doing, day) for degree in Degree] == [treatment, follow_up, data_use]


def test_each_degree_forbids_all_that_the_one_before_does() -> None:
    assert FORBIDS[Degree.TREATMENT] < FORBIDS[Degree.FOLLOW_UP] < FORBIDS[Degree.DATA_USE]
    assert not any(Doing.CONSENT in forbidden for forbidden in FORBIDS.values())


@pytest.mark.parametrize(
    ("asked", "standing", "expected"),
    [
        ("TREATMENT", None, False),
        ("TREATMENT", "TREATMENT", False),
        ("FOLLOW_UP", "TREATMENT", False),
        ("DATA_USE", "FOLLOW_UP", False),
        ("TREATMENT", "FOLLOW_UP", True),
        ("FOLLOW_UP", "DATA_USE", True),
        ("TREATMENT", "DATA_USE", True),
    ],
)
def test_a_withdrawal_is_widened_and_not_narrowed(asked: str, standing: str | None, expected: bool) -> None:
    assert narrows(Degree(asked), Degree(standing) if standing else None) is expected

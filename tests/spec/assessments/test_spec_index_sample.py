"""The index sample for NGS, as a table: when it was drawn, what had begun, and whether its absence alarms.

Due at screening, before steroids. The record has no hours: a sample of the day on which steroids began is in time.
"""

from datetime import date

import pytest

from assessments.domain.index_sample import index_sample

BEFORE, DAY, AFTER = date(2026, 1, 4), date(2026, 1, 5), date(2026, 1, 6)

TABLE = [
    # id, drawn, steroids or treatment began, enrolled, state, alarms
    ("drawn, nothing began", BEFORE, None, None, "IN_TIME", False),
    ("drawn the day before steroids", BEFORE, DAY, DAY, "IN_TIME", False),
    ("drawn on the day of the first steroid", DAY, DAY, DAY, "IN_TIME", False),
    ("drawn the day after", AFTER, DAY, DAY, "LATE", True),
    ("screening goes on, nothing began", None, None, None, "DUE", False),
    ("steroids began in screening", None, DAY, None, "MISSING", True),
    ("screening complete, nothing began", None, None, DAY, "MISSING", True),
    ("induction began", None, DAY, BEFORE, "MISSING", True),
]


@pytest.mark.parametrize(
    ("drawn", "began", "enrolled", "state", "alarms"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_index_sample(
    drawn: date | None, began: date | None, enrolled: date | None, state: str, alarms: bool
) -> None:
    found = index_sample(drawn, began, enrolled)
    assert (found.state, found.alarms) == (state, alarms)
    assert "NGS" in found.sentence.en
    assert "NGS" in found.sentence.zh


def test_it_is_missing_since_the_first_of_treatment_and_enrolment() -> None:
    assert index_sample(None, AFTER, DAY).since == DAY
    assert index_sample(None, DAY, AFTER).since == DAY

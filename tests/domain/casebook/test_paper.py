"""Which days of a record lie in the past that came on paper, and what a form was entered from."""

from datetime import UTC, date, datetime

import pytest

from trialsite.casebook.domain.paper import EnteredFrom, OutageDays, entered_from, from_paper

UNTIL = date(2026, 5, 1)
BACK = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)
OUT = (OutageDays(date(2026, 3, 10), date(2026, 3, 12), BACK),)


@pytest.mark.parametrize(
    ("day", "until", "past"),
    [
        (date(2026, 5, 1), UNTIL, True),
        (date(2026, 5, 2), UNTIL, False),
        (date(2026, 4, 30), UNTIL, True),
        (None, UNTIL, False),
        (date(2020, 1, 1), None, False),
    ],
)
def test_the_past_ends_with_its_last_day(day: date | None, until: date | None, past: bool) -> None:
    assert from_paper(day, until) is past


@pytest.mark.parametrize(
    ("day", "entered_at", "source"),
    [
        (date(2026, 3, 9), BACK, EnteredFrom.NOW),
        (date(2026, 3, 10), BACK, EnteredFrom.WORKSHEET),
        (date(2026, 3, 12), BACK, EnteredFrom.WORKSHEET),
        (date(2026, 3, 13), BACK, EnteredFrom.NOW),
        (date(2026, 3, 10), datetime(2026, 3, 12, 5, 59, tzinfo=UTC), EnteredFrom.NOW),
        (None, BACK, EnteredFrom.NOW),
        (date(2026, 3, 10), None, EnteredFrom.NOW),
    ],
)
def test_a_late_entry_is_of_a_day_of_the_outage_and_made_after_it(
    day: date | None, entered_at: datetime | None, source: EnteredFrom
) -> None:
    assert entered_from(day, paper_until=None, outages=OUT, entered_at=entered_at) is source


def test_the_past_of_a_subject_is_from_paper_whatever_else_happened() -> None:
    assert (
        entered_from(date(2026, 3, 10), paper_until=UNTIL, outages=OUT, entered_at=BACK) is EnteredFrom.PAPER
    )


def test_the_instant_of_entry_stands_in_the_key() -> None:
    from uuid import uuid4

    from trialsite.keys import made_at, new_id

    before = datetime.now(UTC)
    made = made_at(new_id())
    assert made is not None
    assert abs((made - before).total_seconds()) < 5
    assert made_at(uuid4()) is None

"""The order of the inbox as a table: clocks, then what has a day by the day that ends it, then the rest."""

from datetime import UTC, date, datetime

from trialsite.casebook.domain.pressing import rank

# clock ends at, last day, due from, number; today is 2026-03-10
ORDER = [
    ("2026-03-10T09:00", None, None, "S-9"),  # a clock of hours
    ("2026-03-24T09:00", "2026-03-24", None, "S-1"),  # a clock of days stands before what is late
    (None, "2026-03-01", "2026-02-20", "S-2"),  # late by nine days
    (None, "2026-03-09", "2026-03-01", "S-3"),  # late by one
    (None, "2026-03-10", "2026-03-01", "S-4"),  # today is the last day
    (None, "2026-03-11", "2026-03-01", "S-6"),  # closes tomorrow
    (None, "2026-03-11", "2026-03-08", "S-5"),  # the same, due later
    (None, None, "2026-03-12", "S-7"),  # due that day, without an end
    (None, "2026-04-30", "2026-03-01", "S-8"),  # due, and has time
    (None, "2026-04-30", "2026-03-01", "S-9"),
    (None, None, None, "S-1"),  # no day at all
]


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def test_the_table_is_in_order() -> None:
    ranks = [rank(instant(clock), day(latest), day(due), number) for clock, latest, due, number in ORDER]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


def test_what_has_no_day_keeps_the_order_of_its_source() -> None:
    assert rank(None, None, None, "S-2") == rank(None, None, None, "S-1")

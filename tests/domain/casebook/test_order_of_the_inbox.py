"""The inbox puts lines of several kinds into one order and reads no more of a kind than it shows."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from uuid import uuid4

from trialsite.casebook.registries import WorkLine
from trialsite.casebook.selectors import most_pressing

FIRST = date(2026, 3, 2)


def line(kind: str, latest: date | None) -> WorkLine:
    return WorkLine(kind, kind, uuid4(), "BLF-0001", "BLINA-FULL", "SGH", latest, latest, "/")


def daily(kind: str, read: list[str]) -> Iterator[WorkLine]:
    for number in range(1000):
        read.append(kind)
        yield line(kind, FIRST + timedelta(days=number))


def test_the_day_that_ends_first_comes_first_and_no_day_comes_last() -> None:
    visits = [line("visit", FIRST), line("visit", FIRST + timedelta(days=2)), line("visit", None)]
    queries = [line("query", FIRST + timedelta(days=1)), line("query", FIRST + timedelta(days=3))]
    found = [one.latest for one in most_pressing([visits, queries])]
    assert found == [FIRST + timedelta(days=number) for number in range(4)] + [None]


def test_no_more_of_a_kind_is_read_than_is_shown() -> None:
    read: list[str] = []
    shown = list(islice(most_pressing([daily("visit", read), daily("query", read)]), 6))
    assert [one.kind for one in shown] == ["visit", "query"] * 3
    assert len(read) <= 6 + 2  # one more of each, to compare

"""What comes first in the inbox: one rule for lines of every kind."""

from __future__ import annotations

from datetime import UTC, date, datetime

Rank = tuple[int, datetime, date, date, str]
CLOCK, DATED, UNDATED = range(3)
NO_CLOCK = datetime.max.replace(tzinfo=UTC)


def rank(clock_ends: datetime | None, latest: date | None, due: date | None, number: str) -> Rank:
    """The place of one line, the smallest first.

    `clock_ends`: the instant at which a reporting clock runs out; `latest`: the last day on which it can be done;
    `due`: the day from which it can be done; `number`: of the subject. First the running clocks, the one that ends
    first before the others; then what has a day, by the day that ends it: so late lines stand before those that close
    soon, and these before those that are due and still have time; of two that end on one day the one due earlier, then
    the lower number. What has no day comes last, in the order in which its source gives it.
    """
    if clock_ends is not None:
        return CLOCK, clock_ends, latest or date.max, due or date.max, number
    if latest is None and due is None:
        return UNDATED, NO_CLOCK, date.max, date.max, ""
    return DATED, NO_CLOCK, latest or due or date.max, due or date.max, number

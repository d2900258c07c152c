"""The clock of a story that takes months: every part of the server sees the day that the story has reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import time_machine

MORNING = time(2, 0, tzinfo=UTC)  # ten o'clock at the sites, which are in China


class Clock:
    """Day 0 of the story lies `DAYS` before the real day, so that no day of it lies in the real future."""

    DAYS = 200

    def __init__(self, hands: time_machine.Traveller, day0: date) -> None:
        self.hands = hands
        self.day0 = day0

    def day(self, number: int) -> date:
        return self.day0 + timedelta(days=number)

    def turn_to(self, number: int) -> None:
        """It is the morning of that day of the story."""
        self.hands.move_to(datetime.combine(self.day(number), MORNING))


@contextmanager
def a_clock() -> Iterator[Clock]:
    day0 = datetime.now(UTC).date() - timedelta(days=Clock.DAYS)
    with time_machine.travel(datetime.combine(day0, MORNING), tick=True) as hands:
        yield Clock(hands, day0)

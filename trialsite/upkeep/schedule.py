"""When the next backup is due."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as TimeOfDay

LONGEST_SLEEP_SECONDS = 60.0


def next_run(now: datetime, at: TimeOfDay) -> datetime:
    """The first instant after `now` at which it is `at` o'clock, both in UTC."""
    today = datetime.combine(now.date(), at, tzinfo=UTC)
    return today if today > now else today + timedelta(days=1)


def sleep_until(instant: datetime, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait in short stretches, so that a machine that slept or whose clock was set is late by no more than one."""
    while (left := (instant - datetime.now(UTC)).total_seconds()) > 0:
        sleep(min(left, LONGEST_SLEEP_SECONDS))

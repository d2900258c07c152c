"""The moment that is being read: now, or the instant as of which the record is shown."""

from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

read_at: ContextVar[datetime | None] = ContextVar("read_at", default=None)


def earlier_instant() -> datetime | None:
    """The instant as of which the record is read; None while it is read as it stands."""
    return read_at.get()


def now() -> datetime:
    """This moment, or the instant that is being read: what "today", "late" and "day 9" are counted from."""
    return read_at.get() or timezone.now()

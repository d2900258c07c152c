"""The moment that is being read: now, or the instant as of which the record is shown."""

from contextvars import ContextVar
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

read_at: ContextVar[datetime | None] = ContextVar("read_at", default=None)


def earlier_instant() -> datetime | None:
    """The instant as of which the record is read; None while it is read as it stands."""
    return read_at.get()


def now() -> datetime:
    """This moment, or the instant that is being read: what "today", "late" and "day 9" are counted from."""
    return read_at.get() or timezone.now()


def read_instant(text: str, zone: str = "") -> datetime:
    """An instant in ISO 8601 with its offset, or at the wall clock of a time zone; ValueError with a sentence."""
    try:
        instant = datetime.fromisoformat(
            text.strip().replace(" ", "+")
        )  # a "+" that was not quoted in the address
    except ValueError:
        raise no_instant(text) from None
    if instant.tzinfo is None and zone:
        try:
            instant = instant.replace(tzinfo=ZoneInfo(zone))
        except (ValueError, OSError):
            raise ValueError(_("“%(zone)s” is no time zone.") % {"zone": zone}) from None
    if instant.tzinfo is None:
        raise ValueError(
            _("Say where the clock showed “%(text)s”: add Z for UTC, or an offset such as +08:00.")
            % {"text": text}
        )
    if instant > timezone.now():
        raise ValueError(_("The instant %(text)s has not come yet.") % {"text": text})
    try:
        instant.astimezone(UTC)
    except OverflowError:
        raise no_instant(text) from None
    return instant


def no_instant(text: str) -> ValueError:
    sentence = _("“%(text)s” is no instant. Write it like 2026-03-01T12:00Z or 2026-03-01T20:00+08:00.")
    return ValueError(sentence % {"text": text})

"""Primary keys: UUIDv7, made by the application, ordered by time of creation."""

import uuid
from datetime import UTC, datetime

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A fresh UUIDv7."""
    return uuid7()


def made_at(key: uuid.UUID) -> datetime | None:
    """The instant (UTC, to the millisecond) at which a UUIDv7 was made; None of another kind of key."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, tz=UTC) if key.version == 7 else None

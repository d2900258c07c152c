"""Primary keys: UUIDv7, made by the application, ordered by time of creation."""

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A fresh UUIDv7."""
    return uuid7()

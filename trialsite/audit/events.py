"""Writing what happened without changing the record."""

from typing import Any
from uuid import UUID

from .acting import current
from .models import Event


def record_event(*, kind: str, user_id: UUID | None, **details: Any) -> None:
    """One insert-only row: a log-in, a failed one, an export, a view of identity. `details` hold no identity."""
    Event.objects.create(kind=kind, user_id=user_id, details=details, request_id=current().request_id)

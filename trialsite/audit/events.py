"""Writing what happened without changing the record."""

from contextlib import nullcontext
from typing import Any
from uuid import UUID

from .acting import NOBODY, acting, current
from .models import Event

BACKUP_PASSED = "backup.passed"
BACKUP_FAILED = "backup.failed"


def record_event(*, kind: str, user_id: UUID | None, **details: Any) -> None:
    """One insert-only row: a log-in, a failed one, an export, a view of identity. `details` hold no identity.

    It joins the chain of its user's events in the trail, so nobody who saves a form waits for it.
    """
    with nullcontext() if current() != NOBODY else acting(role="system"):
        Event.objects.create(kind=kind, user_id=user_id, details=details, request_id=current().request_id)

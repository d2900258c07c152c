"""After a write: tell, on commit, that a subject's facts changed; rooms subscribe here, not by signals."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.db import transaction

_subscribers: list[Callable[[UUID, UUID | None], None]] = []


def on_facts_changed(subscriber: Callable[[UUID, UUID | None], None]) -> None:
    """Call `subscriber(subject_id, user_id)` after each commit that changed a subject's facts."""
    _subscribers.append(subscriber)


def publish_change(subject_id: UUID, user_id: UUID | None) -> None:
    """Say that the facts of a subject change with this transaction."""
    transaction.on_commit(partial(_tell, subject_id, user_id))


def _tell(subject_id: UUID, user_id: UUID | None) -> None:
    for subscriber in _subscribers:
        subscriber(subject_id, user_id)

"""A long list read in steps of its key, so that no process ever holds all of it."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

ROWS = 1000


def in_batches(found: QuerySet, size: int = ROWS) -> Iterator[list[Any]]:
    """The records of a list in the order of their key, some at a time; what is prefetched is read for each step."""
    ordered = found.order_by("pk")
    batch = list(ordered[:size])
    while batch:
        yield batch
        if len(batch) < size:
            return
        batch = list(ordered.filter(pk__gt=batch[-1].pk)[:size])

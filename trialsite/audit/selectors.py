"""Reading the trail: what happened to a row, and what a row was at an instant."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from .events import BACKUP_FAILED, BACKUP_PASSED
from .models import Event, Trail


def history_of(*, row_id: UUID) -> QuerySet[Trail]:
    """The changes of one row, oldest first, as far as the reader may see them."""
    return Trail.objects.filter(row_id=str(row_id)).order_by("id")


def as_of(*, row_id: UUID, instant: datetime) -> dict[str, Any]:
    """The items of one row as they stood at `instant`: its trail folded up to then; {} before it existed."""
    return folded(history_of(row_id=row_id).filter(at__lte=instant))


def as_of_version(*, row_id: UUID, version: int) -> dict[str, Any]:
    """The items of one row as they stood at its row version `version`."""
    entries = []
    for entry in history_of(row_id=row_id):
        new = entry.changes.get("version", 0)
        if (new[1] if isinstance(new, list) else new) > version:
            break
        entries.append(entry)
    return folded(entries)


def folded(entries: Any) -> dict[str, Any]:
    """Trail entries of one row, oldest first, folded into the values they leave."""
    values: dict[str, Any] = {}
    for entry in entries:
        if entry.action == Trail.Action.INSERT:
            values = dict(entry.changes)
        elif entry.action == Trail.Action.UPDATE:
            for item, (_old, new) in entry.changes.items():
                if new is None:
                    values.pop(item, None)
                else:
                    values[item] = new
        else:
            values = {}
    return values


def chain_breaks() -> list[tuple[str, int, str]]:
    """Where the trail does not agree with itself: chain, position, problem. Empty when everything stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT chain, position, problem FROM audit_breaks()")
        return cursor.fetchall()


def digest_breaks() -> list[tuple[str, int, str]]:
    """Where digests do not come out, or the trail lacks an entry that one holds: chain, position, problem."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT chain, position, problem FROM audit_digest_breaks()")
        return cursor.fetchall()


def last_backup() -> Event | None:
    """How the last backup went: an event of the kind BACKUP_PASSED or BACKUP_FAILED; None before the first."""
    return Event.objects.filter(kind__in=(BACKUP_PASSED, BACKUP_FAILED)).order_by("-at").first()

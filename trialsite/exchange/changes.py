"""Which records changed, told from the trail in an order in which nothing appears late (docs/adr/0050)."""

import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.audit.models import Trail
from trialsite.casebook.models import MovedForm
from trialsite.casebook.registries import left_out
from trialsite.casebook.states import RecordState
from trialsite.casebook.trail_filters import trail_visible_to
from trialsite.casebook.trail_places import Place, places_of
from trialsite.studies.models import Site, Study

MOVES = MovedForm._meta.db_table
NOW = "now"


class ChangeAction(StrEnum):
    """What happened to a record."""

    CREATED = "created"
    CORRECTED = "corrected"
    STATE_CHANGED = "state_changed"
    VOIDED = "voided"
    MOVED = "moved"  # to the right subject, or with its subject to another site
    REMOVED = "removed"


@dataclass(frozen=True, order=True)
class Position:
    """A place in the order in which the trail is followed: the transaction of an entry, and its number."""

    transaction: int = 0
    number: int = 0

    @property
    def cursor(self) -> str:
        return urlsafe_b64encode(f"{self.transaction}.{self.number}".encode()).decode().rstrip("=")

    @classmethod
    def read(cls, cursor: str) -> "Position":
        """The place that a cursor names; ValueError where it is none."""
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        transaction, _dot, number = urlsafe_b64decode(padded).decode().partition(".")
        return cls(int(transaction), int(number))

    @classmethod
    def of(cls, entry: Trail) -> "Position":
        return cls(entry.transaction, entry.pk)


START = Position()


@dataclass(frozen=True)
class Change:
    """That a record changed, without what: `kind` is the list of the API in which it stands, `record` the form of a
    line, `trail` the number of the entry."""

    kind: str
    id: str
    record: str | None
    study: str
    site: str | None
    subject: UUID | None
    visit: str
    form: str
    action: ChangeAction
    version: int | None
    at: datetime
    trail: int


@dataclass(frozen=True)
class Read:
    """Some changes, how far was read, and whether more is there already."""

    changes: list[Change]
    reached: Position
    more: bool


def settled_end() -> Position:
    """The last place before which nothing can appear any more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT transaction, id FROM audit_settled_end()")
        row = cursor.fetchone()
    return Position(*row) if row else START


def stands(position: Position) -> bool:
    """Whether a place is that of an entry, or the beginning; a record that was restored may have lost it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_stands(%s, %s)", [position.transaction, position.number])
        return position == START or bool(cursor.fetchone()[0])


@dataclass(frozen=True)
class Kinds:
    """What is told: (table, form key; "" for any) → name of the list; and table → the action that opens its rows, where
    that is not reading the record."""

    lists: Mapping[tuple[str, str], str]
    opened_by: Mapping[str, str]


def entries_told(user: User, kinds: Kinds) -> QuerySet[Trail]:
    """The entries that a reader may follow: of the lists given, without subjects whose data leave no more."""
    found = trail_visible_to(user).filter(table_name__in={table for table, _form in kinds.lists})
    for table, action in kinds.opened_by.items():
        found = found.filter(~Q(table_name=table) | reach_of(user, action))
    for ids in left_out.values():
        found = found.exclude(subject_id__in=ids())
    return found


def read_between(
    entries: QuerySet[Trail], after: Position, end: Position, kinds: Kinds, most: int = sys.maxsize - 1
) -> Read:
    """The changes after a place, up to another, of at most `most` entries."""
    found = list(
        entries.filter(transaction__gte=after.transaction, transaction__lte=end.transaction)
        .filter(Q(transaction__gt=after.transaction) | Q(pk__gt=after.number))
        .filter(Q(transaction__lt=end.transaction) | Q(pk__lte=end.number))
        .order_by("transaction", "pk")[: most + 1]
    )
    page = found[:most]
    more = len(found) > most
    return Read(list(told(page, kinds)), Position.of(page[-1]) if more else max(after, end), more)


def told(entries: list[Trail], kinds: Kinds) -> Iterator[Change]:
    """Entries as changes, of many at once; those of no list are passed over."""
    places = places_of(entries)
    sites = names(Site, {entry.site_id for entry in entries})
    studies = names(Study, {entry.study_id for entry in entries})
    for entry in entries:
        place = places.get(entry.row_id, Place())
        moved = entry.table_name == MOVES
        kind = kind_of(entry, place, kinds)
        if kind is None:
            continue
        form = place.first.get("record_id")
        yield Change(
            kind=kind,
            id=str(form) if moved else entry.row_id,
            record=None if moved or not form else str(form),
            study=studies.get(entry.study_id, ""),
            site=sites.get(entry.site_id),
            subject=entry.subject_id,
            visit=f"{place.visit_key}.{place.visit_repeat}" if place.visit_key else "",
            form=f"{place.form_key}.{place.form_repeat}" if place.form_key else "",
            action=ChangeAction.MOVED if moved else action_of(entry),
            version=version_of(entry.changes),
            at=entry.at,
            trail=entry.pk,
        )


def names(model: Any, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    return dict(model.objects.filter(pk__in=[one for one in ids if one]).values_list("pk", "key"))


def kind_of(entry: Trail, place: Place, kinds: Kinds) -> str | None:
    """The list of the API in which a row stands; that of its form where a move is told."""
    return kinds.lists.get((entry.table_name, place.form_key)) or kinds.lists.get((entry.table_name, ""))


def action_of(entry: Trail) -> ChangeAction:
    """What an entry did to its row."""
    changes = entry.changes
    match entry.action:
        case Trail.Action.INSERT:
            return ChangeAction.CREATED
        case Trail.Action.DELETE:
            return ChangeAction.REMOVED
    if new_of(changes, "state") == RecordState.VOIDED or new_of(changes, "voided") is True:
        return ChangeAction.VOIDED
    if "site_id" in changes and changes.keys() <= {"site_id", "version"}:
        return ChangeAction.MOVED
    return ChangeAction.STATE_CHANGED if "state" in changes else ChangeAction.CORRECTED


def new_of(changes: Mapping[str, Any], item: str) -> Any:
    """The value that an item has from a change on."""
    value = changes.get(item)
    return value[1] if isinstance(value, list) else value


def version_of(changes: Mapping[str, Any]) -> int | None:
    """The row version from a change on; None of what has none (that of a protocol is a text)."""
    version = new_of(changes, "version")
    return version if isinstance(version, int) else None

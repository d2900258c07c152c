"""The record as of an instant: the trail folded into temporary tables that shadow the originals (docs/adr/0015).

Selectors, pages and exports run unchanged: an unqualified table name finds the temporary table first. A table is
folded when a statement first names it, from the entries that the reader may see, so a page folds only what it reads.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.fields import NOT_PROVIDED

from .acting import current
from .guards import ROW_RULES, protected_models, quoted
from .models import Trail
from .moment import read_at
from .protection import Protection

TRAIL = Trail._meta.db_table
SHADOWS_MADE = "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()"


@contextmanager
def as_of(
    instant: datetime,
    *,
    subject_id: UUID | None = None,
    unseen: Sequence[str] | None = None,
    using: str = "default",
) -> Iterator[None]:
    """Inside, the database stands as it stood at `instant`, as far as the acting reader's memberships open it today.

    `subject_id`: fold that subject's record only (and everything that belongs to no subject). `unseen`: the requests
    of which nothing counts; without it those that were under way at the instant. What is written inside falls on the
    shadows and is gone at the end; events of the audit are kept. A transaction must be open already.
    """
    if not (current().user_id or current().role):
        raise RuntimeError("as_of reads under somebody's rights: open it inside audit.acting.")
    if read_at.get() is not None:
        raise RuntimeError("The record is read as of an instant already.")
    connection, instant = connections[using], instant.astimezone(UTC)  # PostgreSQL knows not every offset
    with transaction.atomic(using=using):  # takes the shadows away when what runs inside fails
        shadows = Shadows(connection, instant, subject_id, unseen)
        token = read_at.set(instant)
        try:
            with connection.execute_wrapper(shadows):
                yield
        finally:
            read_at.reset(token)
        shadows.drop()


class Shadows:
    """Makes the shadow of each table that a statement names, before the statement runs."""

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        instant: datetime,
        subject_id: UUID | None,
        unseen: Sequence[str] | None = None,
    ) -> None:
        self.connection, self.instant = connection, instant
        self.chain = f"subject:{subject_id}" if subject_id else None
        self.made: set[str] = set()
        self.busy = False
        self.open_requests = list(unseen if unseen is not None else self.under_way())

    def under_way(self) -> list[str]:
        """The requests that had not ended at the instant."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT audit_open_requests(%s)", [self.instant])
            return cursor.fetchone()[0]

    def __call__(self, execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.busy:
            return execute(sql, params, many, context)
        for table in dict.fromkeys(names_of_tables().findall(sql)):
            self.need(table)
        result = execute(sql, params, many, context)
        if sql.startswith("ROLLBACK TO SAVEPOINT"):  # shadows made since then are gone
            self.made = {name for (name,) in self.run(SHADOWS_MADE)}
        return result

    def need(self, table: str) -> None:
        """Make the shadow of a table unless it is there."""
        if table not in self.made:
            self.made.add(table)
            for statement, params in self.statements(table):
                self.run(statement, params)

    def statements(self, table: str) -> Iterator[tuple[str, list[Any]]]:
        if table == TRAIL:
            seen = f"SELECT * FROM public.{TRAIL} WHERE at <= %s AND NOT request_id = ANY (%s)"
            yield f"CREATE TEMP VIEW {TRAIL} AS {seen}", [self.instant, self.open_requests]
            return
        model, protection = shadowed_models()[table]
        name = quoted(table)
        if protection.trail is None:  # drafts and projections: nobody's record, and what is derived anew
            yield f"CREATE TEMP TABLE {name} (LIKE public.{name} INCLUDING ALL) ON COMMIT DROP", []
            return
        rows, params = self.rows(model, protection)
        yield f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {rows}", params
        yield f"ALTER TABLE pg_temp.{name} ADD PRIMARY KEY ({quoted(primary_key(model))})", []
        if self.chain is None and "subject_id" in columns_of(model):
            yield f"CREATE INDEX ON pg_temp.{name} (subject_id)", []

    def rows(self, model: type[models.Model], protection: Protection) -> tuple[str, list[Any]]:
        """The SELECT that gives a table's rows at the instant, as far as the reader may see them."""
        table = model._meta.db_table
        chain = self.chain if protection.trail == "subject" and of_one_subject(model) else None
        folded, params = fold_of(model, protection, self.instant, chain, self.open_requests)
        if protection.app == (
            "insert",
        ):  # written once: what stands is what stood, what the trail redacts included
            key = quoted(primary_key(model))
            whole = f"SELECT r.* FROM public.{quoted(table)} r WHERE r.{key} IN (SELECT f.{key} FROM ({folded}) f)"
            return whole, params
        rule = ROW_RULES[protection.rows] if protection.rows else "true"
        return f"SELECT * FROM ({folded}) r WHERE {rule}", params

    def run(self, sql: str, params: list[Any] | None = None) -> list[tuple]:
        self.busy = True
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql, params)
                return cursor.fetchall() if cursor.description else []
        finally:
            self.busy = False

    def drop(self) -> None:
        self.run("DISCARD TEMP")


def fold_of(
    model: type[models.Model],
    protection: Protection,
    instant: datetime | str,
    chain: str | None,
    open_requests: list[str],
) -> tuple[str, list[Any]]:
    """The SELECT that folds the trail of a table into its rows, and its parameters."""
    fold = "audit_fold" if protection.rows else "audit_fold_whole"
    sql = (
        f"SELECT r.* FROM {fold}(%s, %s, %s, %s, %s) f,"
        f" jsonb_populate_record(NULL::public.{quoted(model._meta.db_table)}, %s::jsonb || (f.values - %s)) r"
    )
    names = json.dumps(new_names(model))
    values = [defaults_of(model), unreadable(model, protection)]
    return sql, [model._meta.db_table, instant, chain, names, open_requests, *values]


@cache
def shadowed_models() -> dict[str, tuple[type[models.Model], Protection]]:
    """Table → model and protection of what is read as of an instant: all in the trail, and what hangs on it."""
    return {
        model._meta.db_table: (model, protection)
        for model, protection in protected_models()
        if protection.trail in ("subject", "study", "system") or protection.rows in ("site", "author")
    }


@cache
def names_of_tables() -> re.Pattern[str]:
    """Finds the tables that a statement names."""
    return re.compile(
        rf"(?<!public\.)\b({'|'.join(sorted((*shadowed_models(), TRAIL), key=len, reverse=True))})\b"
    )


def new_names(model: type[models.Model]) -> dict[str, str]:
    """Each name that a column or item of the table had → its name today."""
    pairs = {one.old: one.new for one in getattr(model, "renamed", ())}
    return {old: last_name(new, pairs) for old, new in pairs.items()}


def last_name(name: str, pairs: dict[str, str]) -> str:
    return last_name(pairs[name], pairs) if name in pairs else name


@cache
def defaults_of(model: type[models.Model]) -> str:
    """What stands in a column of which the trail says nothing: a column made later has its default in earlier rows."""
    values = {
        field.column: default_of(field)
        for field in model._meta.concrete_fields
        if not field.null and (not callable(field.default) or field.default in (dict, list, NOT_PROVIDED))
    }
    return json.dumps(values, cls=DjangoJSONEncoder)


def default_of(field: models.Field) -> Any:
    return None if field.primary_key else field.get_default()


def unreadable(model: type[models.Model], protection: Protection) -> list[str]:
    """Redacted columns whose type holds no text: nothing can stand for what was there."""
    texts = (models.CharField, models.TextField)
    return [
        field.column
        for field in model._meta.concrete_fields
        if field.column in protection.redacted and not isinstance(field, texts)
    ]


def of_one_subject(model: type[models.Model]) -> bool:
    """Whether each row belongs to one subject: not the subjects themselves, nor what may stand on a whole study."""
    return any(field.column == "subject_id" and not field.null for field in model._meta.concrete_fields)


def columns_of(model: type[models.Model]) -> set[str]:
    return {str(field.column) for field in model._meta.concrete_fields}


def primary_key(model: type[models.Model]) -> str:
    assert model._meta.pk is not None
    return str(model._meta.pk.column)

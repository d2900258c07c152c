"""The only door to clinical data: a transaction that has told PostgreSQL who acts."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from django.db import connections, transaction

from .moment import read_at


class Actor(Protocol):
    """Whoever has an id: a user of the system."""

    @property
    def pk(self) -> UUID: ...


@dataclass(frozen=True)
class Context:
    """What the transaction knows of the actor; the empty one sees and changes nothing clinical."""

    user_id: str = ""
    role: str = ""
    reason: str = ""
    request_id: str = ""
    prompt: str = ""


NOBODY = Context()
_current: ContextVar[Context] = ContextVar("acting", default=NOBODY)


@contextmanager
def acting(
    *,
    user: Actor | None = None,
    role: str = "",
    reason: str = "",
    request_id: str = "",
    prompt: str = "",
    using: str = "default",
) -> Iterator[Context]:
    """Open a transaction in which `user` acts, for a reason, in a request; row-level security and trail read it.

    `role` is left empty for people (the trail looks up their membership) and is "system" for jobs of nobody.
    Everything is local to the transaction. Nested use narrows and then restores.
    """
    if user is None and role != "system":
        raise ValueError("audit.acting needs a user, or role='system' for a job that nobody started.")
    context = Context(str(user.pk) if user else "", role, reason, request_id or str(uuid.uuid4()), prompt)
    with _within(context, using):
        yield context


@contextmanager
def because(reason: str, *, prompt: str | None = None, using: str = "default") -> Iterator[None]:
    """Record `reason` with every change made inside, by whoever acts already.

    `prompt`: what asked for the change: an edit check with its version ("check VS-01 v2"), or a query ("query <id>");
    without it the prompt of the context outside stays.
    """
    outer = _current.get()
    context = replace(outer, reason=reason, prompt=outer.prompt if prompt is None else prompt)
    if context == outer:
        yield
        return
    with _within(context, using):
        yield


def current() -> Context:
    """Who acts in this thread of work, as told to the database."""
    return _current.get()


@contextmanager
def _within(context: Context, using: str) -> Iterator[None]:
    outer = _current.get()
    if read_at.get() is not None and context.user_id != outer.user_id:
        raise RuntimeError("What one person reads as of an instant is folded under their rights alone.")
    nested = connections[using].in_atomic_block
    with transaction.atomic(using=using):
        _tell(context, using)
        token = _current.set(context)
        try:
            yield
        finally:
            _current.reset(token)
    if nested:  # a rolled-back savepoint has restored the settings by itself; a released one has not
        _tell(outer, using)


def _tell(context: Context, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.user_id', %s, true), set_config('app.role', %s, true),"
            " set_config('app.reason', %s, true), set_config('app.request_id', %s, true),"
            " set_config('app.prompt', %s, true), set_config('app.places', '', true)",
            [context.user_id, context.role, context.reason, context.request_id, context.prompt],
        )

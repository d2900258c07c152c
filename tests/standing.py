"""What many tests begin with, made once a session: each in a database of its own, which may be a copy of another's."""

import contextlib
import pickle
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from trialsite.demo.roles import clone_database, drop_database


@dataclass(frozen=True)
class Standing:
    """What many tests begin with: a database, how many others it was built on, and what was made there last.

    Pickled, since tests change what they hold."""

    database: str
    depth: int
    made: bytes

    def value(self) -> Any:
        return pickle.loads(self.made)


def standing(make: Callable[..., Any], on: str = "") -> Any:
    """A fixture, to be named `standing_*`: what `make` gives, made once a session in a database of its own.

    `on`: the standing fixture on whose copy it is built; `make` is called with that one's value. A test that asks
    for such fixtures runs in the database of the last one, in a transaction that is rolled back.
    """

    def fixture(
        request: pytest.FixtureRequest,
        database_admin: str,
        database_template: str,
        django_test_environment: None,
        django_db_blocker: DjangoDbBlocker,
    ) -> Iterator[Standing]:
        from django.db import connection, transaction

        before: Standing | None = request.getfixturevalue(on) if on else None
        database = f"test_standing_{uuid.uuid4().hex[:12]}"
        clone_database(database_admin, before.database if before else database_template, database)
        try:
            with django_db_blocker.unblock(), connections_to(database), transaction.atomic():
                made = make(before.value()) if before else make()
                connection.run_on_commit.clear()  # as in a test, which commits nothing
            yield Standing(database, before.depth + 1 if before else 0, pickle.dumps(made))
        finally:
            drop_database(database_admin, database)

    return pytest.fixture(scope="session")(fixture)


@contextlib.contextmanager
def connections_to(database: str) -> Iterator[None]:
    """Both roles' connections lead to this database, in every thread that connects from now on."""
    from django.db import connections

    _close_connections()
    before = {alias: connections[alias].settings_dict["NAME"] for alias in connections}
    for alias in before:
        connections[alias].settings_dict["NAME"] = database
    try:
        yield
    finally:
        _close_connections()
        for alias, name in before.items():
            connections[alias].settings_dict["NAME"] = name


def _close_connections() -> None:
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()

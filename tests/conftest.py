"""Fixtures of all tests. The database's are in `tests/database.py`; importing it names the tests' servers."""

import pickle
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.utils import translation

if TYPE_CHECKING:
    from tests.cast import Cast

pytest_plugins = ["tests.database"]

SLOW = (
    "tests/integration/test_demo.py",
    "tests/integration/demo/",
    "tests/browser/",
    "tests/integration/test_servers.py",
    "tests/integration/test_reminders_survive.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no process of a parallel run waits for another's last long test."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW))


@pytest.fixture
def _django_db_helper(database_of_test: None, _django_db_helper: None) -> None:
    """Before a test's transaction begins (pytest-django's fixture), the connections lead to its database."""


@pytest.fixture
def cast(standing_cast: bytes, db: None) -> "Cast":
    """The cast of BLINA-FULL, in a transaction that is rolled back."""
    cast: Cast = pickle.loads(standing_cast)
    return cast


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Each test begins in English, whatever language the one before left on."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Rate limits count from zero in each test."""
    from django.core.cache import cache

    cache.clear()

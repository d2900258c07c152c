"""Fixtures of all tests. The database's are in `tests/database.py`; importing it names the tests' servers."""

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.utils import translation

from tests.standing import Standing, standing

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


def pytest_collection_finish() -> None:
    """The collector of garbage walks no more through what stays until the end, and less often through the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture
def _django_db_helper(database_of_test: None, _django_db_helper: None) -> None:
    """Before a test's transaction begins (pytest-django's fixture), the connections lead to its database."""


def hire(key: str) -> "Cast":
    from tests.cast import make_cast

    return make_cast(key)


standing_cast = standing(lambda: hire("BLINA-FULL"))
standing_hsct_cast = standing(lambda: hire("VIP-BLINA-HSCT"))
standing_ven_cast = standing(lambda: hire("BLINA-VEN"))


@pytest.fixture
def cast(standing_cast: Standing, db: None) -> "Cast":
    """The cast of BLINA-FULL, in a transaction that is rolled back."""
    cast: Cast = standing_cast.value()
    return cast


@pytest.fixture
def hsct_cast(standing_hsct_cast: Standing, db: None) -> "Cast":
    """The cast of VIP-BLINA-HSCT, whose primary endpoint runs from transplantation."""
    cast: Cast = standing_hsct_cast.value()
    return cast


@pytest.fixture
def ven_cast(standing_ven_cast: Standing, db: None) -> "Cast":
    """The cast of BLINA-VEN."""
    cast: Cast = standing_ven_cast.value()
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

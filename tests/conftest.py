"""Fixtures of all tests. The database's are in `tests/database.py`; importing it names the tests' servers."""

import pytest

pytest_plugins = ["tests.database"]


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Rate limits count from zero in each test."""
    from django.core.cache import cache

    cache.clear()

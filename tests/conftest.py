"""Fixtures of all tests. The database's are in `tests/database.py`; importing it names the tests' servers."""

from collections.abc import Iterator

import pytest
from django.utils import translation

pytest_plugins = ["tests.database"]


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

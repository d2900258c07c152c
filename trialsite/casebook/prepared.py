"""Queries that every submission asks: Django builds their SQL once a process, later askings only bind other values.

Building it took as long as PostgreSQL took to answer (see `make bench`).
"""

from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import Expression, Model, QuerySet

M = TypeVar("M", bound=Model)


class Bound(Expression):
    """Stands in a filter for the value that comes when the query is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:  # type: ignore[override]
        return "%s", [self]


class Prepared(Generic[M]):
    """A query whose shape never changes; `build` gives it with `Bound` where values belong."""

    def __init__(self, build: Callable[[], QuerySet[M]]) -> None:
        self.build = build

    @cached_property
    def built(self) -> tuple[QuerySet[M], Any, str, tuple[Any, ...]]:
        found = self.build()
        compiler = found.query.get_compiler(using=found.db)
        return found, compiler, *compiler.as_sql()

    def __call__(self, **values: Any) -> list[M]:
        """The rows for these values, given as their columns take them."""
        found, compiler, sql, params = self.built
        bound = tuple(values[one.name] if isinstance(one, Bound) else one for one in params)
        asking: Any = copy(compiler)
        asking.connection = connections[found.db]  # that of this thread
        asking.as_sql = lambda *_how, **_named: (sql, bound)
        again = found.all()
        again.query.get_compiler = lambda *_how, **_named: asking  # type: ignore[method-assign]
        return list(again)

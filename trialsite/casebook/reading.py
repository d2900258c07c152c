"""Reading each thing once: inside a reading the record stands still, so an answer may be kept.

A page that only shows opens one reading for itself (see the middleware); rules that ask for many facts join it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

T = TypeVar("T")
M = TypeVar("M", bound=Model)
_readings: ContextVar[dict[Any, Any] | None] = ContextVar("readings", default=None)


@contextmanager
def one_reading(*, anew: bool = False) -> Iterator[None]:
    """Keep answers until the end, or join the reading that is open already; nothing may be written meanwhile.

    `anew` forgets what an outer reading knows: for what follows a write, or for one subject of many."""
    if _readings.get() is not None and not anew:
        yield
        return
    token = _readings.set({})
    try:
        yield
    finally:
        _readings.reset(token)


def read_once(key: tuple[Any, ...], read: Callable[[], T]) -> T:
    """The answer of `read`, kept for the rest of this reading."""
    known = _readings.get()
    if known is None:
        return read()
    if key not in known:
        known[key] = read()
    return known[key]


_last_day: ContextVar[date | None] = ContextVar("last_day", default=None)


@contextmanager
def record_until(day: date) -> Iterator[None]:
    """Read facts as the record tells of days until `day`: what was measured later is as if it were not there."""
    token = _last_day.set(day)
    try:
        with one_reading(anew=True):
            yield
    finally:
        _last_day.reset(token)


def not_later(records: QuerySet[M], column: str = "performed_on") -> QuerySet[M]:
    """Forms (or lines, with the column of their form's day) as far as they are about days that are read."""
    day = _last_day.get()
    return records if day is None else records.exclude(**{f"{column}__gt": day})


class ReadingMiddleware:
    """One reading for each request that only reads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with one_reading():
            return self.get_response(request)

"""Reading each thing once: inside a reading the record stands still, so an answer may be kept.

A page that only shows opens one reading for itself (see the middleware); rules that ask for many facts join it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

T = TypeVar("T")
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


class ReadingMiddleware:
    """One reading for each request that only reads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with one_reading():
            return self.get_response(request)

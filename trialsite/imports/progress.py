"""How far a run is: whoever enters lines says so, whoever runs them listens, or nobody does."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Heard = Callable[[int], None]
T = TypeVar("T")


def unheard(_count: int) -> None:
    """Nobody listens."""


_listener: ContextVar[Heard] = ContextVar("listener", default=unheard)


@contextmanager
def heard_by(listener: Heard) -> Iterator[None]:
    """Inside, `listener` is told how many lines are done each time that some are; what it raises ends the run."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def went_on(count: int = 1) -> None:
    """Say that so many more lines are done."""
    _listener.get()(count)


def step_by_step(lines: Iterable[T]) -> Iterator[T]:
    """The same lines; each is said to be done when the next is taken."""
    for line in lines:
        yield line
        went_on()

"""How far a run over a file is, and what of it a trial takes back at once."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from django.db import transaction

Heard = Callable[[int], None]
T = TypeVar("T")


def unheard(_count: int) -> None:
    """Nobody listens."""


_trial: ContextVar[bool] = ContextVar("trial", default=False)
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


class TakenBack(Exception):
    """Nothing of a part of a trial run is kept."""


@contextmanager
def tried_out() -> Iterator[None]:
    """Nothing of what is done inside is kept, and what stands `alone` is taken back before the rest."""
    token = _trial.set(True)
    try:
        with alone():
            yield
    finally:
        _trial.reset(token)


@contextmanager
def alone() -> Iterator[None]:
    """Inside stands what nothing else in the file asks about, such as the lines of one subject.

    A trial takes it back at once, with its locks: whoever enters a form waits for that subject's lines only."""
    if not _trial.get():
        yield
        return
    try:
        with transaction.atomic():
            yield
            raise TakenBack
    except TakenBack:
        pass

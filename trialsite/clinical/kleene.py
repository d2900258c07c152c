"""Tri-state logic: a rule about a subject is true, false or unknown, and unknown is never no.

Kleene's strong three-valued logic. A value that is missing, not done, stale or of unknown unit makes
an atom UNKNOWN; the connectives below say when an answer stands in spite of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Truth(StrEnum):
    """The answer of a rule. It refuses to be used as a yes or no: compare it with `is Truth.TRUE`."""

    TRUE = "TRUE"
    FALSE = "FALSE"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def of(cls, answer: bool | None) -> Truth:
        """A recorded yes or no; None, an empty answer, is UNKNOWN."""
        if answer is None:
            return cls.UNKNOWN
        return cls.TRUE if answer else cls.FALSE

    @property
    def known(self) -> bool:
        return self is not Truth.UNKNOWN

    def __bool__(self) -> bool:
        raise TypeError(
            "A truth may be unknown, so it is neither true nor false: compare it with Truth.TRUE."
        )


def all_of(truths: Iterable[Truth]) -> Truth:
    """AND: one FALSE makes it FALSE whatever is unknown; TRUE only when all are TRUE. Of nothing: TRUE."""
    seen = set(truths)
    if Truth.FALSE in seen:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in seen else Truth.TRUE


def any_of(truths: Iterable[Truth]) -> Truth:
    """OR: one TRUE makes it TRUE whatever is unknown; FALSE only when all are FALSE. Of nothing: FALSE."""
    seen = set(truths)
    if Truth.TRUE in seen:
        return Truth.TRUE
    return Truth.UNKNOWN if Truth.UNKNOWN in seen else Truth.FALSE


def negate(truth: Truth) -> Truth:
    """NOT: the negation of unknown is unknown."""
    if truth is Truth.UNKNOWN:
        return Truth.UNKNOWN
    return Truth.FALSE if truth is Truth.TRUE else Truth.TRUE


def implies(condition: Truth, consequence: Truth) -> Truth:
    """IF … THEN …: TRUE when the condition does not hold, otherwise as the consequence."""
    return any_of((negate(condition), consequence))

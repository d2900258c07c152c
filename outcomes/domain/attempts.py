"""Attempts at contact: what each tells of the subject, how many failed in a row, when the next call is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

PROPOSES_LOST = (
    3  # failed attempts in a row, of which the form of the contact speaks ("3 attempts at contact")
)


class Result(StrEnum):
    """How one attempt ended."""

    REACHED = "REACHED"
    FAMILY = "FAMILY"
    NOT_REACHED = "NOT_REACHED"
    REFUSED = "REFUSED"


class Disease(StrEnum):
    """What was said of the subject; none of it is an assessment of the disease."""

    ALIVE_WELL = "ALIVE_WELL"
    ALIVE_RELAPSED = "ALIVE_RELAPSED"
    DIED = "DIED"
    UNKNOWN = "UNKNOWN"


class Told(StrEnum):
    """What an attempt tells of life and death."""

    ALIVE = "ALIVE"
    DEAD = "DEAD"
    NOTHING = "NOTHING"


@dataclass(frozen=True)
class Attempt:
    """One attempt: its day, how it ended, the day that was agreed for the next call."""

    on: date
    result: Result
    next_call_on: date | None = None


@dataclass(frozen=True)
class Standing:
    """Where the attempts at one subject stand: those that failed in a row, whether they propose "lost", next call."""

    failed: int
    first_failed_on: date | None
    next_call_on: date | None

    @property
    def proposes_lost(self) -> bool:
        return self.failed >= PROPOSES_LOST


def told_by(result: Result | str, disease: Disease | str) -> Told:
    """What an attempt tells. Who was spoken with is alive; the family tells alive or dead, or does not know.

    A refusal tells nothing that may be used (assumption): whether consent is withdrawn is asked and recorded apart.
    """
    if result == Result.REACHED:
        return Told.ALIVE
    if result != Result.FAMILY or disease in (Disease.UNKNOWN, ""):
        return Told.NOTHING
    return Told.DEAD if disease == Disease.DIED else Told.ALIVE


@dataclass(frozen=True)
class Contact:
    """The survival contact that an attempt bears out: its day, and whether the family told it."""

    on: date
    by_family: bool


def contact_told(on: date | None, result: Result | str, disease: Disease | str) -> Contact | None:
    """The contact that an attempt of a day bears out: one that found the subject alive; None otherwise."""
    if on is None or told_by(result, disease) is not Told.ALIVE:
        return None
    return Contact(on, result == Result.FAMILY)


def standing_of(attempts: Sequence[Attempt], last_contact: date | None) -> Standing:
    """The attempts at one subject since it was last known alive, in the order in which they were made.

    `last_contact`: the last day of a survival contact that found the subject alive. Attempts of that day or before
    count no more. Anything but "not reached" ends the row: a refusal is an answer. The next call is what the last
    attempt agreed on; a contact since then has settled it.
    """
    since = [one for one in attempts if last_contact is None or one.on > last_contact]
    row: list[Attempt] = []
    for one in since:
        row = [*row, one] if one.result is Result.NOT_REACHED else []
    agreed = attempts[-1].next_call_on if attempts else None
    if agreed is not None and last_contact is not None and last_contact > attempts[-1].on:
        agreed = None
    return Standing(len(row), row[0].on if row else None, agreed)


def due_on(next_call_on: date | None, planned_from: date | None) -> date | None:
    """The day from which to call: the one agreed on in the last call, else the first day of the planned contact's
    window; None when neither is known."""
    return next_call_on or planned_from

"""A transplantation or cell therapy elsewhere: what the sending site still has to learn, and by when.

Day 0 is asked for from the planned day on, or 30 days after the referral where none is planned; the graft (or the
product) 14 days after day 0, when a discharge letter or a call can tell it; what D+28 and D+100 found 14 days after
those days. All of these spans are assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

NO_PLAN_DAYS = 30
LETTER_DAYS = 14
D28, D100 = 28, 100
EARLY = {D28: 4, D100: 10}  # a finding so many days before the day already counts for it (assumption)


class Kind(StrEnum):
    """What a subject is referred for."""

    HSCT = "HSCT"
    CAR_T = "CAR_T"


class Wanted(StrEnum):
    """What the sending site asks for, in the order in which it comes."""

    DAY0 = "DAY0"
    GRAFT = "GRAFT"
    D28 = "D28"
    D100 = "D100"


# How many days after day 0 the finding lies of which a thing tells.
DAY_OF = {Wanted.DAY0: 0, Wanted.GRAFT: 0, Wanted.D28: D28, Wanted.D100: D100}


class State(StrEnum):
    """How one thing stands."""

    IN = "IN"
    MISSING = "MISSING"  # its day has come
    TO_COME = "TO_COME"
    WAITING = "WAITING"  # for day 0
    NOT_ASKED = "NOT_ASKED"  # follow-up ended before it, or the referral was called off


OPEN = (State.MISSING, State.TO_COME, State.WAITING)


@dataclass(frozen=True)
class Asked:
    """One thing with its state and the day from which it is asked for; `lacks` names what of it is not in."""

    what: Wanted
    state: State
    due: date | None
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sent:
    """A referral: its kind, the day, the planned day 0, and the day after which nothing is expected any more."""

    kind: Kind
    sent_on: date
    planned_on: date | None = None
    called_off_on: date | None = None
    follow_up_ended: date | None = None


@dataclass(frozen=True)
class Told:
    """What the casebook holds. lacks: of each thing what is still empty (it is in when nothing is)."""

    day0: date | None
    lacks: Mapping[Wanted, tuple[str, ...]]


def asked_for(sent: Sent, told: Told, today: date) -> tuple[Asked, ...]:
    """Every thing with its state, in order."""
    return tuple(asked(what, sent, told, today) for what in Wanted)


def asked(what: Wanted, sent: Sent, told: Told, today: date) -> Asked:
    due, lacks = due_on(what, sent, told.day0), tuple(told.lacks.get(what, ()))
    known = told.day0 is not None if what is Wanted.DAY0 else told.day0 is not None and not lacks
    if known:
        return Asked(what, State.IN, due)
    if sent.called_off_on is not None or over_before(what, sent, told.day0):
        return Asked(what, State.NOT_ASKED, None, lacks)
    if due is None:
        return Asked(what, State.WAITING, None, lacks)
    return Asked(what, State.MISSING if due <= today else State.TO_COME, due, lacks)


def due_on(what: Wanted, sent: Sent, day0: date | None) -> date | None:
    """The day from which a thing is asked for; None while it waits for day 0."""
    if what is Wanted.DAY0:
        return sent.planned_on or sent.sent_on + timedelta(days=NO_PLAN_DAYS)
    if day0 is None:
        return None
    return day0 + timedelta(days=DAY_OF[what] + LETTER_DAYS)


def over_before(what: Wanted, sent: Sent, day0: date | None) -> bool:
    """Whether follow-up ended before the day that a thing is about: nobody can tell it any more."""
    if sent.follow_up_ended is None:
        return False
    if day0 is None:
        return True
    return sent.follow_up_ended < day0 + timedelta(days=DAY_OF[what])


def next_due(things: Iterable[Asked]) -> date | None:
    """The day from which the next thing is asked for; None when nothing is to be asked any more."""
    days = [one.due for one in things if one.state in (State.MISSING, State.TO_COME) and one.due]
    return min(days, default=None)


def open_still(things: Iterable[Asked]) -> bool:
    """Whether the task goes on."""
    return any(one.state in OPEN for one in things)


def waits_for_letter(things: Iterable[Asked], day0: date, on: date) -> bool:
    """Whether what was done elsewhere on a day is still to come: with the first finding that lies on or after it."""
    days = (on - day0).days
    later = (one for one in things if one.what is not Wanted.DAY0 and DAY_OF[one.what] >= days)
    tells = next(later, None)
    return days >= 0 and tells is not None and tells.state in OPEN


def counts_for(day: int, found_on: date, day0: date) -> bool:
    """Whether a finding is late enough to say how it is at D+28 or D+100."""
    return found_on >= day0 + timedelta(days=day - EARLY[day])

"""Which subjects go to another protocol version, and why the others stay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Stays(StrEnum):
    """Why a subject keeps the version it has."""

    ENDED = "ended"  # screen failure, off study
    DIED = "died"  # or follow-up has ended otherwise
    HELD = "held"  # frozen or locked: nothing of the subject may change


@dataclass(frozen=True)
class Candidate:
    """What decides about one subject: whether something is still done with it, its end of follow-up, its holds."""

    followed: bool
    ended_on: date | None
    held: bool


def why_stays(one: Candidate) -> Stays | None:
    """Why a subject stays on its version; None when it moves."""
    if not one.followed:
        return Stays.ENDED
    if one.ended_on is not None:
        return Stays.DIED
    return Stays.HELD if one.held else None

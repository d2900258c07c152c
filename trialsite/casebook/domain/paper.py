"""The past that came on paper: the one rule that edit checks, work and reminders ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class EnteredFrom(StrEnum):
    """What a form was entered from."""

    NOW = ""  # as it happened
    PAPER = "paper"  # of a subject whose record came from paper until a day
    WORKSHEET = "worksheet"  # after an outage of the system, from what was written down meanwhile


@dataclass(frozen=True)
class OutageDays:
    """The days at a site on which the system could not be used, both included, and the instant of its return."""

    first: date
    last: date
    over: datetime


def from_paper(day: date | None, paper_until: date | None) -> bool:
    """Whether a day lies in the part of a record that comes from paper; a day that nobody knows does not."""
    return day is not None and paper_until is not None and day <= paper_until


def entered_from(
    day: date | None,
    *,
    paper_until: date | None,
    outages: Iterable[OutageDays] = (),
    entered_at: datetime | None = None,
) -> EnteredFrom:
    """What a form about `day` was entered from.

    `paper_until` is the last day of which the subject's record comes from paper, None for a subject followed here
    from the start. A form about a day of an outage that was entered (`entered_at`, an instant) once the system was
    back comes from a worksheet; one that was entered earlier that day does not. Without a day: as it happened.
    """
    if from_paper(day, paper_until):
        return EnteredFrom.PAPER
    if day is None or entered_at is None:
        return EnteredFrom.NOW
    late = any(one.first <= day <= one.last and entered_at >= one.over for one in outages)
    return EnteredFrom.WORKSHEET if late else EnteredFrom.NOW

"""Which version of the consent text is in force at a site on a day, and who has to consent again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from .consent import SignersAt, required_signers

OLDEST_AGE = 120


@dataclass(frozen=True)
class Approval:
    """A version of the consent text in one language, in force at a site from the day of its approval.

    again: subjects who signed an earlier version are asked to sign this one.
    """

    name: str
    language: str
    dated_on: date
    approved_on: date
    again: bool = True


def in_force(approvals: Iterable[Approval], on: date) -> dict[str, Approval]:
    """Language → the version in force on a day: the one approved last, on one day the one with the later date."""
    found: dict[str, Approval] = {}
    for one in sorted(approvals, key=lambda one: (one.approved_on, one.dated_on)):
        if one.approved_on <= on:
            found[one.language] = one
    return found


def replaced_by(approvals: Collection[Approval], name: str, on: date) -> Approval | None:
    """The version that had replaced `name` on a day; None while it is in force, or was never approved until then."""
    mine = next((one for one in approvals if one.name == name and one.approved_on <= on), None)
    if mine is None:
        return None
    standing = in_force(approvals, on)[mine.language]
    return None if standing.name == name else standing


def is_in_force(approvals: Iterable[Approval], name: str, on: date) -> bool:
    """Whether a version could be signed at the site on a day."""
    return any(one.name == name for one in in_force(approvals, on).values())


def newest_to_sign_again(approvals: Iterable[Approval], on: date) -> Approval | None:
    """The version approved last, until a day, that subjects who signed an earlier one are asked to sign."""
    asked = [one for one in approvals if one.again and one.approved_on <= on]
    return max(asked, key=lambda one: (one.approved_on, one.dated_on), default=None)


def good_enough(approvals: Collection[Approval], on: date) -> frozenset[str]:
    """The versions after which nobody is asked to sign again: approved no earlier than the newest that asks."""
    newest = newest_to_sign_again(approvals, on)
    since = newest.approved_on if newest else date.min
    return frozenset(one.name for one in approvals if since <= one.approved_on <= on)


def birthday(birth: date, age: int) -> date:
    """The day on which an age is completed; of those born on 29 February, 1 March of a common year."""
    try:
        return birth.replace(year=birth.year + age)
    except ValueError:
        return date(birth.year + age, 3, 1)


def others_sign_on(
    signers_at: SignersAt, birth: date | None, signed: Collection[str], consented_on: date
) -> date | None:
    """The first birthday after consent from which somebody has to sign who has not: the 18th of a minor.

    None where the birth date is not known, or whoever signed is enough for every later age.
    """
    if birth is None:
        return None
    for age in range(OLDEST_AGE):
        day = birthday(birth, age)
        if day > consented_on and not set(required_signers(signers_at, age)) <= set(signed):
            return day
    return None

"""Working days of a site: the day that is suggested for a visit, and the day on which it is told.

The target of a visit never moves: it is the protocol's. What is suggested is the working day nearest to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from trialsite.clinical.text import Text

SATURDAY = 5
LONGEST_BREAK = 60  # days; a site that is closed for longer has no working day to tell anything on


class DayKind(StrEnum):
    """What a day is at a site; the later ones go before the earlier ones."""

    WORKDAY = "WORKDAY"
    WEEKEND = "WEEKEND"
    HOLIDAY = "HOLIDAY"
    MAKE_UP = "MAKE_UP"
    CLOSED = "CLOSED"
    OPEN = "OPEN"


AT_WORK = frozenset({DayKind.WORKDAY, DayKind.MAKE_UP, DayKind.OPEN})


@dataclass(frozen=True)
class SiteCalendar:
    """The days of a site that differ from a plain week.

    holidays: public holiday → its name. make_up: weekend days that the state makes workdays for them. closed, open:
    the site's own days, each with its words; they go before the state's."""

    holidays: Mapping[date, Text] = field(default_factory=dict)
    make_up: frozenset[date] = frozenset()
    closed: Mapping[date, str] = field(default_factory=dict)
    open: Mapping[date, str] = field(default_factory=dict)

    def kind(self, day: date) -> DayKind:
        """What the day is here."""
        if day in self.open:
            return DayKind.OPEN
        if day in self.closed:
            return DayKind.CLOSED
        if day in self.make_up:
            return DayKind.MAKE_UP
        if day in self.holidays:
            return DayKind.HOLIDAY
        return DayKind.WEEKEND if day.weekday() >= SATURDAY else DayKind.WORKDAY


class Why(StrEnum):
    """Why a day is suggested."""

    TARGET = "TARGET"
    NEAREST = "NEAREST"
    NO_WORKING_DAY = "NO_WORKING_DAY"


@dataclass(frozen=True)
class Suggestion:
    """The day suggested for a visit.

    TARGET: the target is a working day. NEAREST: the working day of the window nearest to it. NO_WORKING_DAY: the
    window has none, so the target stands although the site does not work."""

    day: date
    why: Why


def is_working_day(site: SiteCalendar, day: date) -> bool:
    """Whether the site works on a day: its own word first, then make-up workdays, holidays, and the weekend."""
    return site.kind(day) in AT_WORK


def suggested_date(target: date, earliest: date, latest: date, site: SiteCalendar) -> Suggestion:
    """The day suggested for a visit with this window, both ends included.

    Of two working days equally far from the target the earlier one: what is missing can still be fetched before the
    window closes."""
    if is_working_day(site, target):
        return Suggestion(target, Why.TARGET)
    for distance in range(1, max((target - earliest).days, (latest - target).days) + 1):
        for day in (target - timedelta(days=distance), target + timedelta(days=distance)):
            if earliest <= day <= latest and is_working_day(site, day):
                return Suggestion(day, Why.NEAREST)
    return Suggestion(target, Why.NO_WORKING_DAY)


def last_working_day_before(day: date, site: SiteCalendar) -> date:
    """The last working day before a day: when the visit of that day is told at the latest.

    A site closed for 60 days on end has none; the day before is given then."""
    for distance in range(1, LONGEST_BREAK + 1):
        before = day - timedelta(days=distance)
        if is_working_day(site, before):
            return before
    return day - timedelta(days=1)


def next_working_week_end(day: date, site: SiteCalendar) -> date:
    """The last working day of the next week, Monday to Sunday, in which the site works at all.

    Who reads once a week reads until there: a week wholly off has no day on which to read of what comes after it.
    A site closed for 60 days on end: the day after."""
    monday = day - timedelta(days=day.weekday())
    for weeks in range(1, LONGEST_BREAK // 7 + 2):
        for weekday in reversed(range(7)):
            after = monday + timedelta(weeks=weeks, days=weekday)
            if is_working_day(site, after):
                return after
    return day + timedelta(days=1)

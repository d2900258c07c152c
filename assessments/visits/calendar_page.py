"""The study calendar: visits by week, by month with their numbers, and of one day; with the days off of the sites."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from trialsite.access.models import User
from trialsite.casebook.registries import DaySpan, calendar_lines
from trialsite.casebook.site_day import site_days

from ..domain.working_days import AT_WORK, DayKind, SiteCalendar
from ..models import PlannedVisit, SiteDay
from .selectors import (
    VisitLine,
    closed_by,
    expected,
    fresh,
    lines_of,
    open_visits,
)
from .working_days import Calendars, day_words, days_between, suggestion

CALENDAR_LIMIT = 20  # lines of a week; filters show the others
DAY_LIMIT = 200  # lines of one day
LONGEST_SHIFT = 31  # days between a target and the day suggested for it


@dataclass(frozen=True)
class Filters:
    """What the calendar is narrowed to: keys of a study and of a site, "" for all."""

    study: str = ""
    site: str = ""

    def of(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows = rows.filter(study__key=self.study) if self.study else rows
        return rows.filter(site__key=self.site) if self.site else rows


@dataclass(frozen=True)
class Shown:
    """Some visits, and how many there are in all."""

    lines: Sequence[VisitLine]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.lines)


@dataclass(frozen=True)
class DayNote:
    """What some days are, in words: a holiday from one day to another, a make-up workday, a day of a site's own."""

    first: date
    last: date
    kind: DayKind
    words: str

    @property
    def off(self) -> bool:
        return self.kind not in AT_WORK


@dataclass(frozen=True)
class Week:
    """One week of the calendar, Monday first."""

    monday: date
    shown: Shown
    notes: Sequence[DayNote]

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)


@dataclass(frozen=True)
class DayCell:
    """One day of the month: what it is, and how many visits stand on it; `late` of them are open and out of window."""

    day: date
    in_month: bool
    off: bool
    notes: Sequence[DayNote]
    visits: int
    late: int


def calendar_weeks(user: User, *, first: date, weeks: int, chosen: Filters) -> tuple[Shown, list[Week]]:
    """Late visits (oldest first), and the visits with a target in these weeks by week; the first of each."""
    days, calendars = site_days(), Calendars()
    visits = chosen.of(fresh(user))
    late = open_visits(visits).filter(closed_by(days)).order_by("latest", "pk")
    coming = expected(visits).order_by("target", "subject_id", "pk")
    mondays = [first + timedelta(weeks=number) for number in range(weeks)]
    notes = day_notes(user, chosen, first, first + timedelta(weeks=weeks) - timedelta(days=1))
    return some(late, days, calendars), [
        Week(
            monday,
            some(coming.filter(target__gte=monday, target__lt=monday + timedelta(weeks=1)), days, calendars),
            [one for one in notes if one.first < monday + timedelta(weeks=1) and one.last >= monday],
        )
        for monday in mondays
    ]


def some(visits: QuerySet[PlannedVisit], days: dict[Any, date], calendars: Calendars) -> Shown:
    """The first of many, and their number."""
    lines = lines_of(visits[:CALENDAR_LIMIT], days, calendars)
    return Shown(lines, visits.count() if len(lines) == CALENDAR_LIMIT else len(lines))


def calendar_month(user: User, *, month: date, chosen: Filters) -> list[list[DayCell]]:
    """The weeks of a month, Monday first, with the number of visits of each day.

    A visit that was done stands on the day on which it was, another one on the day that is suggested for it. The
    number of queries is fixed, and so many rows are read as there are places, targets and windows.
    """
    first = month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    monday, sunday = first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())
    counts = counts_by_day(expected(chosen.of(fresh(user))), monday, sunday)
    notes = day_notes(user, chosen, monday, sunday)
    public = Calendars().public
    cells = [
        DayCell(
            day,
            day.month == first.month,
            public.kind(day) not in AT_WORK,
            [one for one in notes if one.first <= day <= one.last],
            *counts.get(day, (0, 0)),
        )
        for day in days_between(monday, sunday)
    ]
    return [cells[place : place + 7] for place in range(0, len(cells), 7)]


def counts_by_day(visits: QuerySet[PlannedVisit], first: date, last: date) -> dict[date, tuple[int, int]]:
    """Day → how many visits stand on it, and how many of them are late."""
    days, calendars = site_days(), Calendars()
    shift = timedelta(days=LONGEST_SHIFT)
    near = Q(target__gte=first - shift, target__lte=last + shift) | Q(done_on__gte=first, done_on__lte=last)
    columns = ("study_id", "site_id", "target", "earliest", "latest", "done_on", "missed")
    found: dict[date, tuple[int, int]] = {}
    for row in visits.filter(near).order_by().values(*columns).annotate(number=Count("pk")):
        number = row.pop("number")
        visit = PlannedVisit(**row)
        place = visit.done_on or stands_on(visit, calendars)
        open_and_late = visit.done_on is None and not visit.missed and row["latest"] < days[visit.site_id]
        before = found.get(place, (0, 0))
        found[place] = (before[0] + number, before[1] + (number if open_and_late else 0))
    return found


def stands_on(visit: PlannedVisit, calendars: Calendars) -> date:
    """The day on which a visit with a target stands in the calendar before it is done."""
    found = suggestion(visit, calendars.of(visit))
    assert found is not None
    return found.day


def calendar_day(user: User, *, day: date, chosen: Filters) -> Shown:
    """The visits that stand on one day."""
    days, calendars = site_days(), Calendars()
    here = Q(done_on=day) | Q(done_on=None, earliest__lte=day, latest__gte=day) | Q(done_on=None, target=day)
    visits = (
        expected(chosen.of(fresh(user)))
        .filter(here)
        .order_by(F("done_on").asc(nulls_first=True), "latest", "pk")
    )
    found = [one for one in visits if (one.done_on or stands_on(one, calendars)) == day]
    return Shown(lines_of(found[:DAY_LIMIT], days, calendars), len(found))


def day_notes(user: User, chosen: Filters, first: date, last: date) -> list[DayNote]:
    """What the days from one to another are that differ from a plain week, by day."""
    public = Calendars().public
    notes = list(runs(public, first, last))
    own = chosen.of(SiteDay.objects.visible_to(user)).filter(withdrawn_at=None, day__gte=first, day__lte=last)
    said: dict[tuple[str, str, str], list[date]] = {}
    for one in own.select_related("site").order_by("day"):
        said.setdefault((one.site.key, one.kind, one.words), []).append(one.day)
    for (site, kind, words), days in said.items():
        here = SiteCalendar(closed=dict.fromkeys(days, words)) if kind == DayKind.CLOSED else None
        here = here or SiteCalendar(open=dict.fromkeys(days, words))
        notes += [
            DayNote(one.first, one.last, one.kind, f"{site} · {one.words}") for one in runs(here, first, last)
        ]
    span = DaySpan(first, last, chosen.study, chosen.site)
    notes += [
        DayNote(line.day, line.day, DayKind.WORKDAY, f"{line.subject_number} · {line.what} · {line.detail}")
        for source in calendar_lines.values()
        for line in source(user, span)
        if line.day is not None
    ]
    return sorted(set(notes), key=lambda one: (one.first, one.words))


def runs(site: SiteCalendar, first: date, last: date) -> Iterator[DayNote]:
    """Named days in a row as one note; a weekend inside a holiday belongs to it."""
    run: DayNote | None = None
    for day in days_between(first, last):
        kind, words = site.kind(day), day_words(day, site)
        if kind in (DayKind.WORKDAY, DayKind.WEEKEND):
            continue
        gap = [] if run is None else list(days_between(run.last + timedelta(days=1), day - timedelta(days=1)))
        joined = all(site.kind(one) is DayKind.WEEKEND for one in gap)
        if run is not None and joined and (run.kind, run.words) == (kind, words):
            run = DayNote(run.first, day, kind, words)
            continue
        if run is not None:
            yield run
        run = DayNote(day, day, kind, words)
    if run is not None:
        yield run


def monday_of(text: str, today: date) -> date:
    """The Monday of the week of a day in ISO; of today when there is none or it is no day."""
    day = day_of(text, today)
    return day - timedelta(days=day.weekday())


def day_of(text: str, today: date) -> date:
    """A day in ISO, or the first of a month (2026-10); today when there is none or it is no day."""
    for written in (text, f"{text}-01"):
        try:
            return date.fromisoformat(written)
        except ValueError:
            continue
    return today

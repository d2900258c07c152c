"""Working days of the sites, read for many places at once; the day suggested for a visit, and when it is told."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.audit.moment import now
from trialsite.casebook.reading import read_once
from trialsite.clinical.text import Text

from ..domain.working_days import (
    DayKind,
    SiteCalendar,
    Suggestion,
    Why,
    last_working_day_before,
    next_working_week_end,
    suggested_date,
)
from ..models import PlannedVisit, SiteDay, SiteDayKind
from .public_holidays import holidays_of, make_up_workdays

Place = tuple[UUID, UUID]  # study, site
YEARS_BACK, YEARS_AHEAD = 3, 5  # follow-up goes on for five years


def site_calendars() -> dict[Place, SiteCalendar]:
    """The calendar of every place that has days of its own, as far as this user sees them; one query in a reading."""
    return read_once(("site calendars",), read_calendars)


def read_calendars() -> dict[Place, SiteCalendar]:
    own: dict[Place, dict[str, dict[date, str]]] = {}
    for one in SiteDay.objects.filter(withdrawn_at=None).only("study_id", "site_id", "day", "kind", "words"):
        kinds = own.setdefault((one.study_id, one.site_id), {kind: {} for kind in SiteDayKind.values})
        kinds[one.kind][one.day] = one.words
    state = public_calendar()
    return {
        place: SiteCalendar(state.holidays, state.make_up, kinds[SiteDayKind.CLOSED], kinds[SiteDayKind.OPEN])
        for place, kinds in own.items()
    }


def public_calendar() -> SiteCalendar:
    """China's public calendar of the years in which visits lie."""
    year = now().year
    return calendar_of_years(year - YEARS_BACK, year + YEARS_AHEAD)


@cache
def calendar_of_years(first: int, last: int) -> SiteCalendar:
    years = range(first, last + 1)
    return SiteCalendar(
        holidays={day: name for year in years for day, name in holidays_of(year).items()},
        make_up=frozenset().union(*(make_up_workdays(year) for year in years)),
    )


def calendar_of(study_id: UUID, site_id: UUID) -> SiteCalendar:
    """The calendar of one place."""
    return site_calendars().get((study_id, site_id)) or public_calendar()


class Calendars:
    """The calendars of all places, read once for many visits: of each the days of its own, else the public ones."""

    def __init__(self) -> None:
        self.own, self.public = site_calendars(), public_calendar()

    def at(self, study_id: UUID, site_id: UUID) -> SiteCalendar:
        return self.own.get((study_id, site_id), self.public)

    def of(self, visit: PlannedVisit) -> SiteCalendar:
        return self.at(visit.study_id, visit.site_id)


def suggestion(visit: PlannedVisit, site: SiteCalendar) -> Suggestion | None:
    """The day suggested for a visit that has a target."""
    if visit.target is None or visit.earliest is None or visit.latest is None:
        return None
    return suggested_date(visit.target, visit.earliest, visit.latest, site)


def remind_on(visit: PlannedVisit, site: SiteCalendar) -> date | None:
    """The day on which a visit is told at the latest: the last working day before the day suggested for it."""
    found = suggestion(visit, site)
    return last_working_day_before(found.day, site) if found else None


def told_until(today: date, site: SiteCalendar) -> date:
    """The last day whose visits the inbox tells today at least: the end of the next week in which the site works."""
    return next_working_week_end(today, site)


def suggested_words(visit: PlannedVisit, site: SiteCalendar, today: date) -> str:
    """What is said beside a target that is no working day; "" where it is one, or the visit needs no more planning.

    A visit of a single day goes on whatever day it is (the subject is on the ward): only what the day is, is said."""
    found = suggestion(visit, site)
    if found is None or found.why is Why.TARGET or visit.done_on is not None or visit.missed:
        return ""
    if found.day < today:  # to suggest a day that is over helps nobody
        return ""
    assert visit.target is not None
    what = day_words(visit.target, site)
    if found.why is Why.NEAREST:
        return _("suggested %(day)s · the target is %(what)s") % {"day": short_day(found.day), "what": what}
    if visit.earliest == visit.latest:
        return "" if site.kind(visit.target) is DayKind.WEEKEND else what
    return _("no working day in the window · the target is %(what)s") % {"what": what}


def short_day(day: date) -> str:
    """A day with its weekday, as a coordinator reads it."""
    return f"{day.isoformat()} {date_format(day, 'D')}"


def day_words(day: date, site: SiteCalendar) -> str:
    """What a day is at a site that differs from a plain working day; "" where it does not."""
    kind = site.kind(day)
    if kind is DayKind.HOLIDAY:
        return in_language(site.holidays[day])
    return {
        DayKind.WORKDAY: "",
        DayKind.WEEKEND: _("a weekend day"),
        DayKind.MAKE_UP: _("make-up workday"),
        DayKind.CLOSED: _("closed: %(why)s") % {"why": site.closed.get(day, "")},
        DayKind.OPEN: _("working day: %(why)s") % {"why": site.open.get(day, "")},
    }[kind]


def in_language(text: Text) -> str:
    return text.in_language(get_language() or "en")


def days_between(first: date, last: date) -> Iterable[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)

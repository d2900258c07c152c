"""The calendar feed of a person: made and revoked by that person, read by a calendar program without a log-in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from trialsite.access.models import Token, User, new_token_key
from trialsite.audit.events import record_event
from trialsite.casebook.registries import DaySpan, WeekLine, calendar_lines
from trialsite.casebook.site_day import site_days

from ..domain.working_days import Why
from ..models import CalendarFeed
from .selectors import VisitLine, fresh, lines_of, open_visits
from .working_days import Calendars, day_words, suggestion

FEED_DAYS_BACK, FEED_DAYS_AHEAD = 60, 400
FEED_LIMIT = 2000


@transaction.atomic
def open_feed(*, by: User) -> str:
    """Make the address of one's own feed and return its secret, shown this once; an earlier one closes."""
    close_feed(by=by)
    secret = new_token_key()
    CalendarFeed.objects.create(user=by, digest=Token.digest_of(secret))
    record_event(kind="calendar_feed.opened", user_id=by.pk)
    return secret


@transaction.atomic
def close_feed(*, by: User) -> bool:
    """Close one's own feed: its address is unknown from now on. False where there was none."""
    closed = 0
    for feed in CalendarFeed.objects.select_for_update().filter(user=by, revoked_at=None):
        feed.revoked_at = timezone.now()
        feed.save(update_fields=["revoked_at"])
        closed += 1
    if closed:
        record_event(kind="calendar_feed.closed", user_id=by.pk)
    return closed > 0


def feed_of(user: User) -> CalendarFeed | None:
    """The feed of a person that is open."""
    return CalendarFeed.objects.filter(user=user, revoked_at=None).first()


def reader_of(secret: str) -> User | None:
    """Whose feed a secret opens; None for one that is unknown or revoked, and for an account that is closed."""
    digest = Token.digest_of(secret)
    feed = CalendarFeed.objects.filter(digest=digest, revoked_at=None, user__is_active=True)
    found = feed.select_related("user").first()
    return found.user if found else None


def visits_in_feed(user: User) -> list[VisitLine]:
    """The visits still to be done at the places that are open to a person now, the soonest first."""
    today = timezone.now().date()
    near = (today - timedelta(days=FEED_DAYS_BACK), today + timedelta(days=FEED_DAYS_AHEAD))
    visits = open_visits(fresh(user)).select_related("subject__derivation").filter(target__range=near)
    return lines_of(visits.order_by("target", "pk")[:FEED_LIMIT], site_days(), Calendars())


def written_feed(user: User) -> bytes:
    """The feed of a person in iCalendar, in that person's language: study, site and number, nobody's identity."""
    with translation.override(user.language):
        at = timezone.now().astimezone(UTC)
        found = calendar_of_visits(visits_in_feed(user), at)
        for line in expected_in_feed(user, at):
            found.add_component(event_of_line(line, at))
        return found.to_ical()


def expected_in_feed(user: User, at: datetime) -> list[WeekLine]:
    """What other rooms expect on the days of the feed beside visits."""
    days = (at.date() - timedelta(days=FEED_DAYS_BACK), at.date() + timedelta(days=FEED_DAYS_AHEAD))
    return [line for source in calendar_lines.values() for line in source(user, DaySpan(*days)) if line.day]


def event_of_line(line: WeekLine, at: datetime) -> Event:
    """Something expected on a day, such as the change of a bag."""
    event = Event()
    event.add("uid", f"{line.key}@blina-trials")
    event.add("dtstamp", at)
    assert line.day is not None  # others are in no feed
    event.add("dtstart", line.day)
    event.add("dtend", line.day + timedelta(days=1))
    event.add("summary", f"{line.study_key} · {line.subject_number} · {line.what}")
    event.add("location", line.site_key)
    event.add("description", str(line.detail))
    event.add("transp", "TRANSPARENT")
    return event


def calendar_of_visits(lines: Sequence[VisitLine], at: datetime) -> Calendar:
    """One all-day event for each visit, at the day suggested for it; `at` is when it was worked out."""
    found = Calendar()
    found.add("prodid", "-//BLINA Trials//Visits//EN")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", _("Visits of BLINA Trials"))
    for line in lines:
        found.add_component(event_of(line, at))
    return found


def event_of(line: VisitLine, at: datetime) -> Event:
    """A visit as an event; its UID stays when its date moves, so that calendar programs move it too."""
    visit = line.visit
    planned = suggestion(visit, line.site)
    assert planned is not None
    event = Event()
    event.add("uid", f"{visit.subject_id}.{visit.key}.{visit.repeat}@blina-trials")
    event.add("dtstamp", at)
    event.add("last-modified", at)
    event.add("sequence", visit.subject.derivation.chain_length)  # grows with every entry of the subject
    event.add("dtstart", planned.day)
    event.add("dtend", planned.day + timedelta(days=1))
    event.add("summary", f"{line.subject.study.key} · {line.subject.number} · {line.name}")
    event.add("location", line.subject.site.key)
    event.add("description", "\n".join(description_of(line, planned.why)))
    event.add("transp", "TRANSPARENT")
    return event


def description_of(line: VisitLine, why: Why) -> list[str]:
    visit = line.visit
    assert visit.target is not None  # only visits with a date are in a feed
    window = {"first": str(visit.earliest), "last": str(visit.latest)}
    told = [
        _("Target: %(day)s") % {"day": visit.target.isoformat()},
        _("Window: %(first)s to %(last)s") % window,
    ]
    if why is not Why.TARGET:
        told.append(_("The target is %(what)s.") % {"what": day_words(visit.target, line.site)})
    return [*told, line.standing.words]

"""Writes of the assessments that are no form: the note that a reminder went out."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.core.mail import send_mail
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trialsite.access.models import Role, User
from trialsite.access.permissions import grants_of
from trialsite.studies.models import StudySite

from .models import ReminderSent
from .selectors import VisitLine, visits_due

FIRST_HOUR = 6


@dataclass(frozen=True)
class Digest:
    """What one coordinator is told on one day."""

    day: date
    subject: str
    body: str
    visits: int


def send_reminder(*, by: User, now: datetime | None = None) -> Digest | None:
    """Send a coordinator the digest of the day, once, from 06:00 at the first of their sites on.

    The note of the sending is made first and in the same transaction, so that a second run, or a second worker, finds
    it and sends nothing; the mail leaves when the note is certain. Nothing due: no mail, and a later run looks again.
    """
    instant = now or timezone.now()
    places = coordinated_places(by)
    day = reminder_day(places, instant)
    if day is None or not by.email:
        return None
    lines = [
        line
        for line in visits_due(by, now=instant)
        if (line.subject.study_id, line.subject.site_id) in places
    ]
    if not lines or not note_sending(by, day, len(lines)):
        return None
    with translation.override(by.language):
        digest = compose(lines, day)
    transaction.on_commit(partial(send_mail, digest.subject, digest.body, None, [by.email]))
    return digest


def coordinated_places(user: User) -> dict[tuple[Any, Any], str]:
    """The (study, site) pairs where this user is coordinator today, with the site's time zone."""
    rows = [(study, site) for study, site, role in grants_of(user).rows if role == Role.COORDINATOR]
    studies = [study for study, __ in rows if study]
    places = StudySite.objects.filter(study_id__in=studies).select_related("site")
    return {
        (place.study_id, place.site_id): place.site.timezone
        for place in places
        if (place.study_id, None) in rows or (place.study_id, place.site_id) in rows
    }


def reminder_day(places: dict[tuple[Any, Any], str], instant: datetime) -> date | None:
    """The latest day that has reached 06:00 at one of the sites; None before that."""
    local = [instant.astimezone(ZoneInfo(zone)) for zone in set(places.values())]
    return max((moment.date() for moment in local if moment.hour >= FIRST_HOUR), default=None)


def note_sending(user: User, day: date, visits: int) -> bool:
    """Note that the digest of this day goes out; False when it did already."""
    table = ReminderSent._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (user_id, day, sent_at, visits) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (user_id, day) DO NOTHING RETURNING id",
            [user.pk, day, timezone.now(), visits],
        )
        return cursor.fetchone() is not None


def compose(lines: list[VisitLine], day: date) -> Digest:
    """The digest in the language that is active: numbers, visits and windows, no identity."""
    late = sum(line.standing.state == "late" for line in lines)
    subject = ngettext("%(n)d visit due", "%(n)d visits due", len(lines)) % {"n": len(lines)}
    if late:
        subject = _("%(due)s, %(late)d late") % {"due": subject, "late": late}
    sites: dict[tuple[str, str], list[VisitLine]] = {}
    for line in lines:
        sites.setdefault((line.subject.study.key, str(line.subject.site)), []).append(line)
    body = render_to_string("assessments/reminder.txt", {"sites": sites, "day": day})
    return Digest(day, subject, body, len(lines))

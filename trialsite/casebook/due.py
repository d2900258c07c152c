"""Lines of the inbox that are due on one day or at one hour, and when in words."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trialsite.audit.moment import now

from .models import Subject
from .registries import WorkLine
from .site_day import site_today

HOURS_TOLD = 48  # from here on lateness is told in days


def work_line(
    subject: Subject, kind: str, verb: Any, due: date | None, url: str, detail: Any = "", said: str = ""
) -> WorkLine:
    """One thing to do for a subject until a day of its site."""
    standing, words = due_in_words(due, site_today(subject))
    return WorkLine(
        kind=kind,
        verb=verb,
        subject_id=subject.pk,
        subject_number=subject.number,
        study_key=subject.study.key,
        site_key=subject.site.key,
        due=due,
        latest=due,
        url=url,
        detail=detail,
        said=said,
        standing=standing,
        standing_words=words,
    )


def hour_line(
    subject: Subject, kind: str, verb: Any, due_at: datetime, url: str, detail: Any = ""
) -> WorkLine:
    """One thing to do for a subject at an hour, told by the clock of its site."""
    zone = ZoneInfo(subject.site.timezone)
    there = due_at.astimezone(zone)
    standing, words = hour_in_words(there, now().astimezone(zone))
    line = work_line(
        subject,
        kind,
        verb,
        there.date(),
        url,
        detail or _("due %(when)s") % {"when": f"{there:%Y-%m-%d %H:%M}"},
    )
    return replace(line, standing=standing, standing_words=words)


def hour_in_words(due: datetime, at: datetime) -> tuple[str, str]:
    """The same of an hour, both by one clock: ("late", "4 h late"), ("due", "due 14:00"); other days as days.

    An hour that has passed is late at once; from two days on its lateness is told in days."""
    if due < at:
        hours = int((at - due).total_seconds() // 3600)
        if hours >= HOURS_TOLD:
            return due_in_words(due.date(), at.date())
        if hours < 1:
            return "late", _("less than 1 h late")
        return "late", _("%(n)d h late") % {"n": hours}
    if due.date() == at.date():
        return "due", _("due %(when)s") % {"when": f"{due:%H:%M}"}
    return due_in_words(due.date(), at.date())


def due_in_words(due: date | None, today: date) -> tuple[str, str]:
    """Standing and words of a due day: ("late", "3 days late"), ("due", "today"), ("upcoming", "in 2 days")."""
    if due is None:
        return "", ""
    days = (due - today).days
    if days < 0:
        return "late", ngettext("%(n)d day late", "%(n)d days late", -days) % {"n": -days}
    if days == 0:
        return "due", _("today")
    return "upcoming", ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}

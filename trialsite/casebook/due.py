"""Lines of the inbox that are due on one day, and that day in words."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import Subject
from .registries import WorkLine
from .site_day import site_today


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

"""A due day in words, the same in every line of the inbox."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


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

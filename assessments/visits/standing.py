"""Where a planned visit stands on a day, in a word for the colour and in words for people."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..models import PlannedVisit


@dataclass(frozen=True)
class Standing:
    """state: done, late, due, soon, coming, missed, waiting or off; words: what a person reads."""

    state: str
    words: str


SOON_DAYS = 7
SCREENING = "screening"  # the anchor of the screening visit


def standing(visit: PlannedVisit, today: date) -> Standing:
    """The standing of a visit on the site's day; both days of the window belong to it."""
    if visit.done_on is not None and visit.open_forms and visit.anchor != SCREENING:
        return Standing("running", begun_words(visit))
    if visit.done_on is not None:
        return Standing("done", done_words(visit, visit.done_on))
    if visit.missed:
        return Standing("missed", _("not done · %(reason)s") % {"reason": visit.missed_words})
    if needless(visit):
        return Standing("off", _("not expected any more"))
    if visit.target is None or visit.earliest is None or visit.latest is None:
        return Standing("waiting", _("waits for its date"))
    if today > visit.latest:
        days = (today - visit.latest).days
        return Standing("late", ngettext("%(n)d day late", "%(n)d days late", days) % {"n": days})
    if today >= visit.earliest:
        return Standing("due", due_words(visit.target, visit.latest, today))
    days = (visit.earliest - today).days
    words = (
        _("opens tomorrow")
        if days == 1
        else ngettext("opens in %(n)d day", "opens in %(n)d days", days) % {"n": days}
    )
    return Standing("soon" if days <= SOON_DAYS else "coming", words)


def needless(visit: PlannedVisit) -> bool:
    """Whether the subject died or went off study before the day of the visit, and nothing was recorded of it.

    A visit that still waits for its date is needless after either. `selectors.expected` asks the database the same.
    """
    if visit.ended_on is None or visit.done_on is not None or visit.missed:
        return False
    return visit.target is None or visit.target > visit.ended_on


def due_words(target: date, latest: date, today: date) -> str:
    """A visit in its window: today when it is the target, otherwise the days that are left."""
    if today in (target, latest):
        return _("today") if today == target else _("today is the last day")
    days = (latest - today).days
    return ngettext("due, %(n)d day left", "due, %(n)d days left", days) % {"n": days}


def begun_words(visit: PlannedVisit) -> str:
    return ngettext("begun, %(n)d form open", "begun, %(n)d forms open", visit.open_forms) % {
        "n": visit.open_forms
    }


def done_words(visit: PlannedVisit, done_on: date) -> str:
    """Done in, before or after the window; screening may rest on results from before the consent."""
    if visit.anchor == SCREENING:
        return _("done")
    if visit.earliest is not None and done_on < visit.earliest:
        days = (visit.earliest - done_on).days
        return ngettext("done %(n)d day early", "done %(n)d days early", days) % {"n": days}
    if visit.latest is not None and done_on > visit.latest:
        days = (done_on - visit.latest).days
        return ngettext("done %(n)d day late", "done %(n)d days late", days) % {"n": days}
    return _("done")

"""What the week sheet says of visits: who is expected on which day, and which samples belong to the visit."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.casebook.registries import Week, WeekLine, forms
from trialsite.casebook.site_day import site_days
from trialsite.listing import listed
from trialsite.studies.models import Site

from ..models import PlannedVisit
from .calendar_page import Filters, day_notes, stands_on
from .selectors import VisitLine, lines_of, open_visits, planned
from .working_days import Calendars, days_between

SAMPLES = ("HEM", "CHEM", "COAG", "VIR", "BM", "MRD", "CHI", "CSF")


def visits_of_week(user: User, week: Week) -> Iterator[WeekLine]:
    """The visits that are still to be done at the site in the week, and in this week those that are late.

    A visit stands on the working day that is suggested for it; one whose day is over and whose window is not stands on
    its last day.
    """
    days, calendars = site_days(), Calendars()
    today = days[week.site_id]
    found = open_visits(planned(user)).filter(site_id=week.site_id)
    if week.study:
        found = found.filter(study__key=week.study)
    this_week = week.monday <= today <= week.sunday
    if this_week:
        late = found.filter(latest__lt=today).order_by("latest", "pk")
        yield from (line_of(line, None) for line in lines_of(late, days, calendars))
    touched = found.filter(earliest__lte=week.sunday, latest__gte=today if this_week else week.monday)
    for line in lines_of(touched, days, calendars):
        day = day_in(week, line.visit, stands_on(line.visit, calendars))
        if day is not None:
            yield line_of(line, day)


def line_of(line: VisitLine, day: date | None) -> WeekLine:
    return WeekLine(
        day=day,
        subject_number=line.subject.number,
        study_key=line.subject.study.key,
        what=line.name,
        detail=" · ".join(filter(None, (window_words(line.visit), samples_in_words(line)))),
    )


def day_in(week: Week, visit: PlannedVisit, place: date) -> date | None:
    """The day of the week on which a visit stands; None where it stands in a later week."""
    if place >= week.monday:
        return place if place <= week.sunday else None
    return min(visit.latest or week.sunday, week.sunday)


def notes_of_week(user: User, week: Week) -> dict[date, str]:
    """What the days of the week are at the site where they are no plain working days: a holiday, closed, made up."""
    site = Site.objects.get(pk=week.site_id)
    found: dict[date, str] = {}
    for note in day_notes(user, Filters(week.study, site.key), week.monday, week.sunday):
        for day in days_between(max(note.first, week.monday), min(note.last, week.sunday)):
            found[day] = " · ".join(filter(None, (found.get(day), note.words)))
    return found


def window_words(visit: PlannedVisit) -> str:
    if visit.earliest is None or visit.latest is None or visit.earliest == visit.latest:
        return ""
    return _("window %(first)s – %(last)s") % {
        "first": f"{visit.earliest:%m-%d}",
        "last": f"{visit.latest:%m-%d}",
    }


def samples_in_words(line: VisitLine) -> str:
    """The samples that the visit asks for, in the order of a tray."""
    asked = {one["form"] for one in line.visit.forms if one["required"]}
    names = [str(forms[key].title) for key in SAMPLES if key in asked and key in forms]
    return _("samples: %(names)s") % {"names": listed(names)} if names else ""

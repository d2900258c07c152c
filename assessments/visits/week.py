"""What the week sheet says of visits: who is expected on which day, and which samples belong to the visit."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.casebook.registries import Week, WeekLine, forms
from trialsite.casebook.site_day import site_days

from ..models import PlannedVisit
from .selectors import VisitLine, lines_of, open_visits, planned

SAMPLES = ("HEM", "CHEM", "COAG", "VIR", "BM", "MRD", "CHI", "CSF")


def visits_of_week(user: User, week: Week) -> Iterator[WeekLine]:
    """The visits that are still to be done at the site in the week; two queries.

    A visit stands on its target day; one whose target is over and whose window is not stands on its last day.
    """
    in_week = Q(target__range=(week.monday, week.sunday))
    still_open = Q(target__lt=week.monday, latest__gte=week.monday)
    found = open_visits(planned(user)).filter(in_week | still_open, site_id=week.site_id)
    if week.study:
        found = found.filter(study__key=week.study)
    for line in lines_of(found, site_days()):
        visit = line.visit
        yield WeekLine(
            day=day_in(week, visit),
            subject_number=line.subject.number,
            study_key=line.subject.study.key,
            what=line.name,
            detail=" · ".join(filter(None, (window_words(visit), samples_in_words(line)))),
        )


def day_in(week: Week, visit: PlannedVisit) -> date:
    assert visit.target is not None  # an open visit has one
    if visit.target >= week.monday:
        return visit.target
    return min(visit.latest or week.sunday, week.sunday)


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
    return _("samples: %(names)s") % {"names": ", ".join(names)} if names else ""

"""The week sheet of a ward: visits, doses, samples of one week, day by day, as the rooms tell them."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from trialsite.access.models import User
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import Week, WeekLine, week_lines, week_notes
from trialsite.casebook.states import FOLLOWED
from trialsite.studies.models import Site


@dataclass(frozen=True)
class SubjectDay:
    """What one subject is expected for on one day."""

    subject_number: str
    study_key: str
    lines: list[WeekLine]


@dataclass(frozen=True)
class Day:
    """One day of the sheet."""

    on: date
    subjects: list[SubjectDay]
    note: str


@dataclass(frozen=True)
class WeekSheet:
    """The seven days of a week, and before them what is late."""

    late: list[SubjectDay]
    days: list[Day]


def week_of(user: User, *, site: Site, study: str, monday: date) -> WeekSheet:
    """A week at one site, with the subjects that this user may see there."""
    bring_up_to_date(Subject.objects.visible_to(user).filter(site=site, state__in=FOLLOWED))
    week = Week(monday=monday, site_id=site.pk, study=study)
    lines = [line for source in week_lines.values() for line in source(user, week)]
    notes = notes_of(user, week)
    week_days = [monday + timedelta(days=number) for number in range(7)]
    return WeekSheet(
        subjects_of(lines, None),
        [Day(day, subjects_of(lines, day), notes.get(day, "")) for day in week_days],
    )


def notes_of(user: User, week: Week) -> dict[date, str]:
    """What the days are, as the rooms tell it."""
    told: dict[date, str] = {}
    for source in week_notes.values():
        told |= source(user, week)
    return told


def subjects_of(lines: list[WeekLine], day: date | None) -> list[SubjectDay]:
    """The lines of a day by subject; what several sources say of one subject stands together."""
    here = sorted(
        (line for line in lines if line.day == day),
        key=lambda line: (line.study_key, line.subject_number, line.order),
    )
    grouped = groupby(here, key=lambda line: (line.study_key, line.subject_number))
    return [SubjectDay(number, study, list(found)) for (study, number), found in grouped]

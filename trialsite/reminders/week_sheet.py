"""The week sheet of a ward: visits, doses, samples of one week, day by day, as the rooms tell them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from trialsite.access.models import User
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import Week, WeekLine, week_lines
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


def week_of(user: User, *, site: Site, study: str, monday: date) -> list[Day]:
    """The seven days of a week at one site, with the subjects that this user may see there."""
    bring_up_to_date(Subject.objects.visible_to(user).filter(site=site, state__in=FOLLOWED))
    week = Week(monday=monday, site_id=site.pk, study=study)
    lines = [line for source in week_lines.values() for line in source(user, week)]
    return list(days_of(lines, monday))


def days_of(lines: list[WeekLine], monday: date) -> Iterator[Day]:
    """Lines by day and subject; what several sources say of one subject stands together."""
    for number in range(7):
        day = monday + timedelta(days=number)
        today = sorted(
            (line for line in lines if line.day == day),
            key=lambda line: (line.study_key, line.subject_number, line.order),
        )
        yield Day(
            day,
            [
                SubjectDay(number, study, list(found))
                for (study, number), found in groupby(
                    today, key=lambda line: (line.study_key, line.subject_number)
                )
            ],
        )

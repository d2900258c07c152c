"""Every read of planned visits, limited to what this user may see."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import User
from trialsite.access.permissions import grants_of
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import WorkLine
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import Site

from .models import PlannedVisit
from .standing import SOON_DAYS, Standing, standing

FOLLOWED = (SubjectState.SCREENING, SubjectState.ENROLLED)
WORK_LIMIT = 500  # the inbox shows the most pressing; the calendar has them all


@dataclass(frozen=True)
class VisitLine:
    """One planned visit as lists show it, with its standing on its site's day."""

    visit: PlannedVisit
    standing: Standing
    today: date

    @property
    def subject(self) -> Subject:
        return self.visit.subject

    @property
    def name(self) -> str:
        name = self.visit.name_zh if (get_language() or "").startswith("zh") else self.visit.name_en
        return f"{name} · {self.visit.repeat}" if self.visit.repeat > 1 else name

    @property
    def url(self) -> str:
        """The first required form of the visit."""
        required = [one["form"] for one in self.visit.forms if one["required"]]
        keys = required or [one["form"] for one in self.visit.forms]
        return Slot(self.visit.subject_id, self.visit.key, keys[0], self.visit.repeat).url() if keys else ""

    @property
    def not_done_url(self) -> str:
        """Where the visit is recorded as not done."""
        return reverse(
            "visit-not-done", args=[self.visit.subject_id, f"{self.visit.key}.{self.visit.repeat}"]
        )


def fresh(user: User, subjects: QuerySet[Subject] | None = None) -> QuerySet[PlannedVisit]:
    """The planned visits of the subjects that this user may see, brought up to date with the record."""
    subjects = Subject.objects.visible_to(user) if subjects is None else subjects
    bring_up_to_date(subjects.filter(state__in=FOLLOWED))
    return (
        PlannedVisit.objects.visible_to(user)
        .filter(subject__state__in=FOLLOWED)
        .select_related("subject__study", "subject__site")
        .defer("subject__protocol_version")
    )


def site_days(now: datetime | None = None) -> dict[Any, date]:
    """Site → its day at this instant; one query."""
    instant = now or timezone.now()
    return {
        site: instant.astimezone(ZoneInfo(zone)).date()
        for site, zone in Site.objects.values_list("pk", "timezone")
    }


def opening_by(days: dict[Any, date], ahead: int) -> Q:
    """Visits whose window opens no later than so many days from each site's own day."""
    by_day: dict[date, list[Any]] = {}
    for site, day in days.items():
        by_day.setdefault(day, []).append(site)
    reach = Q(pk__in=[])
    for day, sites in by_day.items():
        reach |= Q(site_id__in=sites, earliest__lte=day + timedelta(days=ahead))
    return reach


def open_visits(visits: QuerySet[PlannedVisit]) -> QuerySet[PlannedVisit]:
    """Visits that are still to be done: not done, not missed, and expected in spite of a death."""
    return visits.filter(done_on=None, missed=False, target__isnull=False).filter(
        Q(ended_on=None) | Q(earliest__lte=F("ended_on"))
    )


def visits_due(user: User, *, ahead: int = SOON_DAYS, now: datetime | None = None) -> list[VisitLine]:
    """What is late, due, or opens in the next days, the most pressing first; a fixed number of queries."""
    days = site_days(now)
    found = (
        open_visits(fresh(user))
        .filter(opening_by(days, ahead))
        .order_by("latest", "earliest", "pk")[:WORK_LIMIT]
    )
    return lines_of(found, days)


def lines_of(visits: Iterable[PlannedVisit], days: dict[Any, date]) -> list[VisitLine]:
    return [VisitLine(visit, standing(visit, days[visit.site_id]), days[visit.site_id]) for visit in visits]


def visit_work(user: User) -> Iterator[WorkLine]:
    """The inbox lines of visits, for those who do them."""
    grants = grants_of(user)
    if not grants.somewhere("form.submit"):
        return
    for line in visits_due(user):
        subject = line.subject
        if subject.state == SubjectState.SCREENING and line.visit.anchor == "screening":
            continue  # enrolment says what the screening still lacks
        if grants.allows("form.submit", subject.study_id, subject.site_id):
            yield WorkLine(
                kind="visits",
                verb=_("Do the visit"),
                subject_id=subject.pk,
                subject_number=subject.number,
                study_key=subject.study.key,
                site_key=subject.site.key,
                due=line.visit.earliest,
                latest=line.visit.latest,
                url=line.url,
                detail=line.name,
                standing=line.standing.state,
                standing_words=line.standing.words,
                other_verb=_("Not done…"),
                other_url=f"{line.not_done_url}?from=inbox",
            )


@dataclass(frozen=True)
class Week:
    """One week of the calendar, Monday first."""

    monday: date
    lines: Sequence[VisitLine]

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)


def calendar_weeks(
    user: User, *, first: date, weeks: int, study: str = "", site: str = ""
) -> tuple[list[VisitLine], list[Week]]:
    """Late visits (oldest first), and the visits with a target in these weeks by week."""
    days = site_days()
    visits = fresh(user)
    if study:
        visits = visits.filter(study__key=study)
    if site:
        visits = visits.filter(site__key=site)
    end = first + timedelta(weeks=weeks)
    ahead = visits.filter(target__gte=first, target__lt=end).order_by("target", "subject_id", "pk")
    shown = [line for line in lines_of(ahead, days) if line.standing.state != "off"]
    past = open_visits(visits).filter(latest__lt=max(days.values(), default=first)).order_by("latest", "pk")
    late = [line for line in lines_of(past, days) if line.standing.state == "late"]
    return late, [week_of(first + timedelta(weeks=number), shown) for number in range(weeks)]


def week_of(monday: date, lines: Iterable[VisitLine]) -> Week:
    """The visits whose target lies in the week."""
    next_monday = monday + timedelta(weeks=1)
    return Week(
        monday, [line for line in lines if line.visit.target and monday <= line.visit.target < next_monday]
    )

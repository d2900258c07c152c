"""Every read of planned visits, limited to what this user may see."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Func, IntegerField, Q, QuerySet
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook.domain.paper import from_paper
from trialsite.casebook.models import Subject
from trialsite.casebook.names import numbered
from trialsite.casebook.outages import of_the_past
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.casebook.site_day import on_each_day, site_days
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import FOLLOWED, SubjectState

from ..domain.working_days import SiteCalendar
from ..models import PlannedVisit
from .standing import SCREENING, SOON_DAYS, Standing, standing
from .working_days import Calendars, remind_on, suggested_words, told_until

DO_THE_VISIT = _("Do the visit")
COMPLETE_THE_VISIT = _("Complete the visit")


@dataclass(frozen=True)
class VisitLine:
    """One planned visit as lists show it, with its standing on its site's day."""

    visit: PlannedVisit
    standing: Standing
    today: date
    site: SiteCalendar

    @property
    def suggested(self) -> str:
        """Which working day is suggested where the target is none; "" otherwise."""
        return suggested_words(self.visit, self.site, self.today)

    @property
    def subject(self) -> Subject:
        return self.visit.subject

    @property
    def name(self) -> str:
        return visit_words(self.visit)

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


def visit_words(visit: PlannedVisit) -> str:
    """The name of a planned visit in the reader's language, with its number in a series."""
    name = visit.name_zh if (get_language() or "").startswith("zh") else visit.name_en
    return numbered(name, visit.repeat) if visit.repeat > 1 else name


def fresh(user: User) -> QuerySet[PlannedVisit]:
    """The planned visits of the subjects that this user may see, brought up to date with the record."""
    bring_up_to_date(Subject.objects.visible_to(user).filter(state__in=FOLLOWED))
    return planned(user)


def planned(user: User) -> QuerySet[PlannedVisit]:
    """The planned visits of the subjects that this user may see, as they were derived last."""
    return (
        PlannedVisit.objects.visible_to(user)
        .filter(subject__state__in=FOLLOWED)
        .select_related("subject__study", "subject__site")
        .defer("subject__protocol_version")
    )


def opening_by(days: dict[Any, date], ahead: int) -> Q:
    """Visits whose window opens no later than so many days from each site's own day."""
    return on_each_day(days, lambda day: Q(earliest__lte=day + timedelta(days=ahead)))


def closed_by(days: dict[Any, date]) -> Q:
    """Visits whose window is over on their site's own day."""
    return on_each_day(days, lambda day: Q(latest__lt=day))


def expected(visits: QuerySet[PlannedVisit]) -> QuerySet[PlannedVisit]:
    """Visits with a date that were done or that neither a death nor the end of the study part has made needless."""
    alive = Q(ended_on=None) | Q(target__lte=F("ended_on"))
    return visits.filter(alive | Q(missed=True) | Q(done_on__isnull=False), target__isnull=False)


def open_visits(visits: QuerySet[PlannedVisit]) -> QuerySet[PlannedVisit]:
    """Visits that are still to be done: expected, not done, not recorded as not done, not of the past from paper."""
    return expected(visits).filter(done_on=None, missed=False).exclude(of_the_past("latest"))


def begun_visits(visits: QuerySet[PlannedVisit], days: dict[Any, date]) -> QuerySet[PlannedVisit]:
    """Visits of which something was recorded and something is still open, while their window lasts."""
    begun = visits.filter(done_on__isnull=False, open_forms__gt=0, missed=False).exclude(anchor=SCREENING)
    return begun.filter(on_each_day(days, lambda day: Q(latest__gte=day))).order_by("latest", "pk")


def pressing(
    visits: QuerySet[PlannedVisit], days: dict[Any, date], ahead: int, calendars: Calendars | None = None
) -> QuerySet[PlannedVisit]:
    """What is still to be done and opens within so many days, the most pressing first.

    Also what opens until the end of the next week in which the site works, so that the reminder of this week tells what
    comes right after a long holiday.
    """
    near = opening_by(days, ahead) | opening_next_week(days, calendars or Calendars())
    return open_visits(visits).filter(near).order_by("latest", "earliest", "pk")


def opening_next_week(days: dict[Any, date], calendars: Calendars) -> Q:
    """Visits that open within the next week in which their site works, by its own days where it has some."""
    public = {site: told_until(day, calendars.public) for site, day in days.items()}
    reach = on_each_day(public, lambda day: Q(earliest__lte=day))
    for (study, site), own in calendars.own.items():
        reach |= Q(study_id=study, site_id=site, earliest__lte=told_until(days[site], own))
    return reach


# Visits that ask for nothing but the survival contact: the call list tells them.
BY_TELEPHONE = Q(forms__contains=[{"form": "SUR"}]) & Q(
    Exact(Func("forms", function="jsonb_array_length", output_field=IntegerField()), 1)
)


def lines_of(
    visits: Iterable[PlannedVisit], days: dict[Any, date], calendars: Calendars | None = None
) -> list[VisitLine]:
    calendars = calendars or Calendars()
    return [
        VisitLine(
            visit, standing_in_list(visit, days[visit.site_id]), days[visit.site_id], calendars.of(visit)
        )
        for visit in visits
    ]


def standing_in_list(visit: PlannedVisit, today: date) -> Standing:
    """The standing of a visit; a screening is not done by its first form: it goes on until it is decided."""
    if visit.anchor == SCREENING and visit.done_on and visit.subject.state == SubjectState.SCREENING:
        return Standing("running", gettext("begun"))
    if (
        visit.done_on is None
        and not visit.missed
        and from_paper(visit.latest, visit.subject.from_paper_until)
    ):
        return Standing("off", gettext("from paper: on the list of gaps"))
    return standing(visit, today)


def visit_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """The inbox lines of visits, for those who do them; what screening lacks is said by enrolment."""
    visits = wanted.of(planned(user).filter(reach_of(user, "form.submit")))
    days, calendars = site_days(), Calendars()
    near = pressing(visits, days, SOON_DAYS, calendars)
    ours = near.exclude(subject__state=SubjectState.SCREENING, anchor=SCREENING).exclude(BY_TELEPHONE)
    for line in lines_of(ours[: wanted.limit], days, calendars):
        yield replace(
            work_line(line, "visits", DO_THE_VISIT),
            detail=" · ".join(filter(None, (line.name, line.suggested))),
            remind_on=remind_on(line.visit, line.site),
            other_verb=_("Not done…"),
            other_url=f"{line.not_done_url}?from=inbox",
        )


def begun_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """The inbox lines of visits of which some forms are still empty, for those who enter them."""
    visits = wanted.of(planned(user).filter(reach_of(user, "form.submit")))
    days = site_days()
    for line in lines_of(begun_visits(visits, days)[: wanted.limit], days):
        yield replace(
            work_line(line, "visit-forms", COMPLETE_THE_VISIT), url=reverse("subject", args=[line.subject.pk])
        )


def work_line(line: VisitLine, kind: str, verb: Any) -> WorkLine:
    subject = line.subject
    return WorkLine(
        kind=kind,
        verb=verb,
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
    )


VISIT_WORK = WorkSource({"visits": DO_THE_VISIT}, visit_work)
BEGUN_WORK = WorkSource({"visit-forms": COMPLETE_THE_VISIT}, begun_work)

"""What coordinators said of the days of their sites, and the visits they added to the plan, through the services."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone, translation

from assessments.models import SiteDay, SiteDayKind, VitalSigns
from assessments.visits.site_days import record_site_days, withdraw_site_day
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook import projections
from trialsite.casebook.added_visits import add_visit
from trialsite.casebook.items import values_of
from trialsite.casebook.models import UNSCHEDULED, Subject
from trialsite.casebook.registries import follow_up_ends
from trialsite.casebook.selectors import current_records
from trialsite.casebook.services import submit_form
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import Study, StudySite

from .accounts import staff_of

CLOSED_IN, CLOSED_FOR = 19, 2  # days from today; a ward is closed for so long
SATURDAY, SETTLED = 5, 21  # the weekday; days since enrolment after which somebody comes out of turn
SAME_DAY = "Fever at home, counts checked out of turn"
AHEAD = "Counts before the next block, asked for by the ward"


def plan_days_and_visits(study: Study, people: Mapping[str, User]) -> None:
    """Days of each site, and two unscheduled visits: one done, one to come."""
    places = StudySite.objects.filter(study=study).select_related("site").order_by("site__key")
    for number, place in enumerate(places):
        coordinator, _investigator = staff_of(place.site.key, dict(people))
        with translation.override("en"), acting(user=coordinator, reason=""):
            say_days(study, place, number, coordinator)
    for subject, before in zip(lately_enrolled(study, people), (6, -4), strict=False):
        coordinator, _investigator = staff_of(subject.site.key, dict(people))
        with translation.override("en"), acting(user=coordinator, reason=""):
            on = max(subject.screened_on, site_today(subject) - timedelta(days=before))
            come_out_of_turn(subject, on, coordinator)
            projections.refresh(subject)
            connection.run_on_commit.clear()


def say_days(study: Study, place: StudySite, number: int, by: User) -> None:
    """A ward that is closed, a Saturday that is worked for it and, at the first site, a day said in error."""
    if SiteDay.objects.filter(study=study, site=place.site).exists():  # said in an earlier run
        return
    today = site_today_of(place)
    closed = today + timedelta(days=CLOSED_IN + 7 * number)
    saturday = closed + timedelta(days=(SATURDAY - closed.weekday()) % 7 + 7)
    say = partial(record_site_days, study=study, site=place.site, by=by)
    last = closed + timedelta(days=CLOSED_FOR - 1)
    say(first=closed, last=last, kind=SiteDayKind.CLOSED, reason="Water works on the ward")
    say(first=saturday, last=saturday, kind=SiteDayKind.OPEN, reason="Clinic in place of the closed days")
    if number == 0:
        wrong = closed + timedelta(days=30)
        (said,) = say(first=wrong, last=wrong, kind=SiteDayKind.CLOSED, reason="Staff training")
        withdraw_site_day(day_id=said.pk, by=by, reason="The training is on another floor")


def lately_enrolled(study: Study, people: Mapping[str, User]) -> list[Subject]:
    """Two of those enrolled last who are still followed."""
    with acting(user=people["data.manager"]):
        found = Subject.objects.filter(study=study, state=SubjectState.ENROLLED).select_related(
            "study", "site", "protocol_version"
        )
        subjects = list(found.order_by("-enrolled_on", "pk")[:20])
        ended = follow_up_ends([one.pk for one in subjects])
    settled = [
        one
        for one in subjects
        if one.pk not in ended and one.enrolled_on and (site_today(one) - one.enrolled_on).days >= SETTLED
    ]
    return (settled or [one for one in subjects if one.pk not in ended])[:2]


def come_out_of_turn(subject: Subject, on: date, by: User) -> None:
    """An unscheduled visit; of one that is past the vital signs are entered, as they were the last time."""
    past = on <= site_today(subject)
    visit = add_visit(
        subject_id=subject.pk, on=on, forms=["VS", "HEM"], by=by, reason=SAME_DAY if past else AHEAD
    )
    last = (
        current_records(VitalSigns, [subject.pk]).filter(performed_on__lte=on).order_by("performed_on").last()
    )
    if past and last is not None:
        submit_form(
            slot=Slot(subject.pk, UNSCHEDULED, "VS", visit.repeat),
            values={**values_of(last), "performed_on": on},
            missing=dict(last.missing),
            by=by,
        )


def site_today_of(place: StudySite) -> date:
    """The day at a site."""
    return timezone.now().astimezone(ZoneInfo(place.site.timezone)).date()

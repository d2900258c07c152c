"""What a ward has to do for an infusion, in inbox, week sheet and calendar: bags to change, flushed lines to enter."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import AdverseEvent
from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.audit.moment import now
from trialsite.casebook.due import hour_line, work_line
from trialsite.casebook.outages import of_the_past
from trialsite.casebook.registries import DaySpan, Wanted, Week, WeekLine, WorkLine, WorkSource
from trialsite.casebook.selectors import most_pressing
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import FOLLOWED, RecordState, SubjectState

from ..domain.bags import runs_out
from ..models import BlinatumomabInfusion, InfusionSegment

KINDS = {
    "bag": gettext_lazy("Change the bag of blinatumomab"),
    "flushed": gettext_lazy("Enter the flushed line as a medication error"),
}
SOON = timedelta(hours=36)  # a change stands in the inbox from the day before (assumption)
MEDICATION_ERROR = "MEDICATION_ERROR"


def infusion_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """What this user can do; the first due first."""
    ours = reach_of(user, "form.submit")
    found = {"bag": bags_to_change, "flushed": flushed_lines}
    return most_pressing(lines(ours, wanted) for kind, lines in found.items() if wanted.kind in ("", kind))


def running_bags(ours: Q) -> QuerySet[InfusionSegment]:
    """The stretches that run with a bag of known duration, of subjects on study."""
    return (
        InfusionSegment.objects.filter(ours, stop=None, voided=False, subject__state=SubjectState.ENROLLED)
        .exclude(bag="")
        .exclude(record__state=RecordState.VOIDED)
        .select_related("record__visit", "subject__study", "subject__site")
    )


def due_at(row: InfusionSegment) -> datetime:
    """When the bag of a running stretch is empty."""
    at = runs_out(row.start, row.bag)
    assert at is not None  # only bags of a known duration are asked for
    return at


def bags_to_change(ours: Q, wanted: Wanted) -> Iterator[WorkLine]:
    """The bags that are empty within a day and a half, or were empty already."""
    rows = wanted.of(running_bags(ours).exclude(of_the_past("record__performed_on")))
    soon = [row for row in rows if due_at(row) <= now() + SOON]
    for row in sorted(soon, key=due_at)[: wanted.limit]:
        zone = ZoneInfo(row.subject.site.timezone)
        at = due_at(row).astimezone(zone)
        url = Slot.of_record(row.record).url() + "?edit=1"
        yield hour_line(row.subject, "bag", KINDS["bag"], at, url, change_words(row, at))


def change_words(row: InfusionSegment, at: datetime) -> str:
    return _("due %(time)s, bag of %(bag)s") % {"time": f"{at:%H:%M}", "bag": row.get_bag_display()}


def flushed_lines(ours: Q, wanted: Wanted) -> Iterator[WorkLine]:
    """Records that say the line was flushed, of which no medication error is entered as an adverse event yet."""
    rows = wanted.of(
        unreported_flushes(BlinatumomabInfusion.objects.filter(ours, subject__state__in=FOLLOWED))
        .exclude(of_the_past("performed_on"))
        .select_related("visit", "subject__study", "subject__site")
    )
    for record in rows.order_by("performed_on", "pk")[: wanted.limit]:
        url = reverse("new-log-form", args=[record.subject_id, "AE"])
        yield work_line(record.subject, "flushed", KINDS["flushed"], record.performed_on, url)


def unreported_flushes(records: QuerySet[BlinatumomabInfusion]) -> QuerySet[BlinatumomabInfusion]:
    """Those of the records with a flushed line that have no event of special interest since their first stretch."""
    told = AdverseEvent.objects.filter(
        subject=OuterRef("subject"),
        special_interest=MEDICATION_ERROR,
        onset_earliest__gte=OuterRef("since"),
    ).exclude(state=RecordState.VOIDED)
    first = InfusionSegment.objects.filter(record=OuterRef("pk"), voided=False).order_by("start")
    return (
        records.filter(line_flushed=True)
        .exclude(state=RecordState.VOIDED)
        .annotate(since=Coalesce(Subquery(first.values("start__date")[:1]), F("performed_on")))
        .filter(~Exists(told))
    )


def bags_of_week(user: User, week: Week) -> Iterator[WeekLine]:
    """The changes of bags in a week at a site; one query."""
    yield from bags_of_days(user, DaySpan(week.monday, week.sunday, week.study, site_id=week.site_id))


def bags_of_days(user: User, span: DaySpan) -> Iterator[WeekLine]:
    """The change of each running bag that falls on one of some days; one query."""
    rows = running_bags(reach_of(user, "record.view"))
    if span.site_id is not None:
        rows = rows.filter(site_id=span.site_id)
    for row in span.of(rows).order_by("start", "pk"):
        at = due_at(row).astimezone(ZoneInfo(row.subject.site.timezone))
        if span.first <= at.date() <= span.last:
            yield WeekLine(
                day=at.date(),
                subject_number=row.subject.number,
                study_key=row.subject.study.key,
                what=_("Bag change %(time)s") % {"time": f"{at:%H:%M}"},
                detail=row.get_bag_display(),
                order=2,
                site_key=row.subject.site.key,
                key=f"{row.subject_id}.bag.{row.pk}",
            )


INFUSION_WORK = WorkSource(KINDS, infusion_work)

"""The inbox lines of treatment: the next phase to start, an infusion whose end is missing."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.audit.moment import now
from trialsite.casebook.due import work_line
from trialsite.casebook.outages import of_the_past
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.casebook.selectors import most_pressing
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import RecordState, SubjectState

from ..domain.path import NextKind
from ..models import InfusionSegment, TreatmentStep

SOON_DAYS = 3  # a phase stands in the inbox from so many days before it is planned (assumption)
KINDS = {"phase": _("Start the next phase"), "infusion": _("Record the end of an infusion")}
LONGEST_BAG = timedelta(days=7)  # the longest that one bag runs


def treatment_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """What this user can do for the treatment of visible subjects."""
    ours = reach_of(user, "form.submit")
    if wanted.study:
        ours &= Q(study__key=wanted.study)
    if wanted.site:
        ours &= Q(site__key=wanted.site)
    found = {"phase": phases_to_start, "infusion": infusions_without_end}
    return most_pressing(
        lines(ours, wanted.limit) for kind, lines in found.items() if wanted.kind in ("", kind)
    )


def phases_to_start(ours: Q, limit: int) -> Iterator[WorkLine]:
    """Phases that follow clearly by the protocol and are due within days, the first due first."""
    soon = now().date() + timedelta(days=SOON_DAYS + 1)
    steps = (
        TreatmentStep.objects.filter(ours, Q(due=None) | Q(due__lte=soon))
        .filter(subject__state=SubjectState.ENROLLED, next_kind=NextKind.CLEAR)
        .exclude(of_the_past("due"))
        .select_related("subject__study", "subject__site", "subject__protocol_version")
        .order_by(F("due").asc(nulls_last=True), "subject__subject_number")
    )
    for step in steps[:limit]:
        subject = step.subject
        phase = subject.protocol_version.protocol.phase_of(step.next_phase)
        name = phase.name.in_language(get_language() or "en")
        url = reverse("treatment", args=[subject.pk])
        yield work_line(subject, "phase", KINDS["phase"], step.due, url, name)


def infusions_without_end(ours: Q, limit: int) -> Iterator[WorkLine]:
    """Stretches of infusion that have no stop although another one began, or no bag lasts that long."""
    standing = InfusionSegment.objects.filter(voided=False).exclude(record__state=RecordState.VOIDED)
    later = standing.filter(subject=OuterRef("subject"), start__gt=OuterRef("start")).order_by("start")
    longest = ExpressionWrapper(F("start") + LONGEST_BAG, output_field=DateTimeField())
    rows = (
        standing.filter(ours, stop=None)
        .annotate(until=Coalesce(Subquery(later.values("start")[:1]), longest))
        .filter(until__lte=now())
        .exclude(of_the_past("record__performed_on"))
        .select_related("record__visit", "subject__study", "subject__site")
        .order_by("until")
    )
    for row in rows[:limit]:
        slot = Slot.of_record(row.record)
        due = row.until.astimezone(ZoneInfo(row.subject.site.timezone)).date()
        yield work_line(row.subject, "infusion", KINDS["infusion"], due, slot.url() + "?edit=1")


TREATMENT_WORK = WorkSource(KINDS, treatment_work)

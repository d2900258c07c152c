"""The courses of blinatumomab over REST: planned beside infused, worked out from the stretches when it is read."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from assessments.disease.api import ComputedListing
from trialsite.access.requests import user_of
from trialsite.casebook.states import RecordState
from trialsite.exchange.filters import PlacedFilter
from trialsite.studies.domain.protocol import BLINATUMOMAB

from ..domain.bags import changes_to_come
from ..domain.infusion import GapRule
from ..models import CycleStart, InfusionSegment, PlannedDose
from .courses import CourseOfPhase, courses_of_many


class InfusionCourseSerializer(serializers.Serializer):
    """One course: hours × rate / 24 of each stretch add up to its micrograms."""

    item_units = {
        "planned_days": "d",
        "planned_micrograms": "ug",
        "micrograms": "ug",
        "hours": "h",
        "remaining_hours": "h",
        "gap_hours": "h",
    }

    id = serializers.UUIDField(help_text="of the start of the phase")
    study = serializers.CharField()
    site = serializers.CharField()
    subject = serializers.UUIDField()
    usubjid = serializers.CharField()
    subject_number = serializers.CharField()
    phase = serializers.CharField()
    started_on = serializers.DateField(help_text="day 1 of the phase")
    course = serializers.IntegerField(help_text="the subject's first course of blinatumomab is 1")
    planned_days = serializers.IntegerField()
    planned_micrograms = serializers.DecimalField(None, None, allow_null=True)
    first_start = serializers.DateTimeField(allow_null=True)
    last_stop = serializers.DateTimeField(allow_null=True, help_text="empty while it runs")
    hours = serializers.DecimalField(None, None)
    micrograms = serializers.DecimalField(None, None)
    remaining_hours = serializers.DecimalField(None, None)
    gaps = serializers.IntegerField(help_text="interruptions of any length")
    supervised_restarts = serializers.IntegerField(help_text="interruptions of 4 hours or more")
    gap_hours = serializers.DecimalField(None, None)
    running = serializers.BooleanField()
    next_bag_change = serializers.DateTimeField(allow_null=True)


class InfusionCourseViewSet(ComputedListing):
    """The courses of blinatumomab of the subjects at the sites that your memberships open."""

    table = "infusion-courses"
    title = _("Courses of blinatumomab infusions")
    queryset = CycleStart.objects.none()
    serializer_class = InfusionCourseSerializer
    filterset_class = PlacedFilter

    def get_queryset(self) -> QuerySet:
        found = CycleStart.objects.visible_to(user_of(self.request)).exclude(performed_on=None)
        planned = PlannedDose.objects.filter(plan__cycle=OuterRef("pk"), drug=BLINATUMOMAB)
        ran = InfusionSegment.objects.filter(subject=OuterRef("subject"), voided=False)
        gives = Q(Exists(planned)) | Q(Exists(ran))
        return (
            found.exclude(state=RecordState.VOIDED).filter(gives).select_related("study", "site", "subject")
        )

    def lines(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        courses = courses_of_many(list({one.subject_id for one in records}))
        known = {each.cycle.pk: each for found in courses.values() for each in found}
        return [course_line(one, known[one.pk]) for one in records if one.pk in known]


def course_line(record: Any, one: CourseOfPhase) -> dict[str, Any]:
    now = timezone.now()
    course = one.course(now)
    running = next((row for row in one.rows if row.stop is None), None)
    changes = changes_to_come(running.start, running.bag, course, now) if running else []
    gap_seconds = sum(int(gap.length.total_seconds()) for gap in course.gaps)
    return {
        "id": record.pk,
        "study": record.study.key,
        "site": record.site.key,
        "subject": record.subject_id,
        "usubjid": record.subject.usubjid,
        "subject_number": record.subject.number,
        "phase": record.phase,
        "started_on": one.first,
        "course": one.number,
        "planned_days": one.planned_days,
        "planned_micrograms": rounded(one.planned_micrograms),
        "first_start": one.rows[0].start if one.rows else None,
        "last_stop": one.rows[-1].stop if one.rows else None,
        "hours": rounded(course.hours),
        "micrograms": rounded(course.micrograms),
        "remaining_hours": rounded(course.remaining_hours),
        "gaps": len(course.gaps),
        "supervised_restarts": sum(gap.restart is GapRule.SUPERVISED_RESTART for gap in course.gaps),
        "gap_hours": rounded(Decimal(gap_seconds) / 3600),
        "running": course.running,
        "next_bag_change": changes[0] if changes else None,
    }


def rounded(value: Decimal | None) -> Decimal | None:
    """Without trailing zeros, at most four decimals."""
    return None if value is None else Decimal(f"{round(value, 4).normalize():f}")

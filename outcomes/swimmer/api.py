"""The courses of the swimmer plot over REST: one line a subject."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from assessments.disease.api import ComputedListing
from trialsite.access.requests import user_of
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import left_out
from trialsite.exchange.filters import PlacedFilter, SubjectFilter

from .page import SHOWN_STATES, narrowed
from .reading import Swimmer, swimmers_of


class CourseSerializer(serializers.Serializer):
    """One subject's course in days; events as kind and day, joined by ;."""

    item_units = {"days_on_treatment": "d"}

    id = serializers.UUIDField(help_text="id of the subject")
    study = serializers.CharField()
    site = serializers.CharField()
    usubjid = serializers.CharField()
    subject_number = serializers.CharField()
    arm = serializers.CharField()
    state = serializers.CharField()
    started_on = serializers.DateField(allow_null=True, help_text="day 1 of treatment")
    grafted_on = serializers.DateField(allow_null=True)
    days_on_treatment = serializers.IntegerField(allow_null=True)
    best_response = serializers.CharField(help_text="CR, CRh, CRi, MLFS, else the last category")
    last_mrd = serializers.CharField(help_text="NEGATIVE, POSITIVE, INDETERMINATE, or empty")
    relapsed_on = serializers.DateField(allow_null=True)
    died_on = serializers.DateField(allow_null=True)
    last_day = serializers.DateField(help_text="the last day of the line")
    goes_on = serializers.BooleanField()
    phases = serializers.CharField(help_text="kind first..last, joined by ;")
    infusions = serializers.CharField(help_text="first..last, joined by ;")
    events = serializers.CharField()


class CourseFilter(PlacedFilter):
    """The filters of the list."""

    subject = SubjectFilter("pk")
    arm = filters.CharFilter(help_text="key of the arm")
    state = filters.CharFilter(method="by_course", help_text="enrolled or off_study of the living; died")
    response = filters.CharFilter(method="by_course", help_text="best response; none where not assessed")
    mrd = filters.CharFilter(method="by_course", help_text="last MRD; none where there is none")

    def by_course(self, subjects: QuerySet, name: str, value: str) -> QuerySet:
        """What only the course says, as the page narrows by it."""
        return narrowed(subjects, {name: value})


class CourseViewSet(ComputedListing):
    """The courses of the enrolled subjects at the sites that your memberships open."""

    table = "courses"
    subject_key = "id"
    title = _("Courses of subjects")
    of_subjects = False  # the rows are the subjects themselves: those left out are excluded below
    queryset = Subject.objects.none()
    serializer_class = CourseSerializer
    filterset_class = CourseFilter

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        found = Subject.objects.visible_to(user_of(self.request)).filter(state__in=SHOWN_STATES)
        bring_up_to_date(found)
        for ids in left_out.values():
            found = found.exclude(pk__in=ids())
        return found.select_related("study", "site", "protocol_version")

    def lines(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        return [line_of(one) for one in swimmers_of(records)]


def line_of(one: Swimmer) -> dict[str, Any]:
    subject = one.subject
    return {
        "id": subject.pk,
        "study": subject.study.key,
        "site": subject.site.key,
        "usubjid": subject.usubjid,
        "subject_number": subject.number,
        "arm": subject.arm,
        "state": subject.state,
        "started_on": one.started_on,
        "grafted_on": one.grafted_on,
        "days_on_treatment": one.days,
        "best_response": one.best,
        "last_mrd": one.mrd,
        "relapsed_on": one.relapsed_on,
        "died_on": one.died_on,
        "last_day": one.last,
        "goes_on": one.ongoing,
        "phases": ";".join(f"{bar.kind} {bar.start}..{bar.end or ''}" for bar in one.phases),
        "infusions": ";".join(f"{bar.start}..{bar.end or ''}" for bar in one.infusions),
        "events": ";".join(f"{event.kind} {event.on}" for event in one.events),
    }

"""Planned visits over REST: target, window, and the day on which something was recorded."""

from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from trialsite.access.requests import user_of
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import MissedReason, Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.exchange.api import Listing
from trialsite.exchange.filters import PlacedFilter

from ..models import PlannedVisit
from .working_days import Calendars, suggestion


class PlannedVisitSerializer(serializers.ModelSerializer):
    """One planned visit of one subject; without a target it waits for its anchor."""

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True)
    subject_number = serializers.CharField(source="subject.number", read_only=True)
    forms: Any = serializers.JSONField(read_only=True, help_text="forms asked for: key and whether required")
    missed = serializers.BooleanField(read_only=True, help_text="recorded as not done")
    missed_reason = serializers.ChoiceField(
        choices=MissedReason.choices,
        read_only=True,
        allow_blank=True,
        help_text="why it was not done, coded; empty unless missed",
    )
    note = serializers.CharField(read_only=True, help_text="why an unscheduled visit was added")
    suggested = serializers.SerializerMethodField(
        help_text="the working day suggested: the target, or the nearest one inside the window"
    )
    missed_text = serializers.CharField(read_only=True, help_text="what was said besides the coded reason")

    natures = {"anchor": Nature.PLAIN}

    def get_suggested(self, visit: PlannedVisit) -> date | None:
        found = suggestion(visit, self.context["view"].calendars.of(visit))
        return found.day if found else None

    class Meta:
        model = PlannedVisit
        fields = (
            "id", "study", "site", "subject", "subject_number", "key", "repeat", "name_en", "name_zh", "phase",
            "anchor", "target", "earliest", "latest", "done_on", "missed", "missed_reason",
            "missed_text", "waits_for", "note", "forms", "suggested",
        )  # fmt: skip


class PlannedVisitFilter(PlacedFilter):
    """The filters of the list."""

    key = filters.CharFilter(help_text="key of the visit, as in the protocol")
    open = filters.BooleanFilter(method="whether_open", help_text="neither done nor recorded as not done")
    missed = filters.BooleanFilter(help_text="recorded as not done")
    target_from = filters.DateFilter(field_name="target", lookup_expr="gte")
    target_to = filters.DateFilter(field_name="target", lookup_expr="lte")

    def whether_open(self, visits: QuerySet, _name: str, wanted: bool) -> QuerySet:
        still = {"done_on": None, "missed": False}
        return visits.filter(**still) if wanted else visits.exclude(**still)


class PlannedVisitViewSet(Listing):
    """The planned visits of the subjects at the sites that your memberships open."""

    table = "visits"
    title = _("Visits")
    of_subjects = True
    queryset = PlannedVisit.objects.none()
    serializer_class = PlannedVisitSerializer
    filterset_class = PlannedVisitFilter

    @cached_property
    def calendars(self) -> Calendars:
        """The working days of the sites, read once for the whole list."""
        return Calendars()

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        bring_up_to_date(Subject.objects.visible_to(user_of(self.request)))
        return PlannedVisit.objects.visible_to(user_of(self.request)).select_related(
            "study", "site", "subject"
        )

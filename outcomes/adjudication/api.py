"""Decisions of committees over REST, for statisticians who reproduce the endpoints."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from trialsite.access.permissions import reach_of
from trialsite.access.requests import user_of
from trialsite.exchange.api import Listing
from trialsite.exchange.filters import PlacedFilter

from ..models import AdjudicationDecision
from .cases import case_number


class AdjudicationSerializer(serializers.ModelSerializer):
    """One decision; the newest of a reviewer on a version of the form counts, a chair's closes the case."""

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True)
    usubjid = serializers.CharField(source="subject.usubjid", read_only=True)
    subject_number = serializers.CharField(source="subject.number", read_only=True)
    case = serializers.SerializerMethodField(help_text="number of the case, as the committee sees it")
    event_date = serializers.CharField(source="event_date_text", read_only=True)
    decided_by = serializers.CharField(source="decided_by.username", read_only=True)

    class Meta:
        model = AdjudicationDecision
        fields = (
            "id", "study", "site", "subject", "usubjid", "subject_number", "case", "form_key", "event_id", "seen",
            "chair", "verdict", "event_date", "cause", "words", "reason", "decided_by", "decided_at",
        )  # fmt: skip

    def get_case(self, one: AdjudicationDecision) -> str:
        return case_number(one.event_id)


class AdjudicationFilter(PlacedFilter):
    """The filters of the list."""

    form_key = filters.CharFilter(help_text="REL or DTH")
    verdict = filters.CharFilter(help_text="CONFIRMED, NOT_EVENT, NOT_ASSESSABLE")


class AdjudicationViewSet(Listing):
    """Every decision of committees at the places where your roles see how they judged, the oldest first."""

    table = "adjudications"
    title = _("Decisions of committees")
    of_subjects = True
    opened_by = "adjudication.view"
    queryset = AdjudicationDecision.objects.none()
    serializer_class = AdjudicationSerializer
    filterset_class = AdjudicationFilter

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        user: Any = user_of(self.request)
        found = AdjudicationDecision.objects.filter(reach_of(user, self.opened_by))
        return found.select_related("study", "site", "subject", "decided_by")

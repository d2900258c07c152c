"""Derived endpoints over REST: what the screens show, for statisticians who reproduce every number."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.exchange.api import Listing
from trialsite.exchange.filters import PlacedFilter

from .models import EndpointResult
from .selectors import results_visible_to


class EndpointSerializer(serializers.ModelSerializer):
    """One endpoint of one subject; `reason` is a sentence, `sources` are item addresses."""

    item_units = {"days": "d"}

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True)
    usubjid = serializers.CharField(source="subject.usubjid", read_only=True)
    subject_number = serializers.CharField(source="subject.number", read_only=True)
    reason = serializers.CharField(read_only=True)
    natures = {"reason_code": Nature.PLAIN}

    class Meta:
        model = EndpointResult
        fields = (
            "id", "study", "site", "subject", "usubjid", "subject_number", "endpoint", "arm", "in_set", "status",
            "origin", "ended_on", "days", "cause", "event_type", "reason_code", "reason",
            "sources", "missing", "imputed",
        )  # fmt: skip


class EndpointFilter(PlacedFilter):
    """The filters of the list."""

    endpoint = filters.CharFilter(help_text="key of the endpoint, as in the protocol")
    status = filters.CharFilter(help_text="EVENT, CENSORED, NO_EVENT, NOT_IN_SET, NO_ORIGIN, UNKNOWN")
    in_set = filters.BooleanFilter(help_text="whether the subject belongs to the analysis set")


class EndpointViewSet(Listing):
    """Endpoints of the subjects at the sites that your memberships open, without a data cut-off."""

    table = "endpoints"
    title = _("Endpoints")
    of_subjects = True
    queryset = EndpointResult.objects.none()
    serializer_class = EndpointSerializer
    filterset_class = EndpointFilter

    def get_queryset(self) -> QuerySet:
        user: Any = self.request.user
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        bring_up_to_date(Subject.objects.visible_to(user))
        return results_visible_to(user)

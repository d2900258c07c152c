"""The log of samples over REST."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from trialsite.access.requests import user_of
from trialsite.exchange.api import Listing
from trialsite.exchange.filters import PlacedFilter

from ..models import LoggedSample
from ..models.disease import MrdMethod
from .states import SampleState


class SampleSerializer(serializers.ModelSerializer):
    """One tube: where it is, each instant (UTC) at which something happened to it, the shipment it left with."""

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True)
    subject_number = serializers.CharField(source="subject.number", read_only=True)
    laboratory: Any = serializers.CharField(source="shipment.laboratory", read_only=True, default="")
    courier: Any = serializers.CharField(source="shipment.courier", read_only=True, default="")
    consignment: Any = serializers.CharField(source="shipment.consignment", read_only=True, default="")

    class Meta:
        model = LoggedSample
        fields = (
            "id", "study", "site", "subject", "subject_number", "purpose", "visit_key", "visit_repeat", "method",
            "specimen", "label", "state", "drawn_at", "sent_at", "laboratory", "courier", "consignment",
            "received_at", "rejected_at", "reject_reason", "reported_at", "result",
        )  # fmt: skip


class SampleFilter(PlacedFilter):
    """The filters of the list."""

    state = filters.ChoiceFilter(choices=SampleState.choices)
    method = filters.ChoiceFilter(choices=MrdMethod.choices)


class SampleViewSet(Listing):
    """The samples of the subjects at the sites that your memberships open, voided ones included."""

    table = "samples"
    title = _("Samples")
    of_subjects = True
    queryset = LoggedSample.objects.none()
    serializer_class = SampleSerializer
    filterset_class = SampleFilter

    def get_queryset(self) -> QuerySet:
        found = LoggedSample.objects.visible_to(user_of(self.request))
        return found.select_related("study", "site", "subject", "shipment")

"""Relative dose intensity and cumulative anthracyclines over REST."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from trialsite.access.requests import user_of
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.exchange.api import Listing
from trialsite.exchange.filters import PlacedFilter

from ..models import AnthracyclineTotal, DoseIntensity


class OfSubjectSerializer(serializers.ModelSerializer):
    """Rows of one subject each."""

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True)
    subject_number = serializers.CharField(source="subject.number", read_only=True)


class DoseIntensitySerializer(OfSubjectSerializer):
    """One drug of a phase against its plan, or of several phases against one conventional cycle."""

    item_units = {"wanted_days": "d", "days": "d", "ratio": "1", "rdi": "1"}
    units_in = dict.fromkeys(("wanted", "given"), "unit")

    phases: Any = serializers.JSONField(read_only=True, help_text="keys of the phases")
    gaps: Any = serializers.JSONField(read_only=True, help_text="codes of what is not known")

    class Meta:
        model = DoseIntensity
        fields = (
            "id", "study", "site", "subject", "subject_number", "phases", "drug", "unit", "wanted", "given",
            "wanted_days", "days", "ratio", "rdi", "reference", "gaps",
        )  # fmt: skip
        extra_kwargs = {
            "wanted": {"help_text": "planned, or given by one cycle of the reference"},
            "wanted_days": {"help_text": "days of the cycle as planned, or of the reference"},
            "days": {"help_text": "days that the phases took; empty while they run"},
            "ratio": {"help_text": "given by wanted"},
            "rdi": {"help_text": "the same by day"},
            "reference": {"help_text": "key of the reference regimen; empty against the plan"},
        }


class AnthracyclineSerializer(OfSubjectSerializer):
    """The cumulative anthracycline of one subject, in mg/m² of doxorubicin equivalents."""

    item_units = dict.fromkeys(("total", "earlier"), "mg/m2")

    missing: Any = serializers.JSONField(
        read_only=True, help_text="what could not be counted: the total is then at least so much"
    )

    class Meta:
        model = AnthracyclineTotal
        fields = (
            "id", "study", "site", "subject", "subject_number", "ratio_set", "total", "earlier", "alert",
            "missing", "last_on", "echo_since",
        )  # fmt: skip


class DoseIntensityFilter(PlacedFilter):
    drug = filters.CharFilter(help_text="key of the drug")
    reference = filters.CharFilter(help_text="key of the reference regimen")


class AnthracyclineFilter(PlacedFilter):
    alert = filters.CharFilter(help_text="NONE, INFO, WARNING or STOP")


def of_user(listing: Listing, rows: Any) -> QuerySet:
    """The rows of a derived table that the user may see, brought up to date."""
    user = user_of(listing.request)
    bring_up_to_date(Subject.objects.visible_to(user))
    found: QuerySet = rows.visible_to(user).select_related("study", "site", "subject")
    return found


class DoseIntensityViewSet(Listing):
    """Relative dose intensity by phase and drug."""

    of_subjects = True
    table = "dose-intensity"
    title = _("Relative dose intensity")
    queryset = DoseIntensity.objects.none()
    serializer_class = DoseIntensitySerializer
    filterset_class = DoseIntensityFilter

    def get_queryset(self) -> QuerySet:
        fake = getattr(self, "swagger_fake_view", False)
        return self.queryset if fake else of_user(self, DoseIntensity.objects)


class AnthracyclineViewSet(Listing):
    """Cumulative anthracyclines by subject."""

    of_subjects = True
    table = "anthracyclines"
    title = _("Cumulative anthracyclines")
    queryset = AnthracyclineTotal.objects.none()
    serializer_class = AnthracyclineSerializer
    filterset_class = AnthracyclineFilter

    def get_queryset(self) -> QuerySet:
        fake = getattr(self, "swagger_fake_view", False)
        return self.queryset if fake else of_user(self, AnthracyclineTotal.objects)

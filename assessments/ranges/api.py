"""Reference ranges over REST: read only; they are recorded and corrected on their page."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from trialsite.access.requests import user_of
from trialsite.exchange.api import Listing

from ..models import ReferenceRange


class ReferenceRangeSerializer(serializers.ModelSerializer):
    """Limits of normal of one analyte at one laboratory of a site; withdrawn and replaced ones are there too."""

    item_units = {"age_from": "a", "age_below": "a"}
    units_in = {"lln": "unit", "uln": "unit"} | dict.fromkeys(("lln_canonical", "uln_canonical"), "analyte")

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True)
    recorded_by = serializers.CharField(source="recorded_by.username", read_only=True)
    withdrawn_by = serializers.CharField(
        source="withdrawn_by.username", read_only=True, default=None, allow_null=True
    )

    class Meta:
        model = ReferenceRange
        fields = (
            "id", "study", "site", "laboratory", "analyte", "sex", "age_from", "age_below", "unit", "lln", "uln",
            "lln_canonical", "uln_canonical", "effective_from", "source", "replaces", "reason", "recorded_by",
            "recorded_at", "withdrawn_by", "withdrawn_at", "withdrawn_why",
        )  # fmt: skip


class ReferenceRangeFilter(filters.FilterSet):
    """The filters of the list."""

    study = filters.CharFilter(field_name="study__key", help_text="key of the study")
    site = filters.CharFilter(field_name="site__key", help_text="key of the site")
    analyte = filters.CharFilter(help_text="key of the analyte")
    standing = filters.BooleanFilter(
        field_name="withdrawn_at", lookup_expr="isnull", help_text="neither replaced nor withdrawn"
    )


class ReferenceRangeViewSet(Listing):
    """The reference ranges of the sites that your memberships open."""

    table = "reference-ranges"
    title = _("Reference ranges")
    queryset = ReferenceRange.objects.none()
    serializer_class = ReferenceRangeSerializer
    filterset_class = ReferenceRangeFilter

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return ReferenceRange.objects.visible_to(user_of(self.request)).select_related(
            "study", "site", "recorded_by", "withdrawn_by"
        )

"""The register of deviations by the API: read only; it is decided on its pages."""

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from trialsite.casebook.domain.nature import Nature
from trialsite.deviations.models import Deviation, DeviationDecision
from trialsite.deviations.states import DeviationKind, DeviationState, Weight

from .filters import PlacedFilter
from .review_api import PLACE, PlacedSerializer, ReviewListing


class DeviationDecisionSerializer(serializers.ModelSerializer):
    """One step of a deviation with the class it left and what was said."""

    by = serializers.CharField(
        source="decided_by.username", default="", read_only=True, help_text="empty: the system"
    )
    at = serializers.DateTimeField(source="decided_at", read_only=True)

    class Meta:
        model = DeviationDecision
        fields = ("id", "action", "weight", "reason", "by", "at")


class DeviationSerializer(PlacedSerializer):
    """A departure from the protocol with every step, the first first; `rule` is empty where a person reported it."""

    natures = {"rule": Nature.PLAIN}

    drafted_by = serializers.CharField(
        source="drafted_by.username", default="", read_only=True, help_text="empty: the system"
    )
    decisions = DeviationDecisionSerializer(many=True, read_only=True)

    class Meta:
        model = Deviation
        fields = (
            *PLACE, "kind", "rule", "weight", "drafted_weight", "state", "occurred_on", "evidence_en",
            "evidence_zh", "sources", "drafted_by", "drafted_at", "moved_at",
            "evidence_changed_at", "decisions",
        )  # fmt: skip


class DeviationFilter(PlacedFilter):
    state = filters.ChoiceFilter(choices=DeviationState.choices)
    kind = filters.ChoiceFilter(choices=DeviationKind.choices)
    weight = filters.ChoiceFilter(choices=Weight.choices, help_text="the class as it stands")
    rule = filters.CharFilter(help_text="the rule that drafted it")
    occurred_from = filters.DateFilter(field_name="occurred_on", lookup_expr="gte")
    occurred_to = filters.DateFilter(field_name="occurred_on", lookup_expr="lte")


class DeviationViewSet(ReviewListing):
    """Deviations with what was decided, rejected ones included."""

    table = "deviations"
    title = _("Deviations")
    model = Deviation
    beside = ("drafted_by",)
    queryset = Deviation.objects.none()
    serializer_class = DeviationSerializer
    filterset_class = DeviationFilter

    def get_queryset(self) -> QuerySet:
        said = DeviationDecision.objects.select_related("decided_by").order_by("decided_at", "pk")
        return super().get_queryset().prefetch_related(Prefetch("decisions", queryset=said))

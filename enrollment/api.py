"""Recruitment over REST: places and pauses of a study, sealed lists by their digest, and the arms given."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.casebook.domain.nature import Nature
from trialsite.exchange.api import Listing, SeesRecords, record_export
from trialsite.exchange.filters import PlacedFilter, refuse_strange
from trialsite.studies.models import Study
from trialsite.studies.selectors import studies_visible_to, study_open_to

from .domain.recruitment import places_of
from .models import Randomisation, RandomisationList
from .recruitment import counted_in, pauses_of
from .states import PauseState


class PlacesSerializer(serializers.Serializer):
    """Places of the study, of a site, or of a level of a stratum; `planned` null: no number is planned."""

    kind = serializers.CharField(help_text="study, site, level")
    key = serializers.CharField(help_text="key of the site, or of the level such as risk=HIGH")
    planned = serializers.IntegerField(allow_null=True)
    cap = serializers.BooleanField(help_text="whether nobody is enrolled beyond the planned number")
    enrolled = serializers.IntegerField()
    held = serializers.IntegerField(help_text="places held for subjects in screening")
    free = serializers.IntegerField(allow_null=True)


class PauseSerializer(serializers.Serializer):
    """Recruitment stands still here."""

    site = serializers.CharField(source="site.key", default=None, allow_null=True)
    stage = serializers.CharField()
    rule = serializers.CharField()
    evidence = serializers.CharField()
    reason = serializers.CharField()
    paused_at = serializers.DateTimeField()


class RecruitmentSerializer(serializers.Serializer):
    """Recruitment of one study, over all its sites."""

    study = serializers.CharField()
    paused = serializers.BooleanField()
    pauses = PauseSerializer(many=True)
    places = PlacesSerializer(many=True)


@extend_schema_serializer(many=False)  # it holds its rows itself
class AllRecruitmentSerializer(serializers.Serializer):
    """Recruitment of every study."""

    results = RecruitmentSerializer(many=True)


class RecruitmentViewSet(viewsets.ViewSet):
    """How far the studies in which you have a role have recruited: numbers over all sites, without identifiers."""

    permission_classes = [SeesRecords]
    renderer_classes = [JSONRenderer]
    serializer_class = RecruitmentSerializer
    title = _("Recruitment")
    lookup_field = "key"

    @extend_schema(responses=AllRecruitmentSerializer)
    def list(self, request: Request) -> Response:
        refuse_strange(request, ())
        user = user_of(request)
        studies = [one for one in studies_visible_to(user) if may(user, "record.view", study_id=one.pk)]
        record_export(request, "export.json", "recruitment", rows=len(studies))
        return Response({"results": [self.told(request, study) for study in studies]})

    @extend_schema(parameters=[OpenApiParameter("key", str, "path", description="key of the study")])
    def retrieve(self, request: Request, key: str = "") -> Response:
        study = study_open_to(user_of(request), key, "record.view")
        record_export(request, "export.json", "recruitment", rows=1, record=key)
        return Response(self.told(request, study))

    def told(self, request: Request, study: Study) -> Any:
        pauses = pauses_of(user_of(request), study).filter(state=PauseState.PAUSED)
        places = places_of(study.protocol, counted_in(study))
        found = {"study": study.key, "paused": bool(pauses), "pauses": pauses, "places": places}
        return RecruitmentSerializer(found).data


class ListFilter(filters.FilterSet):
    study = filters.CharFilter(field_name="study__key", help_text="key of the study")


class ListSerializer(serializers.ModelSerializer):
    """A sealed list: its digest, and what the protocol said; nothing of its contents."""

    natures = dict.fromkeys(("method", "digest"), Nature.PLAIN)

    study = serializers.CharField(source="study.key", read_only=True)
    plan = serializers.JSONField(read_only=True)

    class Meta:
        model = RandomisationList
        fields = ("id", "study", "number", "method", "places", "digest", "plan", "sealed_at")


class RandomisationListViewSet(Listing):
    """The randomisation lists that were sealed, by their digests."""

    table = "randomisation-lists"
    title = _("Randomisation lists")
    queryset = RandomisationList.objects.none()
    serializer_class = ListSerializer
    filterset_class = ListFilter

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        studies = studies_visible_to(user_of(self.request))
        return RandomisationList.objects.filter(study__in=studies).select_related("study")


class RandomisationSerializer(serializers.ModelSerializer):
    """The arm of one subject as it was given, whatever was found afterwards."""

    natures = {"stratum": Nature.PLAIN}

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True)
    usubjid = serializers.CharField(source="subject.usubjid", read_only=True)
    subject_number = serializers.CharField(source="subject.number", read_only=True)
    emergency = serializers.SerializerMethodField(help_text="given before the conditions were confirmed")
    mis_randomised = serializers.SerializerMethodField(help_text="what was found wrong afterwards")

    class Meta:
        model = Randomisation
        fields = (
            "id", "study", "site", "subject", "usubjid", "subject_number", "stratum", "slot_number", "arm",
            "randomised_on", "randomised_at", "emergency", "mis_randomised",
        )  # fmt: skip

    def get_emergency(self, record: Randomisation) -> bool:
        return hasattr(record, "emergency")

    def get_mis_randomised(self, record: Randomisation) -> list[str]:
        return sorted(one.kind for one in record.mis_randomisations.all())


class RandomisationViewSet(Listing):
    """The arms given at the sites that your memberships open."""

    table = "randomisations"
    title = _("Randomisations")
    queryset = Randomisation.objects.none()
    serializer_class = RandomisationSerializer
    filterset_class = PlacedFilter

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        found = Randomisation.objects.visible_to(user_of(self.request))
        return found.select_related("study", "site", "subject", "emergency").prefetch_related(
            "mis_randomisations"
        )

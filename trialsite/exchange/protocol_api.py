"""Versions of protocols by the API: list, read whole, add from the text of a file, compare."""

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from trialsite.access.requests import user_of
from trialsite.amendments.difference_words import difference_parts
from trialsite.amendments.selectors import versions_visible_to
from trialsite.amendments.uploads import FileRefused, NotConfirmed, add_version
from trialsite.casebook.domain.nature import Nature
from trialsite.problems import MEDIA_TYPE, Problem
from trialsite.studies.domain.provenance import marks
from trialsite.studies.domain.registry_findings import RegistryFinding, registry_findings
from trialsite.studies.models import ProtocolVersion

from .api import Listing
from .refusals import REFUSALS, RefusalSerializer, Told, told_in


class ProtocolVersionSerializer(serializers.ModelSerializer):
    """One stored version of a study's protocol; it never changes."""

    natures = {"digest": Nature.PLAIN}

    study = serializers.CharField(source="study.key", read_only=True)
    loaded_by = serializers.CharField(source="loaded_by.username", read_only=True, default=None)
    signed_off = serializers.SerializerMethodField(
        help_text="whether its assumptions are signed for the sponsor"
    )

    class Meta:
        model = ProtocolVersion
        fields = ("id", "study", "version", "digest", "loaded_at", "loaded_by", "signed_off")

    def get_signed_off(self, version: ProtocolVersion) -> bool:
        return bool(version.sign_offs.all())


class FindingSerializer(serializers.Serializer):
    """A contradiction between registry and rules."""

    code = serializers.CharField(help_text="its name, to send back in `seen`")
    en = serializers.CharField()
    zh = serializers.CharField()
    cite = serializers.CharField()
    question = serializers.CharField(help_text="the sponsor's question about it, or empty")


class WholeVersionSerializer(ProtocolVersionSerializer):
    """The same with its content, where each value comes from, and the contradictions with the registry."""

    document = serializers.JSONField(help_text="the protocol file as data", read_only=True)
    sources = serializers.SerializerMethodField(help_text="path, source and citation of every value")
    findings = serializers.SerializerMethodField(help_text="contradictions between registry and rules")

    class Meta(ProtocolVersionSerializer.Meta):
        fields = (*ProtocolVersionSerializer.Meta.fields, "document", "sources", "findings")  # type: ignore[assignment]

    def get_sources(self, version: ProtocolVersion) -> list[dict[str, str]]:
        return [{"path": one.path, "source": one.source, "cite": one.cite} for one in marks(version.document)]

    def get_findings(self, version: ProtocolVersion) -> list[dict[str, str]]:
        return [told_finding(one) for one in registry_findings(version.protocol)]


class UploadSerializer(Told):
    """The file of a version."""

    text = serializers.CharField(help_text="the YAML of the file", trim_whitespace=False, allow_blank=True)
    seen = serializers.ListField(
        child=serializers.CharField(),
        default=list,
        help_text="codes of findings that were read and are let stand",
    )
    new_study = serializers.CharField(
        default="", allow_blank=True, help_text="the key of the file, where it is to become a new study"
    )


class ProblemSerializer(serializers.Serializer):
    """One thing that is wrong in a file."""

    line = serializers.IntegerField(help_text="0 where the problem has no line")
    path = serializers.CharField(help_text="the place in the document, such as criteria[3].rule")
    sentence = serializers.CharField(help_text="what is wrong, and what would be accepted")
    text = serializers.CharField(help_text="the line as it stands in the file")


class FileRefusedSerializer(RefusalSerializer):
    """Why a file was not stored, line by line."""

    count = serializers.IntegerField(required=False)
    problems = ProblemSerializer(many=True, required=False)


class NotConfirmedSerializer(RefusalSerializer):
    """What has to be sent back before a file is stored."""

    findings = FindingSerializer(many=True, required=False)
    new_study = serializers.BooleanField(
        required=False, help_text="whether the key is unknown and has to be sent in `new_study`"
    )


class PropertySerializer(serializers.Serializer):
    """What of a thing changed."""

    label = serializers.CharField()  # type: ignore[assignment]
    old = serializers.CharField()
    new = serializers.CharField()


class DifferenceLineSerializer(serializers.Serializer):
    """One change between two versions."""

    kind = serializers.CharField(help_text="added, removed, moved or changed")
    kind_words = serializers.CharField()
    key = serializers.CharField()
    name = serializers.CharField()
    properties = PropertySerializer(many=True)


class DifferenceSerializer(serializers.Serializer):
    """The differences of one part of the document, in the language of the request."""

    part = serializers.CharField()
    title = serializers.CharField()
    lines = DifferenceLineSerializer(many=True)


class VersionFilter(filters.FilterSet):
    study = filters.CharFilter(field_name="study__key", help_text="key of the study")
    version = filters.CharFilter(help_text="number of the version")

    class Meta:
        model = ProtocolVersion
        fields: list[str] = []


class ProtocolVersionViewSet(Listing):
    """The versions of the protocols of your studies."""

    table = "protocol-versions"
    title = _("Versions of protocols")
    queryset = ProtocolVersion.objects.none()
    serializer_class = ProtocolVersionSerializer
    filterset_class = VersionFilter

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return ProtocolVersion.objects.none()
        return versions_visible_to(user_of(self.request)).prefetch_related("sign_offs")

    def get_serializer_class(self) -> Any:
        return WholeVersionSerializer if self.action == "retrieve" else ProtocolVersionSerializer

    @extend_schema(
        request=UploadSerializer,
        responses={
            201: ProtocolVersionSerializer,
            **REFUSALS,
            (400, MEDIA_TYPE): FileRefusedSerializer,
            (409, MEDIA_TYPE): NotConfirmedSerializer,
        },
    )
    def create(self, request: Request) -> Response:
        """Store the version that a file holds, as the page does; it is in force nowhere until it is activated."""
        told = told_in(request, UploadSerializer)
        try:
            added = add_version(**told, by=user_of(request))
        except FileRefused as refusal:
            problems = [asdict(one) for one in refusal.problems]
            raise Problem(400, refusal.sentence, count=refusal.count, problems=problems) from refusal
        except NotConfirmed as asked:
            findings = [told_finding(one) for one in asked.unconfirmed.findings]
            new_study = asked.unconfirmed.new_study
            raise Problem(409, asked.sentence, findings=findings, new_study=new_study) from asked
        answer = ProtocolVersionSerializer(added.version).data
        return Response(answer, status=201 if added.new else 200)

    @extend_schema(
        parameters=[
            OpenApiParameter("since", str, description="the older version's number; else the one before")
        ],
        responses=DifferenceSerializer(many=True),
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def difference(self, request: Request, pk: str) -> Response:
        """What differs from an older version, part by part."""
        new = self.get_object()
        old = older(new, self.get_queryset(), request.query_params.get("since", ""))
        return Response([asdict(part) for part in difference_parts(old.protocol, new.protocol)])


def told_finding(one: RegistryFinding) -> dict[str, str]:
    return {
        "code": one.code,
        "en": one.text.en,
        "zh": one.text.zh,
        "cite": one.cite,
        "question": one.question,
    }


def older(new: ProtocolVersion, versions: QuerySet, since: str) -> ProtocolVersion:
    """The version to compare with: the one of that number, else the one loaded before; the first with itself."""
    own = versions.filter(study=new.study_id)
    if since:
        found = own.filter(version=since).first()
        if found is None:
            raise Http404
        return found  # type: ignore[no-any-return]
    return own.filter(loaded_at__lt=new.loaded_at).first() or new

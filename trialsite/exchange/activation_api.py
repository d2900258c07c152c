"""Protocol versions in force at sites, their sign-offs, and the dry run of a version, over REST: read only."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from trialsite.access.requests import user_of
from trialsite.amendments.dry_run import SubjectRun, run_of, runs, subjects_of_run
from trialsite.amendments.models import SignOff
from trialsite.casebook.amended import ChangeKind
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import Subject
from trialsite.studies.models import Activation, ProtocolVersion
from trialsite.studies.selectors import studies_visible_to

from .api import Listing, SeesRecords, record_export
from .filters import refuse_strange
from .pagination import StablePagination
from .renderers import csv_lines


class ActivationSerializer(serializers.ModelSerializer):
    """A protocol version in force at a site from a day on."""

    natures = {"reference": Nature.PLAIN}

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True)
    version = serializers.CharField(source="version.version", read_only=True)

    class Meta:
        model = Activation
        fields = (
            "id",
            "study",
            "site",
            "version",
            "approved_on",
            "reference",
            "in_force_from",
            "activated_at",
        )


class ActivationFilter(filters.FilterSet):
    study = filters.CharFilter(field_name="study__key", help_text="key of the study")
    site = filters.CharFilter(field_name="site__key", help_text="key of the site")


class ActivationViewSet(Listing):
    """Which protocol version is in force where and since when, in the studies in which you have a role."""

    table = "activations"
    title = _("Versions in force at sites")
    queryset = Activation.objects.none()
    serializer_class = ActivationSerializer
    filterset_class = ActivationFilter

    def get_queryset(self) -> QuerySet:
        studies = studies_visible_to(user_of(self.request))
        return Activation.objects.filter(study__in=studies).select_related("study", "site", "version")


class SignOffSerializer(serializers.ModelSerializer):
    """The sponsor's sign-off of what a version assumes, bound to the digest of the version."""

    natures = {"digest": Nature.PLAIN, "reference": Nature.PLAIN, "signer_name": Nature.IDENTIFYING}

    study = serializers.CharField(source="study.key", read_only=True)
    version = serializers.CharField(source="version.version", read_only=True)
    signed_by = serializers.CharField(source="signed_by.username", read_only=True)

    class Meta:
        model = SignOff
        fields = (
            "id", "study", "version", "digest", "assumptions", "reference", "signer_name", "signed_by", "signed_at",
        )  # fmt: skip


class SignOffFilter(filters.FilterSet):
    study = filters.CharFilter(field_name="study__key", help_text="key of the study")
    version = filters.CharFilter(field_name="version__version", help_text="number of the version")


class SignOffViewSet(Listing):
    """Who signed what the protocol versions of your studies assume, for the sponsor, and when."""

    table = "sign-offs"
    title = _("Sign-offs of protocol versions")
    queryset = SignOff.objects.none()
    serializer_class = SignOffSerializer
    filterset_class = SignOffFilter

    def get_queryset(self) -> QuerySet:
        studies = studies_visible_to(user_of(self.request))
        return SignOff.objects.filter(study__in=studies).select_related("study", "version", "signed_by")


class DryRunSerializer(serializers.Serializer):
    """One thing that a version would change for one subject."""

    subject = serializers.UUIDField()
    subject_number = serializers.CharField()
    site = serializers.CharField()
    version_before = serializers.CharField()
    stays = serializers.CharField(
        help_text="why the subject keeps its version: ended, died, held; empty if it moves"
    )
    kind = serializers.ChoiceField(choices=ChangeKind.choices, help_text="empty where nothing changes")
    key = serializers.CharField(help_text="key in the protocol")
    what = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


COLUMNS = list(DryRunSerializer().fields)


def lines_of(run: SubjectRun) -> Iterator[dict[str, Any]]:
    """A subject's changes as lines; one line where nothing changes, so that everybody is accounted for."""
    subject = run.subject
    place = {
        "subject": str(subject.pk),
        "subject_number": subject.number,
        "site": subject.site.key,
        "version_before": subject.protocol_version.version,
        "stays": str(run.stays or ""),
    }
    for one in run.changes:
        yield place | {
            "kind": one.kind.value,
            "key": one.key,
            "what": one.what,
            "before": one.before,
            "after": one.after,
        }
    if not run.changes:
        yield place | dict.fromkeys(("kind", "key", "what", "before", "after"), "")


class DryRunViewSet(viewsets.ViewSet):
    """What a version would change for the ongoing subjects that you see; nothing is written."""

    permission_classes = [SeesRecords]
    queryset = Subject.objects.none()
    serializer_class = DryRunSerializer
    pagination_class = StablePagination

    @extend_schema(
        parameters=[
            OpenApiParameter("study", str, required=True, description="key of the study"),
            OpenApiParameter("version", str, required=True, description="the version that would be in force"),
            OpenApiParameter("site", str, description="key of a site"),
        ],
        responses=DryRunSerializer(many=True),
    )
    def list(self, request: Request) -> HttpResponseBase | Response:
        refuse_strange(request, ("study", "version", "site"))
        user, version = user_of(request), version_asked(request)
        site = request.query_params.get("site", "")
        if request.accepted_renderer.format == "csv":  # type: ignore[union-attr]
            record_export(request, "export.csv", "dry-runs")
            lines = (line for run in runs(version, user, site) for line in lines_of(run))
            response = StreamingHttpResponse(
                csv_lines(lines, COLUMNS), content_type="text/csv; charset=utf-8"
            )
            name = f"dry-run-{version.study.key}-{version.version}.csv"
            response["Content-Disposition"] = f'attachment; filename="{name}"'
            return response
        pages = self.pagination_class()
        page = pages.paginate_queryset(
            subjects_of_run(version, user, site).order_by("pk"), request, view=self
        )
        found = run_of(page or [], version)
        record_export(request, "export.json", "dry-runs", rows=len(found))
        return pages.get_paginated_response([line for run in found for line in lines_of(run)])


def version_asked(request: Request) -> ProtocolVersion:
    """The version that the query names, of a study in which the user has a role."""
    asked = {name: request.query_params.get(name, "") for name in ("study", "version")}
    found = ProtocolVersion.objects.filter(
        study__in=studies_visible_to(user_of(request)), study__key=asked["study"], version=asked["version"]
    )
    version = found.select_related("study").first()
    if version is None:
        raise NotFound
    return version

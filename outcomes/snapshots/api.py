"""Data cuts over REST: which there are, with the digests of their files, and the files themselves."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from trialsite.access.models import Profile
from trialsite.access.permissions import studies_reached
from trialsite.access.requests import user_of
from trialsite.casebook.domain.nature import Nature
from trialsite.exchange.api import Listing
from trialsite.studies.models import Study

from ..models import CutRun, DataCut, DataCutFile
from .files import open_file
from .selectors import all_cuts, files_for, run_of


class DataCutFileSerializer(serializers.ModelSerializer):
    """One file of a data cut; `closed` files tell arms apart."""

    natures = dict.fromkeys(("name", "media_type", "sha256", "release"), Nature.PLAIN)

    class Meta:
        model = DataCutFile
        fields = ("id", "name", "media_type", "closed", "size", "sha256", "release", "made_at")


class DataCutSerializer(serializers.ModelSerializer):
    """A data cut: its heads by their digest, its files with theirs, and how far their making is."""

    natures = dict.fromkeys(("name", "release", "heads_digest"), Nature.PLAIN)

    study = serializers.CharField(source="study.key", read_only=True)
    taken_by = serializers.CharField(source="taken_by.username", read_only=True)
    state = serializers.SerializerMethodField(help_text="of the newest work: queued, running, done, failed")
    files = DataCutFileSerializer(many=True, read_only=True)

    class Meta:
        model = DataCut
        fields = (
            "id", "study", "name", "cut_off", "reason", "taken_at", "taken_by", "release", "heads_digest", "state",
            "files",
        )  # fmt: skip

    def get_state(self, cut: DataCut) -> str:
        run: CutRun | None = run_of(cut)
        return run.state if run else ""

    def to_representation(self, instance: DataCut) -> dict[str, Any]:
        """Files that the reader may not know of are left out."""
        told = super().to_representation(instance)
        known = {file.name for file, _open in files_for(user_of(self.context["request"]), instance)}
        return told | {"files": [one for one in told["files"] if one["name"] in known]}


class DataCutFilter(filters.FilterSet):
    """The filters of the list."""

    study = filters.CharFilter(field_name="study__key", help_text="key of the study")
    name = filters.CharFilter(help_text="name of the data cut")

    class Meta:
        model = DataCut
        fields = ("study", "name")


class AnyRenderer(BaseRenderer):
    """A file has the type it has."""

    media_type = "*/*"
    format = "file"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        return str(data).encode()


class DataCutViewSet(Listing):
    """The data cuts of the studies whose figures your roles open."""

    table = "data-cuts"
    title = _("Data cuts")
    queryset = DataCut.objects.none()
    serializer_class = DataCutSerializer
    filterset_class = DataCutFilter

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        studies = Study.objects.filter(pk__in=studies_reached(user_of(self.request), "figures.view"))
        return all_cuts().filter(study__in=studies)

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY}, filters=False)
    @action(
        detail=True,
        url_path=r"files/(?P<name>[\w.-]+)",
        filterset_class=None,
        pagination_class=None,
        renderer_classes=[AnyRenderer],
        profiles=(Profile.IDENTIFIED,),
    )
    def file(self, request: Request, name: str, **_kwargs: Any) -> HttpResponse:
        """One file of a cut by its name, for whoever may open it."""
        user = user_of(request)
        named = [one for one, _open in files_for(user, self.get_object()) if one.name == name]
        if not named:
            raise Http404
        return HttpResponse(open_file(named[0], user), content_type=named[0].media_type)

"""Exports over REST: ask for one (202), ask how far it is, take its file, in parts where the line breaks."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from outcomes.snapshots.api import AnyRenderer
from trialsite.access.models import Profile, Scope
from trialsite.access.permissions import grants_of
from trialsite.access.requests import user_of
from trialsite.exchange.api import Listing
from trialsite.exchange.profiles import Release
from trialsite.exchange.refusals import REFUSALS, Told, told_in
from trialsite.exchange.tokens import TokenOpens, release_of

from .bundle import PARTS
from .models import Export
from .pages import cuts_open_to, download, study_to_export
from .services import EXPORTS, ask_for_export


class PullsExports(BasePermission):
    """One of the user's roles pulls exports somewhere."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return grants_of(user_of(request)).somewhere(EXPORTS)


class ExportSerializer(serializers.ModelSerializer):
    """An export of one's own: what was asked for, how far it is, its file once it is done."""

    study = serializers.CharField(source="study.key", read_only=True)
    cut = serializers.CharField(source="cut.name", read_only=True, allow_null=True, default=None)
    parts = serializers.ListField(child=serializers.CharField(), help_text="what it holds")
    state = serializers.CharField(read_only=True, help_text="queued, running, done, failed or expired")
    percent = serializers.IntegerField(read_only=True, help_text="how far it is, 0 to 100")
    results = serializers.JSONField(read_only=True, help_text="subjects, files with rows, what stays behind")
    file = serializers.SerializerMethodField(help_text="address of the file; null until it is done")

    class Meta:
        model = Export
        fields = (
            "id", "study", "purpose", "parts", "profile", "genetic", "byte_order_mark", "cut", "asked_at", "state",
            "percent", "results", "size", "sha256", "expires_at", "file",
        )  # fmt: skip

    def get_file(self, export: Export) -> str | None:
        if export.state != "done":
            return None
        return reverse("api-exports-file", args=[export.pk], request=self.context.get("request"))


class AskedSerializer(Told):
    """What is asked for."""

    study = serializers.CharField(help_text="key of the study")
    parts = serializers.MultipleChoiceField(choices=[(key, key) for key in PARTS], help_text="what it holds")
    purpose = serializers.CharField(max_length=300, help_text="what it is for; kept in the audit")
    profile = serializers.ChoiceField(choices=Profile.choices, default=Profile.CODED)
    genetic = serializers.BooleanField(default=False, help_text="with genetic items")
    byte_order_mark = serializers.BooleanField(default=False, help_text="of CSV files, for spreadsheets")
    cut = serializers.CharField(
        default="", allow_blank=True, help_text="name of a data cut; empty: the record as it stands now"
    )


class ExportFilter(filters.FilterSet):
    """The filters of the list."""

    study = filters.CharFilter(field_name="study__key", help_text="key of the study")

    class Meta:
        model = Export
        fields = ("study",)


def refuse_more(token: Release, told: Mapping[str, Any]) -> None:
    """Refuse an export of more than the token may read itself."""
    wrong = {}
    if token.profile not in (Profile.IDENTIFIED, told["profile"]):
        wrong["profile"] = [
            _("This token reads under the profile “%(profile)s” only.") % {"profile": token.profile}
        ]
    if told["genetic"] and not token.genetic:
        wrong["genetic"] = [_("This token reads no genetic items.")]
    if wrong:
        raise ValidationError(wrong)


class ExportViewSet(Listing):
    """The exports that you asked for."""

    table = "exports"
    title = gettext_lazy("Your exports")
    queryset = Export.objects.none()
    serializer_class = ExportSerializer
    permission_classes = [PullsExports, TokenOpens]
    filterset_class = ExportFilter
    scope = Scope.EXPORT  # of a token, whatever the method

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        own = Export.objects.filter(asked_by=user_of(self.request)).select_related("study", "cut")
        release = release_of(self.request)
        if release.profile != Profile.IDENTIFIED:
            own = own.filter(profile=release.profile)
        return own if release.genetic else own.filter(genetic=False)

    @extend_schema(request=AskedSerializer, responses={202: ExportSerializer, **REFUSALS})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for an export; its address is in `Location`, look there until its state is done."""
        user, told = user_of(request), told_in(request, AskedSerializer)
        refuse_more(release_of(request), told)
        study = study_to_export(user, told["study"])
        cut = next((one for one in cuts_open_to(user, study) if one.name == told["cut"]), None)
        if told["cut"] and cut is None:
            raise ValidationError({"cut": [_("This study has no data cut of this name with files.")]})
        found = ask_for_export(
            study=study,
            parts=sorted(told["parts"]),
            profile=told["profile"],
            purpose=told["purpose"],
            genetic=told["genetic"],
            byte_order_mark=told["byte_order_mark"],
            cut=cut,
            by=user,
        )
        where = reverse("api-exports-detail", args=[found.pk], request=request)
        return Response(self.get_serializer(found).data, status=202, headers={"Location": where})

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None, renderer_classes=[AnyRenderer])
    def file(self, request: Request, **_kwargs: Any) -> HttpResponseBase:
        """The file. `Range` gives the rest of a download that broke off."""
        return download(request, user_of(request), self.get_object())

"""The feed of changes by the API: which records changed since a cursor, to be asked for again and again."""

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from trialsite.access.models import Profile
from trialsite.access.requests import user_of
from trialsite.audit.models import Trail
from trialsite.audit.moment import earlier_instant
from trialsite.problems import Problem
from trialsite.studies.models import Site, Study

from .api import record_export
from .changes import NOW, START, ChangeAction, Position, Read, entries_told, read_between, settled_end, stands
from .filters import SubjectFilter
from .pagination import StablePagination
from .trail_api import ReadsTrail


class ChangeSerializer(serializers.Serializer):
    """That a record changed; what it holds now is read from its list."""

    kind = serializers.CharField(help_text="the list in which the record stands: forms/VS, queries …")
    id = serializers.CharField(help_text="of the record: /api/v1/<kind>/<id>/")
    record = serializers.UUIDField(allow_null=True, help_text="of a line or a query: id of its form")
    study = serializers.CharField()
    site = serializers.CharField(allow_null=True)
    subject = serializers.UUIDField(allow_null=True)
    visit = serializers.CharField(help_text="as in a slot: SCR.1")
    form = serializers.CharField(help_text="as in a slot: VS.1")
    action = serializers.ChoiceField(choices=[one.value for one in ChangeAction])
    version = serializers.IntegerField(allow_null=True, help_text="the version that it has since then")
    at = serializers.DateTimeField()
    trail = serializers.IntegerField(help_text="number of the entry of the audit trail")


@extend_schema_serializer(many=False)  # it holds its rows itself
class ChangesSerializer(serializers.Serializer):
    """Some changes, and where to go on."""

    results = ChangeSerializer(many=True)
    next = serializers.URLField(help_text="always given: asked again, it tells what came since")
    cursor = serializers.CharField(help_text="`since` of that address")
    more = serializers.BooleanField(
        help_text="whether more is there already; otherwise wait before asking again"
    )


class ChangeFilter(filters.FilterSet):
    since = filters.CharFilter(
        method="whole",
        help_text="a cursor of an earlier answer; now: nothing of before; empty: from the beginning",
    )
    kind = filters.CharFilter(method="whole", help_text="kinds with commas between: forms/VS,queries")
    study = filters.CharFilter(method="of_study", help_text="key of the study")
    site = filters.CharFilter(method="at_site", help_text="key of the site")
    subject = SubjectFilter("subject_id")

    class Meta:
        model = Trail
        fields = ()

    def whole(self, found: QuerySet, _name: str, _value: str) -> QuerySet:
        """What the view itself reads."""
        return found

    def of_study(self, found: QuerySet, _name: str, key: str) -> QuerySet:
        return found.filter(study_id__in=Study.objects.filter(key=key).values("pk"))

    def at_site(self, found: QuerySet, _name: str, key: str) -> QuerySet:
        return found.filter(site_id__in=Site.objects.filter(key=key).values("pk"))


class ChangeViewSet(viewsets.GenericViewSet):
    """Which records of the lists that you may see changed since a cursor, oldest first, and nothing of what they hold.

    What is told has been committed for good, and nothing that commits later stands before it: who keeps asking at
    `next` is told everything, once."""

    permission_classes = [ReadsTrail]
    title = gettext_lazy("Changes since a cursor")
    profiles = (Profile.IDENTIFIED,)
    queryset = Trail.objects.none()
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter
    renderer_classes = [JSONRenderer]
    pagination_class = None

    @extend_schema(responses=ChangesSerializer)
    def list(self, request: Request) -> Response:
        if earlier_instant() is not None:
            raise Problem(400, _("Changes are followed as they come, not as of an instant."))
        from .lists import kinds_open_to  # this list is one of them

        kinds = kinds_open_to(user_of(request), kinds_asked(request))
        entries = self.filter_queryset(entries_told(user_of(request), kinds))
        after, end = position_asked(request), settled_end()
        most = StablePagination().get_page_size(request) or StablePagination.page_size
        read = Read([], end, False) if after is None else read_between(entries, after, end, kinds, most)
        record_export(request, "export.json", "changes", rows=len(read.changes))
        return Response(answer_of(read, request))


def kinds_asked(request: Request) -> list[str]:
    return [one.strip(" /") for one in request.query_params.get("kind", "").split(",") if one.strip(" /")]


def position_asked(request: Request) -> Position | None:
    """Where to go on; None: at the end. A cursor that names no entry any more is refused as gone."""
    cursor = request.query_params.get("since", "")
    if cursor == NOW:
        return None
    if not cursor:
        return START
    gone = _(
        "This cursor is unknown, or the record was restored to a state before it."
        " Follow from since=now, and read the lists anew."
    )
    try:
        position = Position.read(cursor)
        if stands(position):
            return position
    except ValueError:
        pass
    raise Problem(410, gone)


def answer_of(read: Read, request: Request) -> dict[str, Any]:
    cursor = read.reached.cursor
    return {
        "results": ChangeSerializer([asdict(one) for one in read.changes], many=True).data,
        "next": replace_query_param(request.build_absolute_uri(), "since", cursor),
        "cursor": cursor,
        "more": read.more,
    }

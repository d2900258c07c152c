"""Imports over REST: send a file, read what its lines would do, enter just that, reverse it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.utils.urls import replace_query_param

from outcomes.snapshots.api import AnyRenderer
from trialsite.access.models import Profile, User
from trialsite.access.permissions import grants_of, require
from trialsite.access.requests import user_of
from trialsite.casebook.errors import CheckFailed
from trialsite.exchange.api import Listing, record_export
from trialsite.exchange.filters import refuse_strange
from trialsite.exchange.pagination import StablePagination
from trialsite.exchange.refusals import REFUSALS, RefusalSerializer, told_in
from trialsite.exchange.tokens import TokenOpens
from trialsite.listing import listed
from trialsite.problems import MEDIA_TYPE, Problem
from trialsite.studies.models import Site, Study

from .kinds import KINDS, fits
from .models import ImportBatch, ImportKind, ImportState, ImportStep
from .outcomes import STATUSES
from .pages import tray_of
from .runs import cancel, import_file, run_of, start_again, stop_import_run, take_import_step
from .selectors import Lines, imports_open_to, sites_of, studies_of
from .services import OtherPreview, PreviewMoved, StandsChanged, mapping_of, stage_again
from .shapes import (
    ColumnsAskedSerializer,
    ImportFileSerializer,
    ImportLineSerializer,
    ImportSerializer,
    ImportStepSerializer,
    NotReversedSerializer,
    line_told,
)
from .sheets import Sheet, refuse_large

STEP = "(?P<step>commit|again|names|reverse|cancel|stop|restart)"


class ImportsFiles(BasePermission):
    """One of the user's roles imports some kind of file somewhere."""

    def has_permission(self, request: Request, view: Any) -> bool:
        grants = grants_of(user_of(request))
        return any(grants.somewhere(kind.permission) for kind in KINDS.values())


class LinePages(StablePagination):
    """Pages of lines in the order of the file."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        text = request.query_params.get(self.cursor_query_param, "0")
        if not (text.isascii() and text.isdecimal()):
            raise NotFound(self.invalid_cursor_message)
        self.first, self.size = int(text), self.get_page_size(request)
        self.length, self.address = len(queryset), request.build_absolute_uri()
        return queryset[self.first : self.first + self.size]

    def get_next_link(self) -> str | None:
        return self.link(self.first + self.size) if self.first + self.size < self.length else None

    def get_previous_link(self) -> str | None:
        return self.link(max(0, self.first - self.size)) if self.first else None

    def link(self, first: int) -> str:
        return str(replace_query_param(self.address, self.cursor_query_param, first))


class ImportFilter(filters.FilterSet):
    """The filters of the list."""

    study = filters.CharFilter(field_name="study__key", help_text="key of the study")
    site = filters.CharFilter(field_name="site__key", help_text="key of the site")
    kind = filters.ChoiceFilter(choices=ImportKind.choices)
    state = filters.ChoiceFilter(choices=ImportState.choices)
    sha256 = filters.CharFilter(help_text="SHA-256 of the file")

    class Meta:
        model = ImportBatch
        fields: list[str] = []


class ImportViewSet(Listing):
    """The imports of the sites where you enter such data."""

    table = "imports"
    title = gettext_lazy("Imports")
    queryset = ImportBatch.objects.none()
    serializer_class = ImportSerializer
    permission_classes = [ImportsFiles, TokenOpens]
    filterset_class = ImportFilter
    parser_classes = [MultiPartParser]
    profiles = (Profile.IDENTIFIED,)

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return imports_open_to(user_of(self.request))

    def answer(self, batch: ImportBatch, at_once: int) -> Response:
        """An import as it stands; 202 where a worker is at it now."""
        found = self.get_queryset().get(pk=batch.pk)
        run = run_of(found)
        working = run is not None and run.ended_at is None
        where = {"Location": reverse("api-imports-detail", args=[batch.pk], request=self.request)}
        return Response(self.get_serializer(found).data, status=202 if working else at_once, headers=where)

    @extend_schema(
        request=ImportFileSerializer,
        responses={
            201: ImportSerializer,
            202: ImportSerializer,
            **REFUSALS,
            (400, MEDIA_TYPE): ColumnsAskedSerializer,
        },
    )
    def create(self, request: Request, **_kwargs: Any) -> Response:
        """Try a file out: nothing is entered. A large one is tried out by a worker (202): look again at `Location`."""
        user, told = user_of(request), told_in(request, ImportFileSerializer)
        study, site = place_or_404(user, told)
        kind, file = KINDS[told["kind"]], told["file"]
        require(user, kind.permission, study_id=study.pk, site_id=site.pk)
        try:
            refuse_large(file.size)
            content = file.read()
            sheet = kind.read(file.name, content)
            batch = import_file(
                study=study,
                site=site,
                kind=told["kind"],
                source=told["source"],
                file_name=file.name,
                content=content,
                sheet=sheet,
                mapping=mapping_told(study, site, told, sheet),
                by=user,
            )
        except CheckFailed as refusal:
            raise CheckFailed(
                {NAMED.get(at, at): words for at, words in refusal.messages.items()}
            ) from refusal
        return self.answer(batch, 201)

    @extend_schema(
        request=ImportStepSerializer,
        responses={
            200: ImportSerializer,
            202: ImportSerializer,
            **REFUSALS,
            (409, MEDIA_TYPE): NotReversedSerializer,
            (412, MEDIA_TYPE): RefusalSerializer,
        },
    )
    @action(detail=True, methods=["post"], url_path=STEP, parser_classes=[JSONParser])
    def take(self, request: Request, step: str, **_kwargs: Any) -> Response:
        """Enter what was read (commit), try out anew (again), say what tests mean (names), reverse, cancel; of what a
        worker does: stop, restart."""
        told, batch, user = told_in(request, ImportStepSerializer), self.get_object(), user_of(request)
        if step == "cancel":
            gone = self.get_serializer(batch).data
            cancel(batch=batch, by=user)
            return Response(gone)
        if step == "stop":
            stop_import_run(batch=batch, by=user)
        elif step == "restart":
            start_again(batch=batch, by=user)
        else:
            take_step(batch, step, told, user)
        return self.answer(batch, 200)

    @extend_schema(
        parameters=[
            OpenApiParameter("status", str, enum=STATUSES, description="only lines of which this becomes")
        ],
        responses=ImportLineSerializer(many=True),
        filters=False,
    )
    @action(detail=True, filterset_class=None, pagination_class=LinePages, renderer_classes=[JSONRenderer])
    def lines(self, request: Request, **_kwargs: Any) -> Response:
        """What each line of the file says, and what becomes of it."""
        refuse_strange(request, ["status"])
        status = request.query_params.get("status", "")
        if status not in ("", *STATUSES):
            raise CheckFailed(
                {"status": _("Choose one of: %(statuses)s.") % {"statuses": ", ".join(STATUSES)}}
            )
        batch = self.get_object()
        rows = self.paginate_queryset(Lines(batch, status))  # type: ignore[arg-type]
        record_export(request, "export.json", "import-lines", rows=len(rows or ()), record=str(batch.pk))
        return self.get_paginated_response([line_told(row, batch) for row in rows or ()])

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR}, filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None, renderer_classes=[AnyRenderer])
    def tray(self, request: Request, **_kwargs: Any) -> HttpResponse:
        """The rejected lines with their reasons, as CSV under the columns of the file."""
        batch = self.get_object()
        record_export(request, "export.csv", "import-tray", record=str(batch.pk))
        return tray_of(batch)


NAMED = {"files": "file"}  # of the page's form: as the API calls it
TELLS: dict[str, tuple[str, ...]] = {
    ImportStep.AGAIN: (),
    ImportStep.NAMES: ("names",),
    ImportStep.COMMIT: ("preview",),
    ImportStep.REVERSE: ("reason", "leave_changed"),
}


def place_or_404(user: User, told: Mapping[str, Any]) -> tuple[Study, Site]:
    """A study of the user's, and a site of it that they see."""
    study = get_object_or_404(studies_of(user), key=told["study"])
    site = sites_of(user, study).filter(key=told["site"]).first()
    if site is None:
        raise Http404
    return study, site


def mapping_told(study: Study, site: Site, told: Mapping[str, Any], sheet: Sheet) -> dict[str, str]:
    """Which column holds what: as it is said, else as it was last for the source. Refused, the columns are named."""
    kind, mapping = KINDS[told["kind"]], told["mapping"]
    if not (isinstance(mapping, dict) and all(isinstance(one, str) for one in mapping.values())):
        raise CheckFailed({"mapping": _("Write an object of JSON: target and column.")})
    if not kind.targets:
        return {}
    mapping = mapping or mapping_of(study=study, site=site, kind=told["kind"], source=told["source"])
    if not mapping.keys() - kind.targets.keys() and fits(kind, mapping, sheet.columns):
        return mapping
    wanted = listed(key for key, target in kind.targets.items() if target.wanted)
    words = _("Say in which columns these stand: %(targets)s. The file has the columns %(columns)s.")
    sentence = words % {"targets": wanted, "columns": listed(sheet.columns)}
    raise Problem(
        400, sentence, errors={"mapping": [sentence]}, columns=sheet.columns, targets=list(kind.targets)
    )


def take_step(batch: ImportBatch, step: str, told: Mapping[str, Any], user: User) -> None:
    """One of the steps that a worker takes too; what is refused says what stands now."""
    if step == ImportStep.COMMIT and not told["preview"]:
        raise CheckFailed({"preview": _("Say which preview you have read: its digest stands in `preview`.")})
    try:
        take_import_step(batch=batch, step=step, told={name: told[name] for name in TELLS[step]}, by=user)
    except OtherPreview as refusal:
        raise Problem(412, refusal.sentence) from refusal
    except PreviewMoved as refusal:
        stage_again(batch_id=batch.pk, by=user)
        raise Problem(409, refusal.sentence) from refusal
    except StandsChanged as refusal:
        raise Problem(409, refusal.sentence, left=refusal.places) from refusal

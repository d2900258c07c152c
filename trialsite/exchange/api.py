"""The REST API: lists of everything on the screens, under the same permissions."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from trialsite.access.models import Profile, User
from trialsite.access.permissions import grants_of
from trialsite.access.requests import user_of
from trialsite.audit.events import record_event
from trialsite.audit.moment import earlier_instant
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.forms import CasebookForm
from trialsite.casebook.models import MovedForm, ProtocolForm, ProtocolLine, Subject
from trialsite.casebook.outages import outages_by_place
from trialsite.casebook.registries import FormType, left_out
from trialsite.casebook.states import RecordState
from trialsite.studies.models import ProtocolVersion, Site, Study
from trialsite.studies.selectors import studies_visible_to

from .batches import in_batches
from .filters import NO_FILTERS, PlacedFilter, SubjectFilter
from .idempotency import KeyedWrites
from .profiles import WHOLE, Natures, apply, nature_of_own, natures_of
from .renderers import columns_of, csv_lines, json_lines
from .serializers import SiteSerializer, StudySerializer, SubjectSerializer, form_serializer, row_serializer
from .tokens import WHOLE_LISTS, TokenOpens, release_of
from .versions import digest_tag, tagged

MEDIA_TYPES = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


class SeesRecords(TokenOpens):
    """One of the user's roles opens the record somewhere; which rows is the queryset's matter."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and grants_of(user_of(request)).somewhere("record.view")


def record_export(request: Request, kind: str, table: str, **details: Any) -> None:
    """Who pulled what of which table, by which filters, how many rows, and as of when."""
    filters = {name: value for name, value in request.query_params.items() if name not in NO_FILTERS}
    instant = earlier_instant()
    if instant:
        details["as_of"] = instant.isoformat()
    record_event(kind=kind, user_id=user_of(request).pk, table=table, filters=filters, **details)


class Listing(KeyedWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """A list (pages as JSON, the whole as CSV) and its single records."""

    permission_classes = [SeesRecords]
    table = ""
    title: Any = ""  # in words, where the page of lists shows it
    of_subjects = (
        False  # whether the rows are data of subjects, which leave with a withdrawn consent to their use
    )
    opened_by = "record.view"  # the action that opens its rows at a place, for those who follow changes
    profiles: tuple[Profile, ...] = tuple(Profile)  # under which it can be read
    subject_key = "subject"  # the column that says whose row it is

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        found = super().filter_queryset(queryset)
        if self.of_subjects:
            for ids in left_out.values():
                found = found.exclude(subject_id__in=ids())
        return found

    def without_data(self) -> dict[str, int]:
        """How many subjects of one's sites are left out for a withdrawn consent, for the record of the export."""
        if not self.of_subjects:
            return {}
        subjects = Subject.objects.visible_to(user_of(self.request))
        return {"left_out": sum(subjects.filter(pk__in=ids()).count() for ids in left_out.values())}

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase | Response:  # type: ignore[override]
        kind = request.accepted_renderer.format
        if kind not in WHOLE_LISTS:
            answer = super().list(request, *args, **kwargs)
            rows = len(answer.data["results"])
            record_export(request, "export.json", self.table, rows=rows, **self.without_data())
            return answer
        found = self.filter_queryset(self.get_queryset())
        record_export(request, f"export.{kind}", self.table, rows=found.count(), **self.without_data())
        leaving = map(self.leaving, self.rows())
        lines = csv_lines(leaving, self.leaving_header()) if kind == "csv" else json_lines(leaving)
        response = StreamingHttpResponse(lines, content_type=f"{MEDIA_TYPES[kind]}; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{self.table}.{kind}"'
        if left_out := release_of(request).left_out(self.natures):
            response["X-Left-Out"] = ",".join(left_out)
        return response

    @cached_property
    def natures(self) -> Natures:
        """What the items of the list can tell about a person."""
        kind: Any = self.get_serializer_class()
        return natures_of(kind)

    def leaving(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row as it leaves under the token's profile."""
        return apply(row, row.get(self.subject_key), self.natures, release_of(self.request))

    def all_leaving(self, told: Any) -> Any:
        """A page, a list or a row as it leaves."""
        if isinstance(told, list):
            return [self.leaving(row) for row in told]
        return (
            told | {"results": self.all_leaving(told["results"])} if "results" in told else self.leaving(told)
        )

    def leaving_header(self) -> Sequence[str]:
        gone = set(release_of(self.request).left_out(self.natures))
        return [name for name in self.header() if name not in gone and name.partition(".")[0] not in gone]

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = super().retrieve(request, *args, **kwargs)
        record_export(request, "export.json", self.table, rows=1, record=next(iter(self.kwargs.values())))
        return answer

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        release = release_of(request)
        if release != WHOLE and isinstance(response, Response) and request.method == "GET":
            response.data = self.all_leaving(response.data)
            response.headers["X-Left-Out"] = ",".join(release.left_out(self.natures))
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self.action == "retrieve" and answer.status_code == 200:
            return tagged(request, answer, digest_tag(answer.data))
        return answer

    def header(self) -> Sequence[str]:
        """The columns of the CSV."""
        return columns_of(cast(Serializer, self.get_serializer()))

    def rows(self) -> Iterator[Any]:
        """Every record of the filtered list, serialized in batches."""
        serializer = cast(Serializer, self.get_serializer())
        for batch in in_batches(self.filter_queryset(self.get_queryset())):
            yield from map(serializer.to_representation, batch)


class FormListing(Listing):
    """A list of forms; the outages that some were entered after are read once."""

    @cached_property
    def outages(self) -> Mapping[Any, Any]:
        return outages_by_place(user_of(self.request))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "outages": self.outages}


def natures_of_own_items(reader: User, form_key: str = "") -> dict[str, Nature]:
    """The natures of the items that only protocols ask for on a form (without key: on any), in all their versions."""
    found: dict[str, Nature] = {}
    for version in ProtocolVersion.objects.filter(study__in=studies_visible_to(reader)):
        for plan in version.protocol.forms:
            if form_key in ("", plan.key):
                groups = [item for group in plan.groups for item in group.items]
                for item in (*plan.items, *groups):
                    if (nature := nature_of_own(item)) is not Nature.PLAIN:
                        found[f"extra.{item.key}"] = nature
    return found


class StudiesFilter(filters.FilterSet):
    study = filters.CharFilter(field_name="key", help_text="key of the study")

    class Meta:
        model = Study
        fields = ("key",)


class SitesFilter(filters.FilterSet):
    study = filters.CharFilter(method="of_study", help_text="key of the study")

    class Meta:
        model = Site
        fields = ("key",)

    def of_study(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """The sites of a study of the reader's; a study they may not see has none."""
        studies = studies_visible_to(user_of(self.request)).filter(key=value)
        return queryset.filter(study_sites__study__in=studies)


class StudyViewSet(Listing):
    """The studies in which you have a role."""

    table = "studies"
    title = _("Studies")
    queryset = Study.objects.none()
    serializer_class = StudySerializer
    lookup_field = "key"
    filterset_class = StudiesFilter

    def get_queryset(self) -> QuerySet:
        found = studies_visible_to(user_of(self.request))
        return found.prefetch_related("versions", "study_sites__site", "study_sites__protocol_version")


class SiteViewSet(Listing):
    """The sites of those studies."""

    table = "sites"
    title = _("Sites")
    queryset = Site.objects.none()
    serializer_class = SiteSerializer
    lookup_field = "key"
    filterset_class = SitesFilter

    def get_queryset(self) -> QuerySet:
        studies = studies_visible_to(user_of(self.request))
        return Site.objects.filter(study_sites__study__in=studies).distinct()


class SubjectsFilter(filters.FilterSet):
    subject = SubjectFilter("pk")
    study = filters.CharFilter(field_name="study__key", help_text="key of the study")
    site = filters.CharFilter(field_name="site__key", help_text="key of the site")
    enrolled_from = filters.DateFilter(field_name="enrolled_on", lookup_expr="gte")
    enrolled_to = filters.DateFilter(field_name="enrolled_on", lookup_expr="lte")

    class Meta:
        model = Subject
        fields = ("state", "arm", "subject_number", "screening_number")


class SubjectViewSet(Listing):
    """The subjects of the sites that your memberships open."""

    table = "subjects"
    subject_key = "id"
    title = _("Subjects")
    queryset = Subject.objects.none()
    serializer_class = SubjectSerializer
    filterset_class = SubjectsFilter

    def get_queryset(self) -> QuerySet:
        found = Subject.objects.visible_to(user_of(self.request))
        return found.select_related("study", "site", "protocol_version")


class RecordFilter(PlacedFilter):
    """The filters of every form."""

    visit = filters.CharFilter(field_name="visit__key", help_text="key of the visit")
    state = filters.ChoiceFilter(choices=RecordState.choices)
    performed_from = filters.DateFilter(field_name="performed_on", lookup_expr="gte")
    performed_to = filters.DateFilter(field_name="performed_on", lookup_expr="lte")


class LineFilter(filters.FilterSet):
    """The filters of every kind of line."""

    subject = SubjectFilter()
    study = filters.CharFilter(field_name="study__key", help_text="key of the study")
    record = filters.UUIDFilter(field_name="record_id", help_text="id of the form")


def with_moves(records: QuerySet) -> QuerySet:
    """Forms with what stands around them, and the other side of a move to the right subject."""
    sides = MovedForm.objects.filter(record_id=OuterRef("pk")).values("other_record_id")
    return records.select_related("subject", "study", "site", "visit", "protocol_version").annotate(
        moved_to=Subquery(sides.filter(direction=MovedForm.Direction.OUT)),
        moved_from=Subquery(sides.filter(direction=MovedForm.Direction.IN)),
    )


def form_viewset(form: FormType) -> type[Listing]:
    """The list of one form."""

    class FormViewSet(FormListing):
        table = form.key.lower()
        of_subjects = True
        queryset = form.model.objects.none()
        serializer_class = form_serializer(form)
        filterset_class = RecordFilter

        @cached_property
        def natures(self) -> Natures:
            return dict(super().natures) | natures_of_own_items(user_of(self.request), form.key)

        def get_queryset(self) -> QuerySet:
            found = form.model.objects.visible_to(user_of(self.request)).filter(form_key=form.key)  # type: ignore[attr-defined]
            lines = [
                Prefetch(
                    row.model._meta.get_field("record").remote_field.get_accessor_name(),
                    queryset=row.model.objects.filter(voided=False),
                    to_attr=f"standing_{row.model._meta.model_name}",
                )
                for row in form.rows
            ]
            return with_moves(found).prefetch_related(*lines)

    FormViewSet.__doc__ = (
        f"{form.title}: the forms of the sites that your memberships open, voided ones included."
    )
    FormViewSet.__name__ = FormViewSet.__qualname__ = f"Form{form.key}ViewSet"
    return FormViewSet


class ProtocolFormViewSet(FormListing):
    """The forms that only one protocol has; their items stand in `extra`."""

    table = "protocol-forms"
    title = _("Forms of one protocol only")
    of_subjects = True
    queryset = ProtocolForm.objects.none()
    serializer_class = form_serializer(FormType("PROTOCOL", "Protocol forms", ProtocolForm, CasebookForm))
    filterset_class = RecordFilter

    @cached_property
    def natures(self) -> Natures:
        return natures_of_own_items(user_of(self.request))

    def get_queryset(self) -> QuerySet:
        found = with_moves(ProtocolForm.objects.visible_to(user_of(self.request)))
        return found.select_related("subject__protocol_version", "study", "site", "visit", "protocol_version")


class ProtocolLineViewSet(Listing):
    """The lines of the forms that only one protocol has, each with its group; their items stand in `extra`."""

    table = "protocol-form-lines"
    title = _("Lines of the forms of one protocol only")
    of_subjects = True
    queryset = ProtocolLine.objects.none()
    serializer_class = row_serializer(ProtocolLine)
    filterset_class = LineFilter

    @cached_property
    def natures(self) -> Natures:
        return natures_of_own_items(user_of(self.request))

    def get_queryset(self) -> QuerySet:
        return ProtocolLine.objects.visible_to(user_of(self.request)).filter(voided=False)


def line_viewset(form: FormType, row: Any) -> type[Listing]:
    """The list of one kind of line of a form."""

    class LineViewSet(Listing):
        table = f"{form.key.lower()}-{row.name}"
        of_subjects = True
        queryset = row.model.objects.none()
        serializer_class = row_serializer(row.model)
        filterset_class = LineFilter

        def get_queryset(self) -> QuerySet:
            found = row.model.objects.visible_to(user_of(self.request))
            return found.filter(record__form_key=form.key, voided=False)

    LineViewSet.__doc__ = f"{form.title}, its lines: {row.title or row.name}."
    LineViewSet.__name__ = LineViewSet.__qualname__ = f"Form{form.key}{row.name.title()}ViewSet"
    return LineViewSet

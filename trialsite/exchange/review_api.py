"""What stands beside the record by the API: queries with what was said, holds, verifications.

Each is read as a list and written by the service that its page calls: `create` takes the first step, `take` the next.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from trialsite.access.requests import user_of
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.holds import place_hold, take_hold_step
from trialsite.casebook.models import Hold
from trialsite.casebook.selectors import slot_or_404
from trialsite.casebook.slots import OpenSlot
from trialsite.casebook.states import HoldKind, HoldState
from trialsite.review.models import Query, QueryMessage, Verification
from trialsite.review.places import place_or_404
from trialsite.review.queries import ask_about, take_query_step
from trialsite.review.states import QueryState
from trialsite.review.verification import verify_items

from .api import Listing
from .filters import PlacedFilter
from .refusals import REFUSALS, Told, told_in

STEP = "(?P<step>[a-z_]+)"

PLACE = ("id", "study", "site", "subject", "subject_number")


class PlacedSerializer(serializers.ModelSerializer):
    """A row with the place where it stands."""

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True, default=None)
    subject_number = serializers.CharField(source="subject.number", read_only=True, default=None)


class ReviewListing(Listing):
    """Rows at the places that one's memberships open."""

    model: type[Any]
    beside: tuple[str, ...] = ()

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.model.objects.none()
        found = self.model.objects.visible_to(user_of(self.request))
        return found.select_related("study", "site", "subject", *self.beside)

    def answer(self, row: Any, status: int = 200) -> Response:
        """A row as it stands after a step."""
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data, status=status)


class FormToldSerializer(Told):
    """The form of a slot, as addresses write it."""

    subject = serializers.UUIDField(help_text="id of the subject")
    visit = serializers.CharField(help_text="visit and repeat, such as SCR.1")
    form = serializers.CharField(help_text="form and repeat, such as VS.1")


def slot_told(request: Request, told: Mapping[str, Any]) -> OpenSlot:
    return slot_or_404(user_of(request), told["subject"], told["visit"], told["form"])


def words(help_text: str) -> serializers.CharField:
    """What a service reads and refuses with its own sentence, empty ones too."""
    return serializers.CharField(default="", allow_blank=True, max_length=1000, help_text=help_text)


# Queries


class QueryMessageSerializer(serializers.ModelSerializer):
    """One step of a query with what was said."""

    by = serializers.CharField(source="said_by.username", read_only=True)
    at = serializers.DateTimeField(source="said_at", read_only=True)

    class Meta:
        model = QueryMessage
        fields = ("id", "action", "text", "by", "at")


class QueryMessageLineSerializer(PlacedSerializer):
    """One step of a query, as a line of its own."""

    by = serializers.CharField(source="said_by.username", read_only=True)
    at = serializers.DateTimeField(source="said_at", read_only=True)
    query = serializers.UUIDField(source="query_id", read_only=True, help_text="id of the query")

    class Meta:
        model = QueryMessage
        fields = (*PLACE, "query", "action", "text", "by", "at")


class QuerySerializer(PlacedSerializer):
    """A question about an item, or about a form as a whole, with its steps, the first first."""

    natures = dict.fromkeys(("item", "check_key"), Nature.PLAIN)

    item = serializers.CharField(help_text='"weight", "results.3.value" of line 3, empty for the whole form')
    check_key = serializers.CharField(help_text="the edit check that asks; empty where a person asks")
    opened_by = serializers.CharField(source="opened_by.username", read_only=True)
    messages = QueryMessageSerializer(many=True, read_only=True)

    class Meta:
        model = Query
        fields = (
            *PLACE, "visit_key", "visit_repeat", "form_key", "form_repeat", "item", "state", "check_key",
            "check_version", "text_en", "text_zh", "opened_by", "opened_at", "moved_at", "messages",
        )  # fmt: skip


class QueryFilter(PlacedFilter):
    state = filters.ChoiceFilter(choices=QueryState.choices)
    form = filters.CharFilter(field_name="form_key", help_text="key of the form")
    visit = filters.CharFilter(field_name="visit_key", help_text="key of the visit")
    item = filters.CharFilter(help_text="the item asked about")
    check = filters.CharFilter(field_name="check_key", help_text="key of the edit check that asks")
    opened_from = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte")
    opened_to = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lte")


class AskSerializer(FormToldSerializer):
    """A question about a form."""

    item = words("the item asked about; empty for the form as a whole")
    text = words("the question")


class QueryStepSerializer(Told):
    """What is said at the next step of a query."""

    text = words("what the other side is to read")


class QueryViewSet(ReviewListing):
    """Queries on the items of forms, with their messages."""

    table = "queries"
    title = _("Queries")
    model = Query
    beside = ("opened_by",)
    queryset = Query.objects.none()
    serializer_class = QuerySerializer
    filterset_class = QueryFilter

    def get_queryset(self) -> QuerySet:
        said = QueryMessage.objects.select_related("said_by").order_by("said_at", "pk")
        return super().get_queryset().prefetch_related(Prefetch("messages", queryset=said))

    @extend_schema(request=AskSerializer, responses={201: QuerySerializer, **REFUSALS})
    def create(self, request: Request, **_kwargs: Any) -> Response:
        """Ask about an item of a form, or about the form as a whole."""
        told = told_in(request, AskSerializer)
        opened = slot_told(request, told)
        query = ask_about(opened=opened, item=told["item"], text=told["text"], by=user_of(request))
        return self.answer(query, 201)

    @extend_schema(request=QueryStepSerializer, responses={200: QuerySerializer, **REFUSALS})
    @action(detail=True, methods=["post"], url_path=STEP)
    def take(self, request: Request, step: str, **_kwargs: Any) -> Response:
        """Answer, close, cancel, ask_again, reopen, release: as the query stands."""
        told = told_in(request, QueryStepSerializer)
        query = self.get_object()
        return self.answer(
            take_query_step(query_id=query.pk, action=step, text=told["text"], by=user_of(request))
        )


class QueryMessageFilter(PlacedFilter):
    query = filters.UUIDFilter(field_name="query_id", help_text="id of the query")


class QueryMessageViewSet(ReviewListing):
    """The steps of queries one by one, as CSV has them."""

    table = "query-messages"
    title = _("Steps of queries")
    model = QueryMessage
    beside = ("said_by",)
    queryset = QueryMessage.objects.none()
    serializer_class = QueryMessageLineSerializer
    filterset_class = QueryMessageFilter


# Holds


class HoldSerializer(PlacedSerializer):
    """A freeze or lock; what its place leaves out (site, subject, visit, form) is held whole."""

    placed_by = serializers.CharField(source="placed_by.username", read_only=True)
    asked_by = serializers.CharField(source="asked_by.username", read_only=True, default=None)
    released_by = serializers.CharField(source="released_by.username", read_only=True, default=None)

    class Meta:
        model = Hold
        fields = (
            *PLACE, "visit_key", "visit_repeat", "form_key", "form_repeat", "kind", "state", "placed_by",
            "placed_at", "asked_by", "asked_at", "asked_why", "released_by", "released_at",
        )  # fmt: skip


class HoldFilter(PlacedFilter):
    kind = filters.ChoiceFilter(choices=HoldKind.choices)
    state = filters.ChoiceFilter(choices=HoldState.choices)


class HoldToldSerializer(Told):
    """What is frozen or locked: a study, a site of it, a subject, a visit or a form of the subject."""

    study = words("key of the study; with a subject it is not needed")
    site = words("key of a site of the study")
    subject = words("id of the subject")
    visit = words("visit and repeat, such as SCR.1")
    form = words("form and repeat, such as VS.1")
    kind = serializers.ChoiceField(choices=HoldKind.choices)
    reason = words("why")


class HoldStepSerializer(Told):
    """Why the next step of a hold is taken."""

    reason = words("why; needed by unfreeze and ask_unlock")


class HoldViewSet(ReviewListing):
    """Freezes and locks, released ones included."""

    table = "holds"
    title = _("Freezes and locks")
    model = Hold
    beside = ("placed_by", "asked_by", "released_by")
    queryset = Hold.objects.none()
    serializer_class = HoldSerializer
    filterset_class = HoldFilter

    @extend_schema(request=HoldToldSerializer, responses={201: HoldSerializer, **REFUSALS})
    def create(self, request: Request, **_kwargs: Any) -> Response:
        """Freeze or lock a place."""
        told, user = told_in(request, HoldToldSerializer), user_of(request)
        place = place_or_404(user, told)
        return self.answer(place_hold(place=place, kind=told["kind"], by=user, reason=told["reason"]), 201)

    @extend_schema(request=HoldStepSerializer, responses={200: HoldSerializer, **REFUSALS})
    @action(detail=True, methods=["post"], url_path=STEP)
    def take(self, request: Request, step: str, **_kwargs: Any) -> Response:
        """Unfreeze; ask_unlock, then unlock by a second person, or keep_locked: as the hold stands."""
        told = told_in(request, HoldStepSerializer)
        hold = self.get_object()
        return self.answer(
            take_hold_step(hold_id=hold.pk, action=step, by=user_of(request), reason=told["reason"])
        )


# Verifications


class VerificationSerializer(PlacedSerializer):
    """An item that was compared with the source; `reopened_at` where a later change ended that."""

    natures = {"item": Nature.PLAIN}

    record = serializers.UUIDField(source="record_id", read_only=True, help_text="id of the form")
    verified_by = serializers.CharField(source="verified_by.username", read_only=True)
    reopened_by = serializers.CharField(source="reopened_by.username", read_only=True, default=None)

    class Meta:
        model = Verification
        fields = (
            *PLACE, "record", "item", "verified_by", "verified_at", "reopened_by", "reopened_at",
        )  # fmt: skip


class VerificationFilter(PlacedFilter):
    record = filters.UUIDFilter(field_name="record_id", help_text="id of the form")
    item = filters.CharFilter(help_text="the item that was verified")
    standing = filters.BooleanFilter(
        field_name="reopened_at", lookup_expr="isnull", help_text="not ended by a later change"
    )


class VerifiedSerializer(FormToldSerializer):
    """Items that agree with the source."""

    items = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(), default=list, help_text='"weight", "results.3.value" of line 3'
    )


class VerificationViewSet(ReviewListing):
    """Items verified against source, those included that a later change opened again."""

    table = "verifications"
    title = _("Source verifications")
    model = Verification
    beside = ("verified_by", "reopened_by")
    queryset = Verification.objects.none()
    serializer_class = VerificationSerializer
    filterset_class = VerificationFilter

    @extend_schema(request=VerifiedSerializer, responses={201: VerificationSerializer(many=True), **REFUSALS})
    def create(self, request: Request, **_kwargs: Any) -> Response:
        """Record that items of a form were compared with the source and agree; gives those that were not yet."""
        told = told_in(request, VerifiedSerializer)
        done = verify_items(opened=slot_told(request, told), items=told["items"], by=user_of(request))
        rows = self.get_queryset().filter(pk__in=[one.pk for one in done]).order_by("item")
        return Response(self.get_serializer(rows, many=True).data, status=201)

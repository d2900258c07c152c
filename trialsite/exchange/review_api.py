"""What stands beside the record by the API: queries with what was said, holds, verifications, signatures."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from trialsite.access.requests import user_of
from trialsite.casebook.models import Hold
from trialsite.casebook.states import HoldKind, HoldState
from trialsite.review.models import Level, Meaning, Query, QueryMessage, Signature, Verification
from trialsite.review.states import QueryState

from .api import Listing

PLACE = ("id", "study", "site", "subject", "subject_number")


class PlaceFilter(filters.FilterSet):
    """The filters of every list of review."""

    subject = filters.UUIDFilter(field_name="subject_id", help_text="id of the subject")
    study = filters.CharFilter(field_name="study__key", help_text="key of the study")
    site = filters.CharFilter(field_name="site__key", help_text="key of the site")


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


class QueryFilter(PlaceFilter):
    state = filters.ChoiceFilter(choices=QueryState.choices)
    form = filters.CharFilter(field_name="form_key", help_text="key of the form")
    visit = filters.CharFilter(field_name="visit_key", help_text="key of the visit")
    item = filters.CharFilter(help_text="the item asked about")
    check = filters.CharFilter(field_name="check_key", help_text="key of the edit check that asks")
    opened_from = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte")
    opened_to = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lte")


class QueryViewSet(ReviewListing):
    """Queries on the items of forms, with their messages."""

    table = "queries"
    model = Query
    beside = ("opened_by",)
    queryset = Query.objects.none()
    serializer_class = QuerySerializer
    filterset_class = QueryFilter

    def get_queryset(self) -> QuerySet:
        said = QueryMessage.objects.select_related("said_by").order_by("said_at", "pk")
        return super().get_queryset().prefetch_related(Prefetch("messages", queryset=said))


class QueryMessageFilter(PlaceFilter):
    query = filters.UUIDFilter(field_name="query_id", help_text="id of the query")


class QueryMessageViewSet(ReviewListing):
    """The steps of queries one by one, as CSV has them."""

    table = "query-messages"
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


class HoldFilter(PlaceFilter):
    kind = filters.ChoiceFilter(choices=HoldKind.choices)
    state = filters.ChoiceFilter(choices=HoldState.choices)


class HoldViewSet(ReviewListing):
    """Freezes and locks, released ones included."""

    table = "holds"
    model = Hold
    beside = ("placed_by", "asked_by", "released_by")
    queryset = Hold.objects.none()
    serializer_class = HoldSerializer
    filterset_class = HoldFilter


# Verifications


class VerificationSerializer(PlacedSerializer):
    """An item that was compared with the source; `reopened_at` where a later change ended that."""

    record = serializers.UUIDField(source="record_id", read_only=True, help_text="id of the form")
    verified_by = serializers.CharField(source="verified_by.username", read_only=True)
    reopened_by = serializers.CharField(source="reopened_by.username", read_only=True, default=None)

    class Meta:
        model = Verification
        fields = (
            *PLACE, "record", "item", "verified_by", "verified_at", "reopened_by", "reopened_at",
        )  # fmt: skip


class VerificationFilter(PlaceFilter):
    record = filters.UUIDFilter(field_name="record_id", help_text="id of the form")
    item = filters.CharFilter(help_text="the item that was verified")
    standing = filters.BooleanFilter(
        field_name="reopened_at", lookup_expr="isnull", help_text="not ended by a later change"
    )


class VerificationViewSet(ReviewListing):
    """Items verified against source, those included that a later change opened again."""

    table = "verifications"
    model = Verification
    beside = ("verified_by", "reopened_by")
    queryset = Verification.objects.none()
    serializer_class = VerificationSerializer
    filterset_class = VerificationFilter


# Signatures


class SignatureSerializer(PlacedSerializer):
    """An electronic signature with the SHA-256 of the content that it is bound to; `renewed_by` replaces it."""

    level = serializers.ChoiceField(
        choices=Level.choices,
        read_only=True,
        help_text="what it stands on: a form, a visit, the whole casebook",
    )
    record = serializers.UUIDField(
        source="record_id", read_only=True, allow_null=True, help_text="id of the form"
    )
    visit_key = serializers.CharField(source="visit.key", read_only=True, default=None)
    visit_repeat = serializers.IntegerField(source="visit.repeat", read_only=True, default=None)
    signed_by = serializers.CharField(source="signed_by.username", read_only=True)
    replaces = serializers.UUIDField(source="replaces_id", read_only=True, allow_null=True)
    renewed_by = serializers.UUIDField(source="renewal.pk", read_only=True, default=None)

    class Meta:
        model = Signature
        fields = (
            *PLACE, "level", "record", "visit_key", "visit_repeat", "meaning", "signer_name", "signed_by",
            "signed_at", "content_hash", "replaces", "renewed_by",
        )  # fmt: skip


class SignatureFilter(PlaceFilter):
    record = filters.UUIDFilter(field_name="record_id", help_text="id of the form")
    meaning = filters.ChoiceFilter(choices=Meaning.choices)
    level = filters.ChoiceFilter(choices=Level.choices, method="at_level", help_text="what it stands on")

    def at_level(self, found: QuerySet, _name: str, level: str) -> QuerySet:
        without_form, without_visit = level != Level.FORM, level != Level.VISIT
        return found.filter(record_id__isnull=without_form, visit__isnull=without_visit)


class SignatureViewSet(ReviewListing):
    """Electronic signatures on forms, visits and casebooks."""

    table = "signatures"
    model = Signature
    beside = ("signed_by", "visit", "renewal")
    queryset = Signature.objects.none()
    serializer_class = SignatureSerializer
    filterset_class = SignatureFilter

"""Electronic signatures by the API: their list, what there is to sign, and signing it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from trialsite.access.models import Profile
from trialsite.access.requests import user_of
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import Subject, Visit
from trialsite.casebook.selectors import subject_or_404
from trialsite.casebook.slots import parsed
from trialsite.review.models import Level, Meaning, Signature
from trialsite.review.signatures import (
    Ceremony,
    Signable,
    casebook_to_sign,
    form_to_sign,
    sign_casebook,
    sign_form,
    sign_visit,
    visit_to_sign,
)

from .api import record_export
from .filters import PlacedFilter
from .refusals import REFUSALS, Told, told_in
from .review_api import PLACE, PlacedSerializer, ReviewListing, slot_told, words


class SignatureSerializer(PlacedSerializer):
    """An electronic signature with the SHA-256 of the content that it is bound to; `renewed_by` replaces it."""

    natures = {"content_hash": Nature.PLAIN, "signer_name": Nature.IDENTIFYING}

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


class SignatureFilter(PlacedFilter):
    record = filters.UUIDFilter(field_name="record_id", help_text="id of the form")
    meaning = filters.ChoiceFilter(choices=Meaning.choices)
    level = filters.ChoiceFilter(choices=Level.choices, method="at_level", help_text="what it stands on")

    def at_level(self, found: QuerySet, _name: str, level: str) -> QuerySet:
        without_form, without_visit = level != Level.FORM, level != Level.VISIT
        return found.filter(record_id__isnull=without_form, visit__isnull=without_visit)


class SignableSerializer(Told):
    """What is signed: a form, without it a visit, without that the whole casebook."""

    subject = serializers.UUIDField(help_text="id of the subject")
    visit = words("visit and repeat, such as SCR.1")
    form = words("form and repeat, such as VS.1")


class CeremonySerializer(SignableSerializer):
    """A signature under what was read."""

    meaning = words(", ".join(Meaning.values))
    username = words("the signer's own user name, typed again")
    password = serializers.CharField(
        default="",
        allow_blank=True,
        trim_whitespace=False,
        help_text="the signer's own password, typed again",
    )
    content_hash = words("of what the signer has read (`content`)")


class ContentSerializer(serializers.Serializer):
    """What a signature would stand on."""

    content = serializers.DictField(child=serializers.CharField(), help_text="item: what it says")
    content_hash = serializers.CharField(help_text="SHA-256 of the content")


class SignatureViewSet(ReviewListing):
    """Electronic signatures on forms, visits and casebooks."""

    table = "signatures"
    title = _("Signatures")
    model = Signature
    beside = ("signed_by", "visit", "renewal")
    queryset = Signature.objects.none()
    serializer_class = SignatureSerializer
    filterset_class = SignatureFilter

    @extend_schema(request=CeremonySerializer, responses={201: SignatureSerializer, **REFUSALS})
    def create(self, request: Request, **_kwargs: Any) -> Response:
        """Sign what `content` gave, with one's own user name and password; wrong ones count towards the lock-out."""
        told, user = told_in(request, CeremonySerializer), user_of(request)
        ceremony = Ceremony(told["meaning"], told["username"], told["password"], told["content_hash"])
        if told["form"]:
            signature = sign_form(opened=slot_told(request, told), told=ceremony, by=user)
        elif told["visit"]:
            subject, (key, repeat) = visit_told(request, told)
            signature = sign_visit(subject_id=subject.pk, key=key, repeat=repeat, told=ceremony, by=user)
        else:
            subject = subject_or_404(user, told["subject"])
            signature = sign_casebook(subject_id=subject.pk, told=ceremony, by=user)
        return self.answer(signature, 201)

    @extend_schema(
        parameters=[SignableSerializer], responses={200: ContentSerializer, **REFUSALS}, filters=False
    )
    @action(detail=False, pagination_class=None, profiles=(Profile.IDENTIFIED,))
    def content(self, request: Request, **_kwargs: Any) -> Response:
        """What there is to sign, to be read by the signer, with its hash."""
        asked = SignableSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        what = signable(request, asked.validated_data)
        record_export(request, "export.json", "content", rows=len(what.content), record=str(what.subject.pk))
        return Response({"content": what.content, "content_hash": what.digest})


def signable(request: Request, told: Mapping[str, Any]) -> Signable:
    """A form, a visit or a casebook as it stands now."""
    if told["form"]:
        return form_to_sign(slot_told(request, told))
    if told["visit"]:
        subject, visit = visit_told(request, told)
        return visit_to_sign(subject, *visit)
    return casebook_to_sign(subject_or_404(user_of(request), told["subject"]))


def visit_told(request: Request, told: Mapping[str, Any]) -> tuple[Subject, tuple[str, int]]:
    """A subject and a visit of which something is recorded; 404 where there is none, or another site's."""
    subject, visit = subject_or_404(user_of(request), told["subject"]), parsed(told["visit"])
    if visit is None or not Visit.objects.filter(subject=subject, key=visit[0], repeat=visit[1]).exists():
        raise Http404
    return subject, visit

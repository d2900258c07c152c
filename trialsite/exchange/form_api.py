"""Forms by the API, slot by slot: read as they are typed, submitted, corrected and voided as on their page."""

from collections.abc import Mapping
from typing import Any, NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.access.requests import user_of
from trialsite.casebook.entry import (
    locked_or_404,
    of_comments,
    problems_of,
    submit_typed,
    texts_on,
    typed_over,
)
from trialsite.casebook.errors import Asked, CheckFailed, LostUpdate, Refused
from trialsite.casebook.holds import holds_on, standing_of
from trialsite.casebook.merge_page import merge_line
from trialsite.casebook.pages import EntryPage
from trialsite.casebook.selectors import slot_or_404
from trialsite.casebook.services import change_state, refuse_held_slot
from trialsite.casebook.slots import OpenSlot
from trialsite.problems import MEDIA_TYPE, Problem

from .api import SeesRecords, record_export
from .idempotency import KeyedWrites
from .refusals import REFUSALS, RefusalSerializer, Told, told_in
from .versions import changed_since, meets_conditions, named_version, tag_of, tagged


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class TypedFields(serializers.DictField):
    """Texts by the names of the fields of the form's page."""


class SlotSerializer(serializers.Serializer):
    """A form as it stands in its slot; of an empty one the blank page."""

    id = serializers.UUIDField(allow_null=True, help_text="of the form; null where none stands")
    subject = serializers.UUIDField()
    visit = serializers.CharField(help_text="visit and repeat, such as SCR.1")
    form = serializers.CharField(help_text="form and repeat, such as VS.1")
    state = serializers.CharField(help_text="submitted or empty")
    version = serializers.IntegerField(
        help_text="what a correction names as base_version; 0 of an empty slot"
    )
    held = serializers.CharField(help_text="frozen, locked or empty")
    fields = TypedFields(help_text="every field of the page, lines included, as it is typed")  # type: ignore[assignment]


class SubmissionSerializer(Told):
    """A form to be entered or corrected."""

    fields = TypedFields(help_text="texts by the names of the page; what is not sent stays as it stands")  # type: ignore[assignment]
    base_version = serializers.IntegerField(
        default=0, min_value=0, help_text="the version that the author had read; 0 for an empty slot"
    )
    reason = serializers.CharField(
        default="", allow_blank=True, help_text="of a correction: its code in the list of the page"
    )
    reason_text = serializers.CharField(
        default="",
        allow_blank=True,
        help_text="in words: for the code other, and where critical items change",
    )
    comments = serializers.DictField(
        default=dict,
        child=serializers.CharField(allow_blank=True, max_length=500),
        help_text="to what was asked about (`asked`), by its key; an empty one lets a query be opened",
    )


class VoidSerializer(Told):
    """Why a form is voided."""

    reason = serializers.CharField(default="", allow_blank=True, max_length=300)


class VoidedSerializer(serializers.Serializer):
    """A form that was voided."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    version = serializers.IntegerField()


class QuestionSerializer(RefusalSerializer):
    """Values that are unusual. Sent again with a comment to each, the form is taken."""

    asked = serializers.DictField(child=serializers.CharField(), help_text="key of a comment: the sentence")


class ConflictSerializer(serializers.Serializer):
    """An item, an item of a line ("results.2.value") or a line ("results.2") that both changed, in words."""

    item = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    base = serializers.CharField(help_text="as it stood in base_version")
    saved = serializers.CharField(help_text="as it stands now")
    typed = serializers.CharField(help_text="as it was sent")
    saved_by = serializers.CharField()
    saved_at = serializers.DateTimeField(allow_null=True)


class LostUpdateSerializer(RefusalSerializer):
    """Not possible as the record stands; where somebody saved the form since `base_version`, both versions."""

    version = serializers.IntegerField(required=False, help_text="the version that stands now")
    conflicts = ConflictSerializer(many=True, required=False)


IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="ETag of the version that was read"
)
WHILE_EMPTY = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="* enters the form of an empty slot only"
)


class FormSlotView(KeyedWrites, APIView):
    """The form of one slot, addressed as on the screens."""

    permission_classes = [SeesRecords]
    versioned = True  # answers with an ETag

    @extend_schema(responses={200: SlotSerializer, **REFUSALS})
    def get(self, request: Request, subject_id: UUID, visit: str, form: str) -> HttpResponseBase:
        """The form as it is typed on its page; of an empty slot the blank page with its printed lines."""
        opened = slot_or_404(user_of(request), subject_id, visit, form)
        if opened.record is not None:
            record_export(
                request, "export.json", opened.slot.form_key.lower(), rows=1, record=str(opened.record.pk)
            )
        return answered(request, opened)

    @extend_schema(
        parameters=[IF_MATCH, WHILE_EMPTY],
        request=SubmissionSerializer,
        responses={
            200: SlotSerializer,
            201: SlotSerializer,
            **REFUSALS,
            (409, MEDIA_TYPE): LostUpdateSerializer,
            (412, MEDIA_TYPE): LostUpdateSerializer,
            (422, MEDIA_TYPE): QuestionSerializer,
        },
    )
    def put(self, request: Request, subject_id: UUID, visit: str, form: str) -> HttpResponseBase:
        """Enter the form of an empty slot, or correct the one that stands there, as on its page."""
        user = user_of(request)
        opened = locked_or_404(user, subject_id, visit, form)
        subject = opened.subject
        require(user, opened.kind.permission, study_id=subject.study_id, site_id=subject.site_id)
        refuse_held_slot(opened)
        told = told_in(request, SubmissionSerializer)
        with timezone.override(ZoneInfo(subject.site.timezone)):
            if meets_conditions(request, opened):
                version = named_version(request)
                submit(opened, told if version is None else {**told, "base_version": version}, user)
            else:
                refuse_stale(request, opened, told, user)
        now = slot_or_404(user, subject_id, visit, form)
        return answered(request, now, status=200 if opened.record else 201)

    @extend_schema(
        parameters=[IF_MATCH],
        request=VoidSerializer,
        responses={200: VoidedSerializer, **REFUSALS, (412, MEDIA_TYPE): LostUpdateSerializer},
    )
    def delete(self, request: Request, subject_id: UUID, visit: str, form: str) -> Response:
        """Void the form; the body says why: {"reason": "wrong visit"}. It stays in the record, its slot is empty."""
        opened = slot_or_404(user_of(request), subject_id, visit, form)
        told = told_in(request, VoidSerializer)
        if opened.record is None:
            raise Refused(_("There is no form here."))
        if not meets_conditions(request, opened):
            raise changed_since(opened)
        record = change_state(record=opened.record, action="void", by=user_of(request), reason=told["reason"])
        return Response({"id": record.pk, "state": record.state, "version": record.version})


def answered(request: Request, opened: OpenSlot, status: int = 200) -> HttpResponseBase:
    """A slot as it is typed, with the ETag of its version."""
    told = as_typed(opened)
    return tagged(request, Response(told, status=status), tag_of(opened, told["held"]))


def refuse_stale(request: Request, opened: OpenSlot, told: Mapping[str, Any], by: User) -> NoReturn:
    """Refuse what was written on another version than the one that stands, and give both where they differ."""
    version = named_version(request)
    try:
        if version is not None and opened.record is not None:
            with transaction.atomic():  # only to learn what differs: nothing of it stays
                submit(opened, {**told, "base_version": version}, by)
                raise changed_since(opened)
    except Problem as problem:
        if problem.status != 409:
            raise
        raise changed_since(opened, problem.more.get("conflicts", ())) from problem
    raise changed_since(opened)


def as_typed(opened: OpenSlot) -> dict[str, Any]:
    """A slot with the fields of its page."""
    slot, record = opened.slot, opened.record
    with timezone.override(ZoneInfo(opened.subject.site.timezone)):
        fields = texts_on(EntryPage(opened))
    return {
        "id": record.pk if record else None,
        "subject": slot.subject_id,
        "visit": f"{slot.visit_key}.{slot.visit_repeat}",
        "form": f"{slot.form_key}.{slot.form_repeat}",
        "state": record.state if record else "empty",
        "version": record.version if record else 0,
        "held": standing_of(holds_on(opened.subject), slot),
        "fields": fields,
    }


def submit(opened: OpenSlot, told: Mapping[str, Any], by: User) -> None:
    """Type what was sent into the page and submit it; what asks for a look is answered. The author's draft stays."""
    blank = EntryPage(opened)
    typed = typed_over(blank, told["fields"]) | {field.html_name: told[field.name] for field in blank.reason}
    page = EntryPage(opened, {name: [text] for name, text in typed.items()})
    if not page.valid():
        raise ValidationError(problems_of(page))
    try:
        submit_typed(
            opened=opened,
            page=page,
            base_version=told["base_version"],
            comments=told["comments"],
            draft_version=0,
            by=by,
        )
    except CheckFailed as refusal:
        to_comments = {at: [said] for at, said in of_comments(refusal).items()}
        raise ValidationError(problems_of(page) | to_comments) from refusal
    except Asked as refusal:
        raise question(page, refusal) from refusal
    except LostUpdate as refusal:
        raise both_versions(page, refusal) from refusal


def question(page: EntryPage, refusal: Asked) -> Problem:
    """The soft findings at their fields, each with the key of its comment."""
    errors: dict[str, list[str]] = {}
    for one in refusal.fired:
        errors.setdefault(page.name_of(one.item), []).append(one.message)
    asked = {one.name: one.message for one in refusal.fired}
    return Problem(422, refusal.sentence, errors=errors, asked=asked)


def both_versions(page: EntryPage, refusal: LostUpdate) -> Problem:
    """What is saved and what was sent, place by place, in the words of the merge page."""
    conflicts = []
    for one in refusal.conflicts:
        line = merge_line(page, one, wrong=False)
        conflicts.append(
            {
                "item": one.item,
                "label": line.label,
                "base": line.base,
                "saved": line.saved,
                "typed": line.typed,
                "saved_by": line.who,
                "saved_at": line.at,
            }
        )
    return Problem(409, refusal.sentence, version=refusal.version, conflicts=conflicts)

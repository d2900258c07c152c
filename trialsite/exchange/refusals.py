"""What is refused, by the API: one shape, the sentence in `detail`, and in `errors` those at each field by its name."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from trialsite.casebook.errors import CheckFailed, Held, Refused
from trialsite.problems import MEDIA_TYPE, Problem, problem

from .idempotency import FirstAnswer

Errors = dict[str, list[str]]


def answer_to(raised: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The answer to whatever a view or a service raised; None where nobody foresaw it."""
    request = context["request"]
    match raised:
        case FirstAnswer():
            return raised.answer
        case Problem():
            return problem(request, raised.status, raised.detail, raised.kind, **raised.more)
        case CheckFailed():
            errors = {item: [sentence] for item, sentence in raised.messages.items()}
            return problem(request, 400, raised.sentence, errors=errors)
        case Held():
            return problem(request, 423, raised.sentence)
        case Refused():
            return problem(request, 409, raised.sentence)
        case ValidationError():
            detail = _("What was sent is not taken as it stands.")
            return problem(request, 400, detail, errors=by_field(raised.detail))
    foreseen = exception_handler(raised, context)
    if foreseen is None:
        return None
    answer = problem(request, foreseen.status_code, foreseen.data["detail"])
    for name in ("WWW-Authenticate", "Retry-After"):
        if name in foreseen.headers:
            answer.headers[name] = foreseen.headers[name]
    return answer


def by_field(detail: Any, name: str = "") -> Errors:
    """The framework's nested messages as field → sentences; a part of a field has its name after a dot."""
    if isinstance(detail, Mapping):
        found: Errors = {}
        for part, inner in detail.items():
            found |= by_field(inner, f"{name}.{part}" if name else str(part))
        return found
    if isinstance(detail, list) and any(isinstance(one, Mapping) for one in detail):
        return by_field({str(place): one for place, one in enumerate(detail) if one}, name)
    sentences = [str(one) for one in (detail if isinstance(detail, list) else [detail])]
    return {name or api_settings.NON_FIELD_ERRORS_KEY: sentences}


class Told(serializers.Serializer):
    """What a client sends; a field that is none is refused by its name, so that no slip of the pen is overlooked."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (strange := sorted(data.keys() - self.fields.keys())):
            raise ValidationError({name: [_("There is no field of this name.")] for name in strange})
        return super().to_internal_value(data)


def told_in(request: Request, kind: type[Told]) -> Mapping[str, Any]:
    """What a request says, of the right shape."""
    told = kind(data=request.data)
    told.is_valid(raise_exception=True)
    return told.validated_data


class RefusalSerializer(serializers.Serializer):
    """Why nothing was saved: problem details (RFC 9457)."""

    type = serializers.URLField(help_text="the kind of problem; told at /api/v1/problems/")
    title = serializers.CharField(help_text="the kind in words")
    status = serializers.IntegerField(help_text="the HTTP status")
    instance = serializers.CharField(help_text="the address asked for")
    detail = serializers.CharField(help_text="the reason in a sentence")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="field: its sentences, as they stand beside it on the page",
    )


REFUSALS: dict[Any, Any] = {(status, MEDIA_TYPE): RefusalSerializer for status in (400, 403, 404, 409, 423)}

"""What is refused, by the API: one shape, the sentence in `detail`, and in `errors` those at each field by its name."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from trialsite.casebook.errors import CheckFailed, Held, Refused

Errors = dict[str, list[str]]


def answer_to(problem: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to whatever a view or a service raised; None where nobody foresaw it."""
    match problem:
        case CheckFailed():
            errors = {item: [sentence] for item, sentence in problem.messages.items()}
            return Response({"detail": problem.sentence, "errors": errors}, status=400)
        case Held():
            return Response({"detail": problem.sentence}, status=423)
        case Refused():
            return Response({"detail": problem.sentence}, status=409)
        case ValidationError():
            detail = _("What was sent is not taken as it stands.")
            return Response({"detail": detail, "errors": by_field(problem.detail)}, status=400)
    return exception_handler(problem, context)


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
    """Why nothing was saved."""

    detail = serializers.CharField(help_text="the reason in a sentence")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="field: its sentences, as they stand beside it on the page",
    )


REFUSALS: dict[Any, Any] = dict.fromkeys((400, 403, 404, 409, 423), RefusalSerializer)

"""What the API refuses, as problem details (RFC 9457): one shape for every status, wherever it is found out."""

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views import defaults

MEDIA_TYPE = "application/problem+json"

KINDS: dict[str, tuple[int, Any, Any]] = {  # name: status, title, when
    "invalid": (400, _("Not taken as it was sent"), _("A field is not understood, missing, impossible or unknown.")),
    "not-authenticated": (401, _("Not logged in"), _("There is no token, or it is unknown, expired or revoked.")),
    "not-allowed": (403, _("Not allowed"), _("Your role, or what the token is for, does not open this.")),
    "not-found": (404, _("Not there"), _("There is no such thing, or it is another site's.")),
    "method-not-allowed": (405, _("Not done here"), _("The address does not take this method.")),
    "not-acceptable": (406, _("Not in this format"), _("The list is not written in the format asked for.")),
    "conflict": (409, _("Not possible as the record stands"), _("Somebody saved it since, or a step is out of order.")),
    "gone": (410, _("No longer there"), _("A cursor is unknown, or the record was restored to a state before it.")),
    "changed-since": (412, _("Changed since it was read"), _("If-Match names another version than stands.")),
    "unsupported-media-type": (415, _("Not in this form"), _("A body is sent as JSON, a file as multipart/form-data.")),
    "asked": (422, _("Asked about"), _("Values are unusual: sent again with comments they are taken.")),
    "key-reused": (422, _("Key used before"), _("The Idempotency-Key came with another request.")),
    "held": (423, _("Frozen or locked"), _("Nothing can be changed here until it is released.")),
    "too-many-requests": (429, _("Too many requests"), _("There were too many requests, or too many wrong passwords.")),
    "failed": (500, _("Failed"), _("The system failed; nothing was saved.")),
}  # fmt: skip
NAME_OF = {status: name for name, (status, _title, _when) in reversed(KINDS.items())}


class Problem(Exception):
    """A refusal with members of its own beside the sentence; `kind` where the status alone does not tell it."""

    def __init__(self, status: int, detail: Any, kind: str = "", **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind, self.more = status, detail, kind, more


def problem(request: HttpRequest, status: int, detail: Any, kind: str = "", **more: Any) -> HttpResponse:
    """The answer that says why nothing was done."""
    name = kind or NAME_OF.get(status, "failed" if status >= 500 else "invalid")
    body = {
        "type": f"{settings.SITE_URL}{reverse('api-problems')}#{name}",
        "title": KINDS[name][1],
        "status": status,
        "detail": detail,
        "instance": request.path,
        **more,
    }
    return JsonResponse(body, encoder=DjangoJSONEncoder, status=status, content_type=MEDIA_TYPE)


def of_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer at an address that is none: a page, to a program a problem."""
    if of_api(request):
        return problem(request, 404, _("There is nothing at this address."))
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer where the system failed."""
    if of_api(request):
        return problem(request, 500, _("The system failed at this; nothing was saved. Its log says more."))
    return defaults.server_error(request)

"""Opens the actor's transaction around every view of a person who is logged in, and the instant that is read."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix, set_script_prefix
from django.utils.translation import gettext as _

from trialsite.problems import of_api, problem

from .acting import acting
from .as_of import as_of
from .moment import read_instant

EARLIER = re.compile(r"^/as-of/([^/]+)(/.*)$")
READS = ("GET", "HEAD")
WITHOUT_RECORD = {  # one's own log-in and rights are the same at every instant
    "login", "login-code", "logout", "set_language", "account", "change-password", "second-factor",
    "drop-second-factor", "end-session", "end-other-sessions", "stay-logged-in", "my-access",
}  # fmt: skip


class AsOfMiddleware:
    """Every page and list as of an instant: at `/as-of/<instant>/<its address>`, to which `?as_of=` leads.

    Addresses made while such a page is shown stand under the same prefix, so whoever follows links stays there. A
    client of the API gets its answer at once.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.as_of, request.as_of_problem = None, ""  # type: ignore[attr-defined]
        asked = request.GET.get("as_of", "") if request.method in READS else ""
        earlier = EARLIER.match(request.path_info)
        if not asked and not earlier:
            return self.get_response(request)
        try:
            text = asked or earlier[1]  # type: ignore[index]
            request.as_of = read_instant(text, request.GET.get("zone", ""))  # type: ignore[attr-defined]
        except ValueError as problem:
            request.as_of_problem = str(problem)  # type: ignore[attr-defined]
        if earlier:
            request.path_info = earlier[2]
        if request.as_of_problem or request.path_info.startswith("/api/"):  # type: ignore[attr-defined]
            return self.get_response(request)
        if asked:
            return HttpResponseRedirect(at_instant(request))
        before = get_script_prefix()
        set_script_prefix(prefix_of(request.as_of))  # type: ignore[attr-defined]
        try:
            return self.get_response(request)
        finally:
            set_script_prefix(before)


def prefix_of(instant: datetime) -> str:
    return f"/as-of/{quote(instant.isoformat(), safe=':+')}/"


def at_instant(request: HttpRequest) -> str:
    """The address of the same page under the instant that was asked for."""
    query = request.GET.copy()
    del query["as_of"]
    query.pop("zone", None)
    address = prefix_of(request.as_of) + quote(request.path_info.lstrip("/"))  # type: ignore[attr-defined]
    return f"{address}?{query.urlencode()}" if query else address


class ActingMiddleware:
    """Each view runs inside `audit.acting`; so does the rendering of what it returns and the body of a stream."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response

    def process_view(
        self, request: HttpRequest, view: Callable, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        if refusal := refused(request):
            return refusal
        reading = {
            "user": request.user,
            "request_id": request.request_id,  # type: ignore[attr-defined]
            "instant": request.as_of,  # type: ignore[attr-defined]
            "subject_id": kwargs.get("subject_id"),
        }
        with acting_at(**reading):
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and callable(response.render):
                response = response.render()
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = streamed(response.streaming_content, reading)
        return response


def refused(request: HttpRequest) -> HttpResponse | None:
    """The answer to an instant that is none, and to whoever would write at an earlier one."""
    if request.as_of_problem:  # type: ignore[attr-defined]
        return refusal_page(request, 400, request.as_of_problem)  # type: ignore[attr-defined]
    match = request.resolver_match
    if request.as_of is None or (match and match.url_name in WITHOUT_RECORD):  # type: ignore[attr-defined]
        request.as_of = None  # type: ignore[attr-defined]
        return None
    if request.method in (*READS, "OPTIONS"):
        return None
    return refusal_page(
        request,
        405,
        _("This is the record as of an earlier instant. Nothing can be changed there: leave it first."),
    )


def refusal_page(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if of_api(request):
        return problem(request, status, sentence)
    return render(request, "as_of_refused.html", {"sentence": sentence}, status=status)


@contextmanager
def acting_at(*, instant: datetime | None, subject_id: Any, **who: Any) -> Iterator[None]:
    """The actor's transaction, in which the record stands as of an instant if one is given."""
    with acting(**who):
        if instant is None:
            yield
        else:
            with as_of(instant, subject_id=subject_id):
                yield


def streamed(content: Any, reading: dict[str, Any]) -> Iterator[bytes]:
    """The body of a streamed response, read inside the actor's own transaction."""
    with acting_at(**reading):
        yield from content

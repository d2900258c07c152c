"""Opens the actor's transaction around every view of a person who is logged in."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from .acting import acting


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
        who: dict[str, Any] = {"user": request.user, "request_id": request.request_id}  # type: ignore[attr-defined]
        with acting(**who):
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and callable(response.render):
                response = response.render()
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = streamed(response.streaming_content, who)
        return response


def streamed(content: Any, who: dict[str, Any]) -> Iterator[bytes]:
    """The body of a streamed response, read inside the actor's own transaction."""
    with acting(**who):
        yield from content

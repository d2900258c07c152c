"""What a refused form of a page says: the page stands again, what was typed in its fields, the sentence beside it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import resolve
from django.utils.http import url_has_allowed_host_and_scheme

from .errors import CheckFailed, Refused

WORDS = ("text", "reason", "name", "seed", "evidence")  # the fields in which people write


@dataclass
class Typed:
    """What was sent to an address and refused: the fields, and the sentences at them (at "" those of the whole)."""

    action: str
    fields: QueryDict
    sentences: Mapping[str, str]
    shown: bool = field(default=False)  # whether the form stood on the page

    @property
    def at(self) -> dict[str, list[str]]:
        """Field → its sentences, as templates list them."""
        return {item: [sentence] for item, sentence in self.sentences.items() if item}

    @property
    def items(self) -> list[str]:
        """The boxes that were ticked."""
        return self.fields.getlist("items")

    @property
    def words(self) -> list[str]:
        """What somebody wrote, whatever the field."""
        return [text for name in WORDS if (text := self.fields.get(name, "").strip())]


class Answer:
    """What follows a form that was sent from `page`: that page, or where it is refused the same with what was typed."""

    def __init__(self, request: HttpRequest, page: str) -> None:
        self.request, self.page = request, page
        self.sentences: Mapping[str, str] = {}

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """What is refused inside is shown at its fields; a refusal of the whole is a message."""
        try:
            yield
        except CheckFailed as refusal:
            self.sentences = refusal.messages
        except Refused as refusal:
            self.sentences = {"": refusal.sentence}
            messages.error(self.request, refusal.sentence)

    def response(self) -> HttpResponse:
        return self.again() if self.sentences else redirect(self.page)

    def again(self) -> HttpResponse:
        """The page as its own address would give it. Nothing of what was typed is kept anywhere for that."""
        place = urlsplit(self.page)
        request = copy(self.request)
        request.method, request.path = "GET", place.path
        request.path_info, request.resolver_match = place.path, resolve(place.path)
        request.GET = QueryDict(place.query)
        request.META = {**request.META, "REQUEST_METHOD": "GET", "QUERY_STRING": place.query}
        request.typed = Typed(self.request.path, self.request.POST, self.sentences)  # type: ignore[attr-defined]
        match = request.resolver_match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        response.status_code = 422
        return response


def page_of(request: HttpRequest, otherwise: str = "/") -> str:
    """The page from which a form was sent, as the form names it."""
    page = request.POST.get("next", "")
    return page if url_has_allowed_host_and_scheme(page, {request.get_host()}) else otherwise

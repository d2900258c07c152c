"""Pages of the REST lists: ordered by a key that never changes, so that a page turned is a page not repeated."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import ImproperlyConfigured
from django.core.exceptions import ValidationError as NoSuchKey
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from trialsite.access.encryption import decrypted, encrypted

from .tokens import release_of


class StablePagination(CursorPagination):
    """Cursor pages by primary key (UUIDv7: the order of creation)."""

    ordering = "pk"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        self.hides_keys = release_of(request).shifts
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NoSuchKey, ValueError) as problem:  # somebody else's cursor
            raise NotFound(self.invalid_cursor_message) from problem

    def get_page_size(self, request: Request) -> int:
        """As many records as are asked for, at most a thousand; what is no such number is refused."""
        asked = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not (asked.isascii() and asked.isdecimal() and 0 < int(asked) <= self.max_page_size):
            sentence = _("A page has 1 to %(most)s records.") % {"most": self.max_page_size}
            raise ValidationError({self.page_size_query_param: [sentence]})
        return int(asked)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        whole = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        told = super().get_schema_operation_parameters(view)
        return [one | {"schema": whole} if one["name"] == self.page_size_query_param else one for one in told]

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        page = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "description": "A page of a list.",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": page | {"title": "Next", "description": "address of the next page; null on the last"},
                "previous": page | {"title": "Previous", "description": "address of the page before"},
                "results": {"title": "Results", "description": "the rows of the page", **schema},
            },
        }

    def encode_cursor(self, cursor: Any) -> str:
        """A link to another page; where dates are shifted its key, which tells an instant, cannot be read in it."""
        if not self.hides_keys:
            return super().encode_cursor(cursor)
        plain = urlencode({"o": cursor.offset, "r": int(cursor.reverse), "p": cursor.position or ""})
        return replace_query_param(self.base_url or "", self.cursor_query_param, encrypted(plain))

    def decode_cursor(self, request: Request) -> Any:
        text = request.query_params.get(self.cursor_query_param)
        if not self.hides_keys or text is None:
            return super().decode_cursor(request)
        try:
            parts = dict(parse_qsl(decrypted(text), keep_blank_values=True))
            position: Any = parts["p"] or None
            return Cursor(int(parts["o"]), parts["r"] == "1", position)
        except (ImproperlyConfigured, KeyError, ValueError) as problem:
            raise NotFound(self.invalid_cursor_message) from problem


class NewestFirst(StablePagination):
    """Pages by a counted key, the newest first."""

    ordering = "-id"

"""The API's description as clients read it."""

import json
from functools import cache
from typing import Any

from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer


@cache
def document_text() -> bytes:
    """The OpenAPI document in English, as JSON."""
    with translation.override("en"):
        told = SchemaGenerator().get_schema(request=None, public=True)
        text: bytes = OpenApiJsonRenderer().render(told, renderer_context={})
    return text


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document_text())
    return found


def schemas() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = document()["components"]["schemas"]
    return found


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Method, address and description of every operation."""
    return [
        (method, path, told)
        for path, methods in document()["paths"].items()
        for method, told in methods.items()
    ]

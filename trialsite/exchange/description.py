"""The API's own description (OpenAPI 3.1): every operation and field, drawn from views, serializers and models.

What a field means is said where it is declared (label, help text, `item_units`, `units_in`, `natures`), what a column
of many lists means in `words`; nothing is described twice.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db.models import Model
from django_filters import rest_framework as filters
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiParameter
from rest_framework.fields import empty
from rest_framework.permissions import AllowAny
from rest_framework.serializers import Field, ModelSerializer, Serializer

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import CasebookRecord, CasebookRow
from trialsite.casebook.values import QuantityItem
from trialsite.clinical.units import ANALYTES
from trialsite.problems import KINDS, MEDIA_TYPE, NAME_OF

from .examples import example_of
from .idempotency import LONGEST_KEY, KeyedWrites
from .profiles import natures_of
from .refusals import RefusalSerializer, Told
from .words import COLUMNS, FILTERS, HEADERS, PATHS, SHAPES

Schema = dict[str, Any]

AS_TEXT = {  # formats in which an answer is one text, and how it stands there
    "text/csv": "CSV, UTF-8 with a byte-order mark: one line a record, parts of an item in columns of their own",
    "application/x-ndjson": "one record a line, as JSON",
}
NATURES = {
    Nature.IDENTIFYING: "identifying",
    Nature.FREE_TEXT: "free text",
    Nature.GENETIC: "genetic",
}
PLACES_OF_LINES = {"record", "group"}
LEFT_OUT = "Absent where the token's profile leaves it out ({nature})."


class Description(AutoSchema):
    """How the API describes an operation, and the fields of what it takes and gives."""

    # Fields

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Schema:
        serializer = force_instance(serializer)
        told: Schema = super()._map_basic_serializer(serializer, direction)
        kind: Any = type(serializer)
        natures = natures_of(kind)
        for name, schema in told["properties"].items():
            told["properties"][name] = described(schema, serializer, name, natures.get(name, Nature.PLAIN))
        always = told["properties"] if isinstance(serializer, ModelSerializer) else told.get("required", ())
        if required := [name for name in always if name not in natures]:
            told["required"] = required
        else:
            told.pop("required", None)
        if isinstance(serializer, Told):
            told["additionalProperties"] = False
        return told

    def _get_serializer_field_meta(self, field: Any, direction: str) -> Schema:
        told: Schema = super()._get_serializer_field_meta(field, direction)
        return told | {"nullable": True} if getattr(field, "default", empty) is None else told

    # Operations

    def get_operation(self, *args: Any) -> Schema | None:
        operation: Schema | None = super().get_operation(*args)
        if operation is not None:
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in [content for body in bodies for content in body.get("content", {}).values()]:
                self.give_example(content)
        return operation

    @property
    def open_to_all(self) -> bool:
        return AllowAny in self.view.permission_classes

    @property
    def writes(self) -> bool:
        return self.method not in ("GET", "HEAD")

    @property
    def one_record(self) -> bool:
        return getattr(self.view, "action", "") == "retrieve"

    def _get_paginator(self) -> Any:
        return None if self.one_record else super()._get_paginator()  # some records are told by several rows

    def get_operation_id(self) -> str:
        action = getattr(self.view, "action", "")
        if not action:
            return str(super().get_operation_id())
        return "_".join([part.replace("-", "_") for part in self._tokenize_path()] + [action])

    def get_description(self) -> str:  # type: ignore[override]
        said: str = super().get_description()
        return f"One record of a list. {said}" if self.one_record else said

    def get_summary(self) -> str:
        title = str(getattr(self.view, "title", "")) or super().get_description().partition(":")[0]
        action = getattr(self.view, "action", "")
        if action in ("list", "retrieve"):
            return title if action == "list" else f"{title}: one record"
        return str(super().get_description().partition("\n")[0].split(". ")[0].rstrip("."))

    def get_override_parameters(self) -> list[Any]:
        if self.open_to_all:
            return []
        return [*map(header_sent, self.headers_sent()), *(header_given(*one) for one in self.headers_given())]

    @property
    def versioned(self) -> bool:
        return self.one_record or getattr(self.view, "versioned", False)

    def headers_sent(self) -> list[str]:
        if self.writes:
            return ["Idempotency-Key"] if isinstance(self.view, KeyedWrites) else []
        return ["If-None-Match"] if self.versioned else []

    def headers_given(self) -> list[tuple[str, list[str]]]:
        """Each header of an answer with the statuses that have it."""
        found = [("Retry-After", ["429"]), ("WWW-Authenticate", ["401"])]
        if self.versioned and self.method != "DELETE":
            found.append(("ETag", ["200", "201", "304"]))
        if self.writes:
            return [*found, ("Idempotency-Replayed", ["200", "201", "202"])]
        return [*found, ("X-Left-Out", ["200"])] if hasattr(self.view, "leaving") else found

    def _get_parameters(self) -> list[Schema]:
        parameters = list(super()._get_parameters())
        if not self.writes and not self.open_to_all:
            instant = {"type": "string", "format": "date-time"}
            parameters.append({"in": "query", "name": "as_of", "schema": instant})
        known = getattr(getattr(self.view, "filterset_class", None), "base_filters", {})
        for one in parameters:
            one.setdefault("description", words_of_parameter(one, known))
            one["description"] = one["description"] or words_of_parameter(one, known)
        return parameters

    def _get_request_body(self, direction: Any = "request") -> Schema | None:
        """The body of a request; of a DELETE too, where the reason stands in it."""
        method = self.method
        self.method = "POST" if method == "DELETE" else method
        try:
            body: Schema | None = super()._get_request_body(direction)
        finally:
            self.method = method
        return body

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        answers: Schema = super()._get_response_bodies(direction)
        if self.versioned and not self.writes:
            answers["304"] = {"headers": self._get_response_headers_for_code("304")}
        for status in self.refusals():
            answers.setdefault(str(status), self.refusal(status))
        for code, answer in answers.items():
            answer["description"] = answer.get("description") or words_of_status(int(code))
            for media_type in AS_TEXT.keys() & answer.get("content", {}).keys():
                answer["content"][media_type] = {
                    "schema": {"type": "string", "description": AS_TEXT[media_type]}
                }
        return dict(sorted(answers.items()))

    def refusals(self) -> list[int]:
        """The statuses with which whatever asks may be refused."""
        if self.open_to_all:
            return [406]
        found = [400, 401, 403, 404, 406, 429]
        return [*found, 409, 415, 422, 423] if self.writes else found

    def refusal(self, status: int) -> Schema:
        headers = self._get_response_headers_for_code(str(status))
        schema = self.resolve_serializer(RefusalSerializer, "response").ref
        return {
            **({"headers": headers} if headers else {}),
            "content": {MEDIA_TYPE: {"schema": schema}},
            "description": "",
        }

    def give_example(self, content: Schema) -> None:
        """An example of a body, made from its schema."""
        schemas = {component.name: component.schema for component in self.registry._components.values()}
        if "examples" not in content and content.get("schema", {}).get("type") != "string":
            content["examples"] = {"example": {"value": example_of(content["schema"], schemas)}}


def header_sent(name: str) -> OpenApiParameter:
    limits = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}
    kind: Any = limits if name == "Idempotency-Key" else str
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=HEADERS[name])


def header_given(name: str, statuses: list[str]) -> OpenApiParameter:
    kind = int if name == "Retry-After" else str
    return OpenApiParameter(
        name, kind, OpenApiParameter.HEADER, description=HEADERS[name], response=list(statuses)
    )


def words_of_status(status: int) -> str:
    if status in NAME_OF:
        return str(KINDS[NAME_OF[status]][2])
    return HTTPStatus(status).phrase


def words_of_parameter(parameter: Schema, known: Mapping[str, Any]) -> str:
    """What a parameter of an address means: by its name, of a filter else by what it compares."""
    name = parameter["name"]
    if parameter["in"] == "path":
        return PATHS[name]
    if name in FILTERS:
        return FILTERS[name]
    one: filters.Filter | None = known.get(name)
    if one is None:
        return ""
    what = str(one.field_name).replace("__", " ").replace("_", " ")
    since = {"gte": f"{what}: on or after this", "lte": f"{what}: on or before this"}
    return since.get(one.lookup_expr, f"only rows with this {what}")


# What a field is


def described(schema: Schema, serializer: Serializer, name: str, nature: Nature) -> Schema:
    """The schema of a field with its title, what it means, its unit, and the words of its codes."""
    field, model = serializer.fields[name], getattr(getattr(serializer, "Meta", None), "model", None)
    found = {**schema, "title": title_of(field, model)} | unit_of(serializer, model, name)
    if not schema.keys() & {"type", "$ref", "allOf", "oneOf"}:
        found |= said_of(SHAPES, serializer, name) or {}
    codes = codes_of(field)
    if codes:
        target = found["items"] if found.get("type") == "array" else found
        target["x-enum-descriptions"] = [codes.get(code, "empty") for code in target["enum"]]
    said = [
        meaning_of(field, serializer, model) or found["title"],
        unit_words(found),
        "; ".join(f"`{code}` {words}" for code, words in codes.items()),
        LEFT_OUT.format(nature=NATURES[nature]) if nature in NATURES else "",
    ]
    found["description"] = "\n\n".join(sentence for sentence in said if sentence)
    if nature in NATURES:
        found["x-nature"] = nature.value
    return found


def composite_of(field: Field, model: type[Model] | None) -> Any:
    return getattr(model, "composites", {}).get(field.field_name)


def title_of(field: Field, model: type[Model] | None) -> str:
    composite = composite_of(field, model)
    return str((composite and composite.label) or field.label)


def meaning_of(field: Field, serializer: Serializer, model: type[Model] | None) -> str:
    """What was said of a field where it is declared, else of the column that many lists have."""
    if composite := composite_of(field, model):
        return ". ".join(str(part) for part in (composite.label, composite.help_text) if part)
    said = str(field.help_text or "")
    return said or (
        "" if is_item(model, str(field.field_name)) else said_of(COLUMNS, serializer, field.field_name)
    )


def said_of(table: Mapping[str, Any], serializer: Serializer, name: Any) -> Any:
    """What a table says of a column, first of that of this list."""
    component = type(serializer).__name__.removesuffix("Serializer")
    return table.get(f"{component}.{name}", table.get(name, ""))


def is_item(model: type[Model] | None, name: str) -> bool:
    """Whether it is an item of a form or of a line, which its own label describes."""
    for base in (CasebookRecord, CasebookRow):
        if model is not None and issubclass(model, base):
            own = {column.name for column in model._meta.concrete_fields}
            return name in own - {column.name for column in base._meta.fields} - PLACES_OF_LINES
    return False


def unit_of(serializer: Serializer, model: type[Model] | None, name: str) -> Schema:
    """`x-unit`: the unit, of a quantity the canonical one beside those that are entered (`x-units`); or `x-unit-in`:
    the column that names it."""
    composite = getattr(model, "composites", {}).get(name)
    if isinstance(composite, QuantityItem):
        if not composite.analyte:
            return {"x-unit-in": f"{name}.unit"}
        measured = ANALYTES[composite.analyte]
        return {"x-unit": measured.canonical, "x-units": [unit.code for unit in measured.units]}
    for owner in (serializer, model):
        if unit := getattr(owner, "item_units", {}).get(name):
            return {"x-unit": str(unit)}
        if column := getattr(owner, "units_in", {}).get(name):
            return {"x-unit-in": column}
    return {}


def unit_words(schema: Schema) -> str:
    if "x-units" in schema:
        return f"Unit: {schema['x-unit']}; entered in {', '.join(schema['x-units'])}."
    if "x-unit" in schema:
        return f"Unit: {schema['x-unit']}."
    return f"Unit: as `{schema['x-unit-in']}` says." if "x-unit-in" in schema else ""


def codes_of(field: Field) -> dict[Any, str]:
    """The codes of a field with their words."""
    choices = getattr(field, "choices", None) if not hasattr(field, "queryset") else None
    return {code: str(words) for code, words in (choices or {}).items() if code not in ("", None)}

"""Examples of what the API takes and gives, made from its schemas."""

import re
from collections.abc import Mapping
from typing import Any

ID = "0199f3a4-5b6c-7d8e-9fa0-b1c2d3e4f506"
SMALL_DECIMAL = "0.5"
DEEPEST = 6
BY_NAME: dict[str, Any] = {
    "study": "BLINA-FULL",
    "site": "SGH",
    "subject_number": "SGH-001",
    "usubjid": "BLINA-FULL-SGH-001",
    "visit": "SCR.1",
    "form": "VS.1",
    "item": "weight",
    "items": ["weight"],
    "fields": {"performed_on": "2026-03-02", "weight": "70.5", "weight_unit": "kg"},
    "missing": {"pulse": "NOT_DONE"},
    "text": "70.5",
    "unit": "kg",
    "base_version": 1,
    "reason": "typing error",
    "full_name": "Zhang San",
    "username": "investigator",
    "password": "typed again",
    "asked": {"weight.change": "The weight differs by more than 10 % from the last one."},
    "errors": {"weight": ["The weight is a number."]},
    "comments": {"weight.change": "weighed twice"},
    "parts": ["csv"],
    "purpose": "interim analysis",
}
BY_FORMAT = {
    "uuid": ID,
    "date": "2026-03-02",
    "date-time": "2026-03-02T08:30:00Z",
    "time": "08:30:00",
    "decimal": "70.5",
    "binary": "No,Sampled,Test,Value\nSGH-001,2026-03-02 08:15,WBC,4.2\n",
    "uri": "https://trials.hospital.example/api/v1/problems/#invalid",
}
BY_TYPE = {"integer": 1, "number": 1, "boolean": True, "null": None}


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """A value that the schema allows. `schemas`: component → its schema; `name`: of the field it is for."""
    schema = resolved(schema, schemas)
    kind = kind_of(schema)
    if codes := [code for code in schema.get("enum", ()) if code not in ("", None)]:
        return codes[0]
    if "default" in schema and name not in BY_NAME:
        return schema["default"]
    if kind == "object" and "properties" in schema:
        parts = schema["properties"].items() if depth < DEEPEST else ()
        return {part: example_of(inner, schemas, part, depth + 1) for part, inner in parts}
    if "format" in schema and kind == "string":
        value = BY_FORMAT[schema["format"]]
        return value if re.search(schema.get("pattern", ""), value) else SMALL_DECIMAL
    if name in BY_NAME and fits(BY_NAME[name], kind):
        return BY_NAME[name]
    if kind == "object":
        return {}
    if kind == "array":
        return [example_of(schema.get("items", {}), schemas, name, depth + 1)]
    return BY_TYPE.get(kind, "")


def resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, where others are named or combined the first of them."""
    while inner := next((schema[key] for key in ("$ref", "allOf", "oneOf", "anyOf") if key in schema), None):
        schema = schemas[inner.rpartition("/")[2]] if isinstance(inner, str) else inner[0]
    return schema


def kind_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "")
    return next(one for one in kind if one != "null") if isinstance(kind, list) else kind


def fits(value: Any, kind: str) -> bool:
    types = {"object": dict, "array": list, "integer": int, "string": str}
    return isinstance(value, types.get(kind, object))

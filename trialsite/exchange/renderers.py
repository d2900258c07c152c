"""CSV of any list of the API: one line a record, composite items as dotted columns."""

import csv
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rest_framework.relations import ManyRelatedField
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.serializers import ListSerializer, Serializer

BOM = b"\xef\xbb\xbf"  # so that a spreadsheet shows Chinese


class CSVRenderer(BaseRenderer):
    """`?format=csv` or `Accept: text/csv`. Lists are streamed whole (see `api.Listing`); this renders the rest."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        rows = [data] if isinstance(data, Mapping) else data or []
        header = list(dict.fromkeys(name for row in rows for name in flattened(row)))
        return b"".join(csv_lines(rows, header))


class NDJSONRenderer(JSONRenderer):
    """`?format=ndjson` or `Accept: application/x-ndjson`: one JSON object a line, as the pages give them.

    Lists are streamed whole (see `api.Listing`); this renders the rest."""

    media_type = "application/x-ndjson"
    format = "ndjson"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return b"".join(json_lines([data] if isinstance(data, Mapping) else data or []))


def json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Rows as JSON, one a line."""
    renderer = JSONRenderer()
    return (renderer.render(row) + b"\n" for row in rows)


class Echo:
    """A file that hands back each line that is written to it."""

    def write(self, line: str) -> bytes:
        return line.encode("utf-8")


def csv_lines(rows: Iterable[Mapping[str, Any]], header: Sequence[str]) -> Iterator[bytes]:
    """The lines of a CSV file, header first. A column that the header does not name is an error, never left out."""
    writer = csv.writer(Echo())
    yield BOM
    yield writer.writerow(header)
    known = set(header)
    for row in rows:
        flat = {name: value for name, value in flattened(row, known).items() if value is not None}
        if not flat.keys() <= known:
            raise ValueError(f"No column for {sorted(flat.keys() - known)}.")
        yield writer.writerow([cell(flat.get(name)) for name in header])


def columns_of(serializer: Serializer) -> list[str]:
    """The columns of a serializer's records: one for each part of a composite item; lists have tables of their own."""
    columns: list[str] = []
    for name, field in serializer.fields.items():
        if isinstance(field, ListSerializer | ManyRelatedField):
            continue
        parts = field.fields if isinstance(field, Serializer) else {}
        columns += [f"{name}.{part}" for part in parts] or [name]
    return columns


def flattened(row: Mapping[str, Any], columns: Collection[str] = ()) -> dict[str, Any]:
    """A record as one level: {"weight": {"text": …}} becomes weight.text; lists have tables of their own.

    A list or an object that has one of the `columns` to itself stands there as one text."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and name in {"extra", "missing"}:
            flat[name] = ";".join(f"{key}={content}" for key, content in sorted(value.items()))
        elif isinstance(value, Mapping | list) and name in columns:
            flat[name] = one_text(value)
        elif isinstance(value, Mapping):
            flat.update({f"{name}.{part}": content for part, content in value.items()})
        elif not isinstance(value, list):
            flat[name] = value
    return flat


def one_text(value: Mapping[str, Any] | list[Any]) -> str | None:
    """Texts as "A;B", what is made of parts as JSON; an empty one is no value."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(value) or None
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def cell(value: Any) -> Any:
    """A value as one cell; text that a spreadsheet would run as a formula is quoted, a number is not."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") and not is_number(value):
        return "'" + value
    return "" if value is None else value


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

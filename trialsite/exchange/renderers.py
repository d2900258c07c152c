"""CSV of any list of the API: one line a record, composite items as dotted columns."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

BOM = b"\xef\xbb\xbf"  # so that a spreadsheet shows Chinese


class CSVRenderer(BaseRenderer):
    """`?format=csv` or `Accept: text/csv`. Lists are streamed whole (see `api.Listing`); this renders the rest."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return b"".join(csv_lines([data] if isinstance(data, Mapping) else data or []))


class Echo:
    """A file that hands back each line that is written to it."""

    def write(self, line: str) -> bytes:
        return line.encode("utf-8")


def csv_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The lines of a CSV file; the header comes from the first row, so every row must have its columns."""
    writer = csv.writer(Echo())
    header: list[str] = []
    yield BOM
    for row in rows:
        flat = flattened(row)
        if not header:
            header = list(flat)
            yield writer.writerow(header)
        yield writer.writerow([cell(flat.get(name)) for name in header])


def flattened(row: Mapping[str, Any]) -> dict[str, Any]:
    """A record as one level: {"weight": {"text": …}} becomes weight.text; lists have tables of their own."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and name not in {"extra", "missing"}:
            flat.update({f"{name}.{part}": content for part, content in value.items()})
        elif isinstance(value, Mapping):
            flat[name] = ";".join(f"{key}={content}" for key, content in sorted(value.items()))
        elif not isinstance(value, list):
            flat[name] = value
    return flat


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

"""CSV from any list of the API: one line a record, columns in the order of the serializer."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer


class CSVRenderer(BaseRenderer):
    """`?format=csv` or `Accept: text/csv`; UTF-8 with a BOM, so that a spreadsheet shows Chinese."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        rows = data.get("results", [data]) if isinstance(data, Mapping) else data or []
        out = io.StringIO()
        writer = csv.writer(out)
        columns = list(dict.fromkeys(name for row in rows for name in row))
        writer.writerow(columns)
        writer.writerows([[cell(row.get(name)) for name in columns] for row in rows])
        return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def cell(value: Any) -> Any:
    """A value as one cell; text that a spreadsheet would run as a formula is quoted."""
    if isinstance(value, str) and value[:1] in "=+-@\t\r" and not value.lstrip("+-").replace(".", "", 1).isdigit():
        return "'" + value
    return "" if value is None else value

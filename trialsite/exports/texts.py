"""The texts of a CSV file as expressions of PostgreSQL: what `writers.delimited.in_text` makes of the values in Python.

None stands for a column whose text the server may write in another way.
"""

from collections.abc import Collection, Mapping
from typing import Any, BinaryIO

from django.db import connections
from django.db.models import (
    Case,
    DateTimeField,
    F,
    Field,
    ForeignKey,
    Func,
    QuerySet,
    TextField,
    Value,
    When,
)  # fmt: skip
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce, NullIf
from django.db.models.lookups import Exact, GreaterThanOrEqual

from trialsite.casebook.domain.paper import EnteredFrom

from .domain.table import Kind

TEXTS = ("CharField", "TextField")
AS_THEY_ARE = (
    "UUIDField", "DateField", "SmallIntegerField", "IntegerField", "BigIntegerField", "PositiveSmallIntegerField",
    "PositiveIntegerField", "PositiveBigIntegerField",
)  # fmt: skip
LINE_END = b"\r\n"


def copied(found: QuerySet, file: BinaryIO) -> int:
    """Have the server write rows of texts into a file as lines of CSV (RFC 4180); how many it wrote."""
    sql, params = found.query.sql_with_params()
    with connections[found.db].cursor() as cursor:
        asked = cursor.mogrify(sql, params).decode()
        cursor.copy_expert(f"COPY ({asked}) TO STDOUT WITH (FORMAT csv)", Lines(file))
        return int(cursor.rowcount)


class Lines:
    """Takes the lines as the server hands them over, one at a time, and ends them as CSV does."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def write(self, line: bytes) -> int:
        return self.file.write(line[:-1] + LINE_END)


# Columns


def of_column(path: str, column: Field, kind: Kind) -> Any:
    """The text of a column that is shown as it is."""
    if isinstance(column, ForeignKey):
        return of_column(path, column.target_field, kind)
    match column.get_internal_type(), kind:
        case name, _ if name in TEXTS:
            return filled(F(path))
        case name, Kind.TEXT | Kind.INTEGER | Kind.DATE if name in AS_THEY_ARE:
            return F(path)
        case "DecimalField", Kind.DECIMAL:
            return F(path)
        case "BooleanField", Kind.BOOLEAN:
            return Cast(F(path), TextField())
        case "DateTimeField", Kind.INSTANT:
            return instant(F(path))
        case "TimeField", Kind.TEXT:
            return Func(F(path), template=CLOCK, output_field=TextField())
    return None


def filled(text: Any) -> Any:
    """A text that is not empty, or none."""
    return NullIf(text, Value(""), output_field=TextField())


INSTANT = "replace((%(expressions)s AT TIME ZONE 'UTC')::text, ' ', 'T') || 'Z'"
CLOCK = "replace(to_char(%(expressions)s, 'HH24:MI:SS.US'), '.000000', '')"
BYTES = "uuid_send(%(expressions)s)"
MADE_AT = (  # of a UUIDv7, whose first 48 bits are milliseconds
    f"CASE WHEN get_byte({BYTES}, 6) >> 4 = 7 AND get_byte({BYTES}, 8) >> 6 = 2 THEN to_timestamp("
    f"('x' || encode(substr({BYTES}, 1, 6), 'hex'))::bit(48)::bigint / 1000.0::float8) END"
)


def instant(at: Any) -> Any:
    return Func(at, template=INSTANT, output_field=TextField())


def made_at(path: str) -> Any:
    """`keys.made_at` of a key."""
    return Func(F(path), template=MADE_AT, output_field=DateTimeField())


def without_zeros(path: str) -> Any:
    return Func(F(path), function="trim_scale")


def first_of(*paths: str) -> Any:
    """The first of several texts that is not empty."""
    return Coalesce(*(filled(F(path)) for path in paths), output_field=TextField())


def entered_from(day: str, until: str, study: str, site: str, key: str, outages: Mapping[Any, Any]) -> Any:
    """`casebook.domain.paper.entered_from` of a form. `outages`: (study, site) → the days of each."""
    late = [
        When(
            GreaterThanOrEqual(made_at(key), one.over),
            **{study: place[0], site: place[1], f"{day}__range": (one.first, one.last)},
            then=Value(EnteredFrom.WORKSHEET),
        )
        for place, those in outages.items()
        for one in those
    ]
    paper = When(**{f"{day}__lte": F(until)}, then=Value(EnteredFrom.PAPER))
    return Case(paper, *late, output_field=TextField())


# What stands in JSON

REASONS = (
    "(SELECT string_agg(key || '=' || value, ';' ORDER BY key COLLATE \"C\")"
    " FROM jsonb_each_text(%(expressions)s::text[]))"
)
SEVERAL = (
    "(SELECT string_agg(one, ';' ORDER BY place)"
    " FROM jsonb_array_elements_text(%(expressions)s) WITH ORDINALITY AS answer (one, place))"
)


def reasons(path: str, left_out: Collection[str]) -> Any:
    """Why items are empty, as item=reason;item=reason, without those that stay behind."""
    told = Func(
        F(path), Value(sorted(left_out)), template=REASONS, arg_joiner=" - ", output_field=TextField()
    )
    return Case(When(**{path: {}}, then=None), default=told, output_field=TextField())


def of_own(path: str, key: str, part: str, kind: Kind) -> Any:
    """The text of an item that only a trial asks for, or of a part of it."""
    kept = KeyTransform(key, path)
    text = filled(KeyTextTransform(part, kept) if part else KeyTextTransform(key, path))
    match kind:
        case Kind.DECIMAL:
            return Func(text, template="%(expressions)s::numeric")
        case Kind.BOOLEAN:
            return Func(text, template="(lower(%(expressions)s) IN ('true', 'yes'))::text")
        case Kind.TEXT if not part:
            several = filled(Func(kept, template=SEVERAL, output_field=TextField()))
            is_list = Exact(Func(kept, function="jsonb_typeof", output_field=TextField()), "array")
            return Case(When(is_list, then=several), default=text)
    return text

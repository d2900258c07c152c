"""A list read straight from its columns: what its serializer would show, without making an object of every row.

Only for serializers that show columns as they are, which those of forms and lines do; what they show besides (the
number of a subject, when and from what a form was entered) is known here by name. Each value is known twice: as Python
tells it, and as an expression by which PostgreSQL writes the same text itself. Tests hold the ways against each other.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any, BinaryIO
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignKey, Model, QuerySet
from rest_framework import serializers
from rest_framework.serializers import Serializer

from trialsite.audit.moment import earlier_instant
from trialsite.casebook.domain.paper import entered_from
from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.values import trimmed
from trialsite.exchange.api import Listing
from trialsite.exchange.profiles import without
from trialsite.exchange.renderers import flattened
from trialsite.exchange.serializers import EnteredFromField
from trialsite.keys import made_at

from . import texts
from .domain.table import Kind, Row, Variable
from .domain.values import listed, typed

ROWS = 5000  # in memory at once
AS_THEY_ARE: tuple[type[serializers.Field], ...] = (
    serializers.CharField,
    serializers.ChoiceField,
    serializers.IntegerField,
    serializers.BooleanField,
    serializers.UUIDField,
    serializers.DecimalField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.TimeField,
    serializers.PrimaryKeyRelatedField,
)
LEAVING_AS_TEXT = (UUID, time)
Told = Callable[..., Any]


@dataclass(frozen=True)
class Source:
    """The columns behind one value, how it is told from them, and the expression of its text in a file.

    `text` is None where the database cannot be relied on to write what Python writes."""

    paths: tuple[str, ...]
    tell: Told
    text: Any


@dataclass(frozen=True)
class Straight:
    """The rows of a list, in the order of its key, and where each of their values comes from."""

    found: QuerySet
    sources: Mapping[str, Source]

    def rows(self) -> Iterator[Row]:
        """The rows, typed."""
        return read(self.found, self.sources)

    def copy(self, file: BinaryIO) -> int | None:
        """Have PostgreSQL write the rows as lines of CSV; how many. None, and nothing written, where it cannot: a text
        is not known, or the record is read as of an instant, whose tables are there for queries of Django alone."""
        expressions = [one.text for one in self.sources.values()]
        if None in expressions or earlier_instant() is not None:
            return None
        return texts.copied(bare(self.found).values_list(*expressions), file)


def straight(
    view: Listing, variables: Sequence[Variable], own: Collection[str], left_out: Sequence[str]
) -> Straight | None:
    """A list straight from its columns; None where it shows more than these.

    `own`: keys of the items that only this trial asks for. `left_out`: items that stay behind."""
    sources = sources_of(view, variables, own, frozenset(left_out))
    return None if sources is None else Straight(view.filter_queryset(view.get_queryset()), sources)


def sources_of(
    view: Listing, variables: Sequence[Variable], own: Collection[str], left_out: frozenset[str]
) -> dict[str, Source] | None:
    found: dict[str, Source] = {}
    serializer: Any = view.get_serializer()
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    if model is None:
        return None
    annotated = view.get_queryset().query.annotations
    for one in variables:
        key, _dot, part = one.name.partition(".")
        if key not in serializer.fields:
            source = own_source(one, key, part) if key in own else None
        else:
            source = source_of(serializer, one, model, annotated, left_out)
        if source is None:
            return None
        found[one.name] = source
    return found


def source_of(
    serializer: Any,
    variable: Variable,
    model: type[Model],
    annotated: Mapping[str, Any],
    left_out: frozenset[str],
) -> Source | None:
    """Where a field of a serializer comes from."""
    key, _dot, part = variable.name.partition(".")
    field = serializer.fields[key]
    if part:
        composite = getattr(model, "composites", {}).get(key)
        path = f"{key}_{part}"
        column = column_of(model, path)
        if composite is None or column is None or not isinstance(field, Serializer):
            return None
        if part in NUMBERS:
            return Source((path,), without_zeros, texts.without_zeros(path))
        return as_it_is(path, column, variable.kind)
    if key == "missing" and issubclass(model, CasebookRecord):
        return Source(
            ("missing",),
            lambda value: flattened(without({key: value}, left_out))[key] or None,
            texts.reasons("missing", left_out),
        )
    if isinstance(field, EnteredFromField):
        return entered_by(serializer.context.get("outages", {}))
    source = field.source
    if source == "entered_at":
        return Source(("pk",), made_at, texts.instant(texts.made_at("pk")))
    if source == "subject.number":
        paths = ("subject__subject_number", "subject__screening_number")
        return Source(paths, lambda late, early: late or early, texts.first_of(*paths))
    if not isinstance(field, AS_THEY_ARE) or not as_a_column(field):
        return None
    column = annotated[source].output_field if source in annotated else column_of(model, source)
    return None if column is None else as_it_is(source.replace(".", "__"), column, variable.kind)


def as_it_is(path: str, column: Field, kind: Kind) -> Source:
    return Source((path,), plain, texts.of_column(path, column, kind))


def own_source(variable: Variable, key: str, part: str) -> Source:
    """Where an item that only this trial asks for comes from."""

    def tell(extra: Mapping[str, Any]) -> Any:
        value = extra.get(key)
        if part:
            value = value.get(part) if isinstance(value, Mapping) else None
        return typed(listed(value), variable.kind)

    return Source(("extra",), tell, texts.of_own("extra", key, part, variable.kind))


def entered_by(outages: Mapping[Any, Any]) -> Source:
    """From what a form was entered. `outages`: (study, site) → the days of each."""

    def tell(day: Any, paper_until: Any, study: Any, site: Any, key: Any) -> Any:
        told = entered_from(
            day, paper_until=paper_until, outages=outages.get((study, site), ()), entered_at=made_at(key)
        )
        return told.value or None

    paths = ("performed_on", "subject__from_paper_until", "study_id", "site_id", "pk")
    return Source(paths, tell, texts.entered_from(*paths, outages))


def as_a_column(field: serializers.Field) -> bool:
    """Whether a field shows its column with the framework's own words, not with ours."""
    return type(field).__module__.startswith("rest_framework.")


def plain(value: Any) -> Any:
    return None if value == "" else value


def without_zeros(value: Decimal | None) -> Decimal | None:
    return None if value is None else trimmed(value)


NUMBERS = ("value", "canonical")  # of a quantity


def column_of(model: type[Model], source: str) -> Field | None:
    """The column that a source ("visit.key") leads to."""
    name, _dot, rest = source.partition(".")
    try:
        field: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return next((one for one in model._meta.concrete_fields if one.attname == source), None)
    if rest:
        return column_of(field.related_model, rest) if isinstance(field, ForeignKey) else None  # type: ignore[arg-type]
    return field if field.concrete else None


def read(found: QuerySet, sources: Mapping[str, Source]) -> Iterator[Row]:
    paths = list(dict.fromkeys(["pk", *(path for one in sources.values() for path in one.paths)]))
    at = {path: number for number, path in enumerate(paths)}
    direct = [(name, at[one.paths[0]]) for name, one in sources.items() if one.tell is plain]
    told = [
        (name, one.tell, [at[path] for path in one.paths])
        for name, one in sources.items()
        if one.tell is not plain
    ]
    names, numbers = [name for name, _number in direct], [number for _name, number in direct]
    for batch in batches(bare(found), paths):
        for values in batch:
            row = dict(zip(names, [value_of(values[number]) for number in numbers], strict=True))
            for name, tell, where in told:
                row[name] = tell(*[values[number] for number in where])
            yield row


def bare(found: QuerySet) -> QuerySet:
    """The rows of a list in the order of their key, without what hangs on them."""
    return found.prefetch_related(None).select_related(None).order_by("pk")


def value_of(value: Any) -> Any:
    """A column's value typed: an empty text is no value, keys are texts."""
    if value == "":
        return None
    return str(value) if type(value) in LEAVING_AS_TEXT else value


def batches(found: QuerySet, paths: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    ordered = found.values_list(*paths)
    batch = list(ordered[:ROWS])
    while batch:
        yield batch
        if len(batch) < ROWS:
            return
        batch = list(ordered.filter(pk__gt=batch[-1][0])[:ROWS])

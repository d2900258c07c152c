"""A list read straight from its columns: what its serializer would show, without making an object of every row.

Only for serializers that show columns as they are, which those of forms and lines do; what they show besides (the
number of a subject, when and from what a form was entered) is known here by name. A test holds both ways against
each other.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey, Model, QuerySet
from rest_framework import serializers
from rest_framework.serializers import Serializer

from trialsite.casebook.domain.paper import entered_from
from trialsite.casebook.values import trimmed
from trialsite.exchange.api import Listing
from trialsite.exchange.profiles import without
from trialsite.exchange.renderers import flattened
from trialsite.exchange.serializers import EnteredFromField
from trialsite.keys import made_at

from .domain.table import Row, Variable
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
TEXTS = (UUID, time)  # what leaves as text
Told = Callable[..., Any]


@dataclass(frozen=True)
class Source:
    """The columns behind one value, and how it is told from them."""

    paths: tuple[str, ...]
    tell: Told


def straight_rows(
    view: Listing, variables: Sequence[Variable], own: Collection[str], left_out: Sequence[str]
) -> Iterator[Row] | None:
    """The rows of a list, typed, in the order of its key; None where it shows more than its columns.

    `own`: keys of the items that only this trial asks for. `left_out`: items that stay behind."""
    sources = sources_of(view, variables, own, frozenset(left_out))
    return None if sources is None else read(view.filter_queryset(view.get_queryset()), sources)


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
            source = source_of(serializer, serializer.fields[key], key, part, model, annotated, left_out)
        if source is None:
            return None
        found[one.name] = source
    return found


def source_of(
    serializer: Any,
    field: Any,
    key: str,
    part: str,
    model: type[Model],
    annotated: Mapping[str, Any],
    left_out: frozenset[str],
) -> Source | None:
    """Where a field of a serializer comes from."""
    if part:
        composite = getattr(model, "composites", {}).get(key)
        path = f"{key}_{part}"
        known = composite is not None and isinstance(field, Serializer) and path in composite.columns()
        return Source((path,), NUMBERS.get(part, plain)) if known else None
    if key == "missing" and isinstance(field, serializers.JSONField):
        return Source((key,), lambda value: flattened(without({key: value}, left_out), (key,))[key] or None)
    if isinstance(field, EnteredFromField):
        paths = ("performed_on", "subject__from_paper_until", "study_id", "site_id", "pk")
        return Source(paths, entered_by(serializer.context.get("outages", {})))
    source = field.source
    if source == "entered_at":
        return Source(("pk",), made_at)
    if source == "subject.number":
        return Source(
            ("subject__subject_number", "subject__screening_number"), lambda late, early: late or early
        )
    known = (
        isinstance(field, AS_THEY_ARE)
        and as_a_column(field)
        and (source in annotated or is_column(model, source))
    )
    return Source((source.replace(".", "__"),), plain) if known else None


def own_source(variable: Variable, key: str, part: str) -> Source:
    """Where an item that only this trial asks for comes from."""

    def tell(extra: Mapping[str, Any]) -> Any:
        value = extra.get(key)
        if part:
            value = value.get(part) if isinstance(value, Mapping) else None
        return typed(listed(value), variable.kind)

    return Source(("extra",), tell)


def entered_by(outages: Mapping[Any, Any]) -> Told:
    def tell(day: Any, paper_until: Any, study: Any, site: Any, key: Any) -> Any:
        told = entered_from(
            day, paper_until=paper_until, outages=outages.get((study, site), ()), entered_at=made_at(key)
        )
        return told.value or None

    return tell


def as_a_column(field: serializers.Field) -> bool:
    """Whether a field shows its column with the framework's own words, not with ours."""
    return type(field).__module__.startswith("rest_framework.")


def plain(value: Any) -> Any:
    return None if value == "" else value


def without_zeros(value: Decimal | None) -> Decimal | None:
    return None if value is None else trimmed(value)


NUMBERS: Mapping[str, Told] = {"value": without_zeros, "canonical": without_zeros}  # of a quantity


def is_column(model: type[Model], source: str) -> bool:
    """Whether a source ("visit.key") leads to a column."""
    name, _dot, rest = source.partition(".")
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return any(field.attname == source for field in model._meta.concrete_fields)
    if rest:
        return isinstance(field, ForeignKey) and is_column(field.related_model, rest)  # type: ignore[arg-type]
    return bool(field.concrete)


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
    for batch in batches(found.prefetch_related(None).select_related(None), paths):
        for values in batch:
            row = dict(zip(names, [value_of(values[number]) for number in numbers], strict=True))
            for name, tell, where in told:
                row[name] = tell(*[values[number] for number in where])
            yield row


def value_of(value: Any) -> Any:
    """A column's value typed: an empty text is no value, keys are texts."""
    if value == "":
        return None
    return str(value) if type(value) in TEXTS else value


def batches(found: QuerySet, paths: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    ordered = found.order_by("pk").values_list(*paths)
    batch = list(ordered[:ROWS])
    while batch:
        yield batch
        if len(batch) < ROWS:
            return
        batch = list(ordered.filter(pk__gt=batch[-1][0])[:ROWS])

"""The record as it was entered: every list of the API as a table, the items of a trial's own in columns of theirs."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, BinaryIO, cast

from django.http import HttpRequest, QueryDict
from django.utils.translation import override
from rest_framework import serializers
from rest_framework.relations import ManyRelatedField
from rest_framework.serializers import ListSerializer, Serializer

from assessments.disease.api import ComputedListing
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import ProtocolForm
from trialsite.exchange.api import Listing
from trialsite.exchange.profiles import apply
from trialsite.exchange.renderers import flattened
from trialsite.studies.domain.own_forms import ItemPlan, ProtocolFormPlan

from .domain.table import CodeList, Kind, Row, Table, Variable
from .domain.values import listed, typed
from .extract import Extract
from .straight import Straight, straight

LEFT_OUT = {"studies", "sites", "dry-runs", "data-cuts", "protocol-versions", "exports", "trail", "changes"}
OWN = {"forms/PROTOCOL", "forms/PROTOCOL/lines"}
LANGUAGES = ("en", "zh-hans")
KINDS: tuple[tuple[type[serializers.Field], Kind], ...] = (
    (serializers.BooleanField, Kind.BOOLEAN),
    (serializers.IntegerField, Kind.INTEGER),
    (serializers.DecimalField, Kind.DECIMAL),
    (serializers.DateTimeField, Kind.INSTANT),
    (serializers.DateField, Kind.DATE),
)
OWN_KINDS = {
    "integer": Kind.INTEGER,
    "decimal": Kind.DECIMAL,
    "date": Kind.DATE,
    "yes_no": Kind.BOOLEAN,
}
QUANTITY = {"text": Kind.TEXT, "unit": Kind.TEXT, "canonical": Kind.DECIMAL}


@cache
def lists() -> dict[str, type[Listing]]:
    """Name → list of the API. Asked for once every room has registered its own."""
    from trialsite.exchange.lists import router

    return {name: view for name, view, _basename in cast(Any, router.registry)}


def tables(extract: Extract) -> list[Table]:
    """Every list that holds something of the study's subjects, in the order of the API's page of lists."""
    found, plans = [], plans_of(extract)
    for name, view in lists().items():
        if name in OWN:
            continue
        filters = getattr(view, "filterset_class", None)
        if (
            name not in LEFT_OUT
            and filters is not None
            and "study" in filters.base_filters
            and extract.release.profile in view.profiles
        ):
            found.append(table_of(extract, name, view, plans))
    return [*found, *own_tables(extract, plans)]


def listing(extract: Extract, view: type[Listing], **where: Any) -> Listing:
    """A list of the API as the reader of the extract would ask for it; `where` narrows it further."""
    asked = HttpRequest()
    asked.method = "GET"
    asked.GET = QueryDict(f"study={extract.study.key}")
    asked.user = extract.reader
    shown = view(action_map={"get": "list"}, format_kwarg=None)
    shown.setup(asked)
    shown.request = shown.initialize_request(asked)
    shown.request.user = extract.reader
    if where:
        every = shown.get_queryset
        shown.get_queryset = lambda: every().filter(**where)  # type: ignore[method-assign]
    return shown


def table_of(extract: Extract, name: str, view: type[Listing], plans: Sequence[ProtocolFormPlan]) -> Table:
    """One list as a table, the items that this trial asks for besides in columns of theirs."""
    shown = listing(extract, view)
    form = name.removeprefix("forms/").partition("/")[0]
    own = {item.key: item for plan in plans if plan.key == form for item in plan.items}
    serializer: Any = shown.get_serializer()
    natures = shown.natures
    variables = leaving(extract, natures, (*variables_of(serializer, name), *own_variables(own, form)))
    with override("en"):
        label = str(getattr(view, "title", "") or view.__doc__ or name).partition(":")[0].strip()
    return Table(
        name=view.table,
        label=label,
        variables=variables,
        rows=lambda: rows_of(extract, listing(extract, view), variables, own),
        copy=lambda file: copied(extract, listing(extract, view), variables, own, file),
        keys=tuple(one.name for one in variables if one.name == "id"),
        expected=None if isinstance(shown, ComputedListing) else lambda: count_of(listing(extract, view)),
        left_out=extract.release.left_out(natures),
    )


def plans_of(extract: Extract) -> list[ProtocolFormPlan]:
    """The forms and items of the trial's own in every version of its protocol, the newest first."""
    versions = extract.study.versions.order_by("-version")
    found: dict[str, ProtocolFormPlan] = {}
    for version in versions:
        for plan in version.protocol.forms:
            found.setdefault(plan.key, plan)
    return list(found.values())


def own_tables(extract: Extract, plans: Sequence[ProtocolFormPlan]) -> list[Table]:
    """The forms that only this trial has, each a table, and each kind of its lines."""
    found = []
    for plan in plans:
        if not ProtocolForm.objects.filter(study=extract.study, form_key=plan.key).exists():
            continue
        found.append(own_table(extract, "forms/PROTOCOL", plan, {"form_key": plan.key}))
        for group in plan.groups:
            where = {"record__form_key": plan.key, "group": group.key}
            found.append(own_table(extract, "forms/PROTOCOL/lines", group, where, of=plan.key))
    return found


def own_table(extract: Extract, name: str, plan: Any, where: Mapping[str, Any], of: str = "") -> Table:
    """The table of a form that only this trial has, or of the lines `of` it."""
    view = lists()[name]
    own = {item.key: item for item in plan.items}
    shown = listing(extract, view)
    serializer: Any = shown.get_serializer()
    form = of or plan.key
    natures = shown.natures
    every_column = (*variables_of(serializer, f"forms/{form}"), *own_variables(own, form))
    variables = leaving(extract, natures, every_column)

    def narrowed() -> Listing:
        return listing(extract, view, study=extract.study, **where)

    title = plan.title.in_language("en")
    return Table(
        name=f"{of}-{plan.key}".lower().strip("-"),
        label=title,
        variables=variables,
        rows=lambda: rows_of(extract, narrowed(), variables, own),
        copy=lambda file: copied(extract, narrowed(), variables, own, file),
        keys=("id",),
        expected=lambda: count_of(narrowed()),
        left_out=extract.release.left_out(natures),
    )


# Columns


def variables_of(serializer: Serializer, source: str) -> tuple[Variable, ...]:
    """The columns of a serializer's records: one for each part of a composite item; lists have tables of their own."""
    found: list[Variable] = []
    for name, field in serializer.fields.items():
        if isinstance(field, ListSerializer | ManyRelatedField) or name == "extra":
            continue
        if isinstance(field, Serializer):
            found += [
                variable(f"{name}.{part}", inner, source, field) for part, inner in field.fields.items()
            ]
        else:
            found.append(variable(name, field, source))
    return tuple(found)


def variable(name: str, field: Any, source: str, whole: Any = None) -> Variable:
    """The column of one field of a serializer."""
    kind = next((kind for type_, kind in KINDS if isinstance(field, type_)), Kind.TEXT)
    words = {}
    for language in LANGUAGES:
        with override(language):
            words[language] = said_of(field, whole)
    choices = getattr(field, "choices", None) if isinstance(field, serializers.ChoiceField) else None
    if choices and all(isinstance(code, int) for code in choices if code != ""):
        kind = Kind.INTEGER
    return Variable(
        name=name,
        label=words["en"] or name,
        kind=kind,
        words=words,
        codes=codes_of(name, choices) if choices else None,
        item=f"{source.removeprefix('forms/')}.{name}",
    )


def said_of(field: Any, whole: Any) -> str:
    """What a field is called; the part of a composite after the whole."""
    parts = [str(one.help_text or one.label or "") for one in (whole, field) if one is not None]
    return ", ".join(one for one in parts if one)


def codes_of(name: str, choices: Mapping[Any, Any]) -> CodeList:
    with override("en"):
        return CodeList(name, {str(code): str(words) for code, words in choices.items() if code != ""})


def own_variables(own: Mapping[str, ItemPlan], form: str) -> tuple[Variable, ...]:
    """The columns of the items of a trial's own: a quantity has three, several answers stand as A;B."""
    found: list[Variable] = []
    for key, item in own.items():
        words = {
            "en": item.label.in_language("en"),
            "zh-hans": item.label.in_language("zh-hans"),
        }
        codes = CodeList(key, {one.code: one.label.in_language("en") for one in item.choices})
        common: dict[str, Any] = {"words": words, "item": f"{form}.{key}"}
        if item.type == "quantity":
            found += [
                Variable(f"{key}.{part}", f"{words['en']}, {part}", kind, **common)
                for part, kind in QUANTITY.items()
            ]
        else:
            found.append(
                Variable(
                    key,
                    words["en"],
                    OWN_KINDS.get(item.type, Kind.TEXT),
                    unit=item.unit,
                    codes=codes if item.choices else None,
                    **common,
                )
            )
    return tuple(found)


# What leaves


def leaving(
    extract: Extract, natures: Mapping[str, Nature], variables: tuple[Variable, ...]
) -> tuple[Variable, ...]:
    """The columns without those of items that stay behind, in whole or in parts."""
    stay = {name.removeprefix("extra.") for name in extract.release.left_out(natures)}
    return tuple(one for one in variables if one.name not in stay and one.name.partition(".")[0] not in stay)


def released(extract: Extract, view: Listing) -> Iterator[Mapping[str, Any]]:
    """The records of a list as they may leave. Raises ValueError where dates of nobody are to be shifted."""
    for record in view.rows():
        subject = record.get(view.subject_key)
        if view.of_subjects and extract.release.shifts and not subject:
            raise ValueError(f"A row of {view.table} does not say whose it is.")
        yield apply(record, subject, view.natures, extract.release)


def count_of(view: Listing) -> int:
    """How many records a list has."""
    return view.filter_queryset(view.get_queryset()).count()


# Rows


def straight_of(
    extract: Extract, view: Listing, variables: tuple[Variable, ...], own: Mapping[str, ItemPlan]
) -> Straight | None:
    """The list straight from its columns, where it shows no more than they hold and no date is shifted."""
    if extract.release.shifts or isinstance(view, ComputedListing):
        return None
    return straight(view, variables, own.keys(), extract.release.left_out(view.natures))


def rows_of(
    extract: Extract, view: Listing, variables: tuple[Variable, ...], own: Mapping[str, ItemPlan]
) -> Iterator[Row]:
    """The rows of a list as they leave."""
    found = straight_of(extract, view, variables, own)
    return typed_rows(released(extract, view), variables, own) if found is None else found.rows()


def copied(
    extract: Extract,
    view: Listing,
    variables: tuple[Variable, ...],
    own: Mapping[str, ItemPlan],
    file: BinaryIO,
) -> int | None:
    """The rows of a list as lines of CSV, written by the server; how many. None where it cannot."""
    found = straight_of(extract, view, variables, own)
    return None if found is None else found.copy(file)


def typed_rows(
    rows: Iterator[Mapping[str, Any]], variables: tuple[Variable, ...], own: Mapping[str, ItemPlan]
) -> Iterator[Row]:
    """The records of a list as rows of typed values. Raises ValueError where a record holds what no column takes."""
    kinds = {one.name: one.kind for one in variables}
    for record in rows:
        extra = record.get("extra") or {}
        told = {name: value for name, value in record.items() if name != "extra" and value is not None}
        flat = flattened(told, kinds)
        flat |= flattened({key: listed(extra[key]) for key in extra})
        if strange := flat.keys() - kinds.keys() - (extra.keys() - own.keys()):
            raise ValueError(f"No column for {sorted(strange)}.")
        yield {name: typed(flat.get(name), kind) for name, kind in kinds.items()}

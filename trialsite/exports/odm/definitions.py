"""What a study asks: visits, forms, groups of items and items, in both languages, of all versions of its protocol."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models import Max
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.form_models import models_of_forms
from trialsite.casebook.form_types import form_type
from trialsite.casebook.models import LOG, UNSCHEDULED, ProtocolForm, ProtocolLine, Subject
from trialsite.casebook.names import visit_title
from trialsite.casebook.own_rules import condition_words
from trialsite.casebook.registries import FormType, RowType, forms
from trialsite.casebook.values import QuantityItem
from trialsite.casebook.worksheets import LANGUAGES, Words, forms_at, in_both
from trialsite.clinical.text import Text
from trialsite.clinical.units import ANALYTES, analyte
from trialsite.exchange.api import ProtocolFormViewSet
from trialsite.exchange.profiles import nature_of_own, natures_of
from trialsite.exchange.serializers import form_serializer, item_fields, row_serializer
from trialsite.studies.domain.own_forms import ItemPlan, ProtocolFormPlan

from ..extract import Extract

NOT_ITEMS = {
    "id",
    "line",
    "voided",
    "group",
    "form_key",
    "form_repeat",
    "state",
    "version",
    "extra",
    "missing",
}
CANONICAL = ".canonical"
TYPES: tuple[tuple[type[models.Field], str], ...] = (
    (models.BooleanField, "boolean"),
    (models.IntegerField, "integer"),
    (models.DecimalField, "float"),
    (models.DateTimeField, "datetime"),
    (models.DateField, "date"),
    (models.TimeField, "time"),
)
OWN_TYPES = {
    "integer": "integer",
    "decimal": "float",
    "date": "date",
    "partial_date": "partialDate",
    "time": "time",
}
Codes = tuple[tuple[str, Words], ...]
NO_WORDS = Words("", "")


@dataclass(frozen=True)
class Limit:
    """A value that is refused (hard) or asked about: `comparator` GE or LE as it must be, in the item's unit."""

    comparator: str
    value: Decimal
    hard: bool = True


@dataclass(frozen=True)
class Item:
    """One item. `name`: as in the record and in the columns of the raw tables, "weight.canonical" for the value of a
    quantity in its canonical unit. `type`: a data type of ODM. `units`: UCUM codes in which it can be given.
    `condition`: when it is asked at all. `several`: any number of the codes, as "A;B". `asked`: on its page."""

    name: str
    label: Words
    type: str = "text"
    length: int = 0
    codes: Codes = ()
    several: bool = False
    units: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    required: bool = False
    section: Words = NO_WORDS
    condition: Words | None = None
    asked: bool = True

    @property
    def derived(self) -> bool:
        return self.name.endswith(CANONICAL)

    @property
    def of(self) -> str:
        """The item of the record that it is, or is a part of."""
        return self.name.removesuffix(CANONICAL)


@dataclass(frozen=True)
class Group:
    """The items of a form, or of one kind of its lines (`name`, "" for the form itself). `table`: of the raw tables.

    `model`: where they are kept. `natures`: of the items that are not plain."""

    form: str
    name: str
    title: Words
    items: tuple[Item, ...]
    model: type[Any]
    table: str
    natures: Mapping[str, Nature] = field(default_factory=dict)

    @property
    def sections(self) -> list[tuple[Words, list[Item]]]:
        """The items under the headings of the page, in their order."""
        found: dict[Words, list[Item]] = defaultdict(list)
        for item in self.items:
            found[item.section].append(item)
        return list(found.items())


@dataclass(frozen=True)
class Form:
    """A form: its own items first, then each kind of its lines."""

    key: str
    title: Words
    repeating: bool
    groups: tuple[Group, ...]

    @property
    def main(self) -> Group:
        return self.groups[0]

    @property
    def lines(self) -> tuple[Group, ...]:
        return self.groups[1:]


@dataclass(frozen=True)
class Visit:
    """A visit, the log, or what is unscheduled. `type`: Scheduled, Unscheduled or Common. `forms`: key → required."""

    key: str
    title: Words
    type: str
    repeating: bool
    forms: Mapping[str, bool]


@dataclass(frozen=True)
class Definitions:
    """All that a study asks."""

    visits: tuple[Visit, ...]
    forms: tuple[Form, ...]

    @property
    def groups(self) -> Iterator[Group]:
        for form in self.forms:
            yield from form.groups


def definitions(extract: Extract) -> Definitions:
    """What the study asks for in any version of its protocol, and what stands in the record besides."""
    places = places_of(extract)
    visits = visits_of(extract, places)
    asked = {key for visit in visits for key in visit.forms}
    again = {place[1] for place, (_visits, number) in places.items() if number > 1}
    found = [one for one in forms_of(extract) if one.key in asked]
    return Definitions(
        visits, tuple(replace(one, repeating=one.repeating or one.key in again) for one in found)
    )


def places_of(extract: Extract) -> dict[tuple[str, str], tuple[int, int]]:
    """(visit, form) of the record → the highest number of the visit, and of the form there."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    subjects = extract.subjects.order_by().values("pk")
    for model in models_of_forms():
        own: Any = model
        rows = own.objects.visible_to(extract.reader).filter(subject__in=subjects).order_by()
        counted = rows.values_list("visit__key", "form_key").annotate(
            Max("visit__repeat"), Max("form_repeat")
        )
        found |= {(visit, form): (visits, number) for visit, form, visits, number in counted}
    return found


def visits_of(extract: Extract, places: Mapping[tuple[str, str], tuple[int, int]]) -> tuple[Visit, ...]:
    """The visits of all versions, the newest first, then those that stand in the record only, then the log."""
    protocols = [one.protocol for one in extract.study.versions.order_by("-loaded_at", "-version")]
    plans: dict[str, Any] = {}
    asked: dict[str, dict[str, bool]] = defaultdict(dict)
    for protocol in protocols:
        for plan in protocol.visits:
            plans.setdefault(plan.key, plan)
            for one in plan.forms:
                asked[plan.key].setdefault(one.form, one.required)
    for form in forms_at(extract.protocol, LOG):
        asked[LOG].setdefault(form, False)
    for visit, form in places:
        asked[visit].setdefault(form, False)
    found = []
    for key in sorted(
        asked,
        key=lambda key: (
            key == LOG,
            key == UNSCHEDULED,
            list(plans).index(key) if key in plans else len(plans),
        ),
    ):
        often = any(number > 1 for (visit, _form), (number, _forms) in places.items() if visit == key)
        repeat = key in (LOG, UNSCHEDULED) or often or bool(key in plans and plans[key].repeat)
        title = in_both(lambda key=key: visit_title(extract.protocol, key))
        kind = {LOG: "Common", UNSCHEDULED: "Unscheduled"}.get(key, "Scheduled")
        found.append(Visit(key, title, kind, repeat, asked[key]))
    return tuple(found)


def forms_of(extract: Extract) -> Iterator[Form]:
    """Every form of the system with the items that the trial adds, then the forms that only the trial has."""
    plans = plans_of(extract)
    for kind in forms.values():
        yield without_left_out(extract, registered_form(extract, kind, plans.get(kind.key, [])))
    for key, versions in plans.items():
        if key not in forms:
            yield without_left_out(extract, own_form(key, versions))


def plans_of(extract: Extract) -> dict[str, list[ProtocolFormPlan]]:
    """Key → the plans of a form in each version of the protocol, the newest first."""
    found: dict[str, list[ProtocolFormPlan]] = defaultdict(list)
    for version in extract.study.versions.order_by("-loaded_at", "-version"):
        for plan in version.protocol.forms:
            found[plan.key].append(plan)
    return found


def without_left_out(extract: Extract, form: Form) -> Form:
    """A form without the items that stay behind under the release of the extract."""

    def kept(group: Group) -> Group:
        stay = set(extract.release.left_out(group.natures))
        return replace(group, items=tuple(item for item in group.items if item.of not in stay))

    return replace(form, groups=tuple(map(kept, form.groups)))


def registered_form(extract: Extract, kind: FormType, plans: list[ProtocolFormPlan]) -> Form:
    subject = Subject(study=extract.study, protocol_version=extract.study.current_version)
    page = form_type(kind.key, subject) or kind
    main = Group(
        kind.key,
        "",
        in_both(lambda: kind.title),
        (*items_of_model(kind.model, on_page(page)), *own_items(plans)),
        kind.model,
        kind.key.lower(),
        natures_of(form_serializer(kind)) | own_natures(items_planned(plans)),
    )
    lines = (
        Group(
            kind.key,
            row.name,
            in_both(lambda row=row: row.title or row.name),
            items_of_model(row.model, on_line(row)),
            row.model,
            f"{kind.key}-{row.name}".lower(),
            natures_of_lines(row.model),
        )
        for row in kind.rows
    )
    return Form(kind.key, main.title, page.again, (main, *lines))


def own_form(key: str, plans: list[ProtocolFormPlan]) -> Form:
    """A form that only this trial has: its items and lines in any version."""
    title = of_text(plans[0].title)
    day = items_of_model(ProtocolForm, {"performed_on": (title, None, True)})
    serializer = ProtocolFormViewSet.serializer_class
    planned = items_planned(plans)
    main = Group(
        key,
        "",
        title,
        (*day, *own_items(plans)),
        ProtocolForm,
        key.lower(),
        natures_of(serializer) | own_natures(planned),
    )
    groups = {group.key: group for plan in reversed(plans) for group in plan.groups}
    lines = []
    for name, group in groups.items():
        every = {
            one.key: one
            for plan in reversed(plans)
            for each in plan.groups
            if each.key == name
            for one in each.items
        }
        natures = natures_of_lines(ProtocolLine) | own_natures(every)
        items = [part for one in every.values() for part in own_parts(one, NO_WORDS, None)]
        lines.append(
            Group(
                key, name, of_text(group.title), tuple(items), ProtocolLine, f"{key}-{name}".lower(), natures
            )
        )
    return Form(key, title, True, (main, *lines))


def items_planned(plans: list[ProtocolFormPlan]) -> dict[str, ItemPlan]:
    return {item.key: item for plan in reversed(plans) for item in plan.items}


def natures_of_lines(model: Any) -> dict[str, Nature]:
    """The natures of the items of one kind of lines."""
    return natures_of(row_serializer(model))


def own_natures(planned: Mapping[str, ItemPlan]) -> dict[str, Nature]:
    found = {key: nature_of_own(item) for key, item in planned.items()}
    return {key: one for key, one in found.items() if one is not Nature.PLAIN}


# Items of the system's forms

Shown = Mapping[
    str, tuple[Words, Words | None, bool]
]  # item → section, label on the page, whether it is required


def on_page(kind: FormType) -> dict[str, tuple[Words, Words | None, bool]]:
    """How the items of a form stand on its page, in its order."""
    told = []
    for language in LANGUAGES:
        with override(language):
            form = kind.form({})
            told.append(
                {
                    item: (str(section.title), str(form.fields[item].label or ""), wanted(form.fields[item]))
                    for section in form.get_sections()
                    for item in section.items
                    if item in form.fields
                }
            )
    return both(*told)


def on_line(row: RowType) -> dict[str, tuple[Words, Words | None, bool]]:
    """How the items of a line stand in its row."""
    told = []
    for language in LANGUAGES:
        with override(language):
            fields = row.form().fields
            told.append({item: ("", str(one.label or ""), wanted(one)) for item, one in fields.items()})
    return both(*told)


def both(en: Mapping[str, Any], zh: Mapping[str, Any]) -> dict[str, tuple[Words, Words | None, bool]]:
    return {
        item: (Words(section, zh[item][0]), Words(label, zh[item][1]), required)
        for item, (section, label, required) in en.items()
    }


def wanted(one: Any) -> bool:
    return bool(one.required or getattr(one, "wanted", False))


def items_of_model(model: type[Any], shown: Shown) -> tuple[Item, ...]:
    """The items of a form or line, in the order of the page, then those that no page asks for."""
    names, _composites = item_fields(model)
    names = [name for name in names if name not in NOT_ITEMS]
    order = {name: number for number, name in enumerate(shown)}
    found: list[Item] = []
    for name in sorted(names, key=lambda name: order.get(name, len(order))):
        section, label, required = shown.get(name, (NO_WORDS, None, False))
        for item in parts_of(model, name, label):
            required_here = required and not item.derived
            found.append(replace(item, section=section, required=required_here, asked=name in shown))
    return tuple(found)


def parts_of(model: type[Any], name: str, label: Words | None) -> Iterable[Item]:
    """An item of a model; `label`: as its page calls it, where that has it. A quantity is two."""
    composite = model.composites.get(name)
    if composite is None:
        return [of_column(model, name, label)]
    label = label or in_both(lambda: capfirst(str(composite.label or name)))
    if isinstance(composite, QuantityItem):
        return quantity(name, label, composite.analyte)
    return [Item(name, label, "partialDate")]


def of_column(model: type[Any], name: str, label: Words | None) -> Item:
    """The item that is one column."""
    column = model._meta.get_field(name)
    kind = next((kind for type_, kind in TYPES if isinstance(column, type_)), "text")
    unit = str(getattr(model, "item_units", {}).get(name, ""))
    codes = [code for code, _label in column.flatchoices if code not in ("", None)]
    words = [in_both(lambda code=code: dict(column.flatchoices)[code]) for code in codes]
    return Item(
        name,
        label or in_both(lambda: capfirst(str(column.verbose_name))),
        kind,
        length=(column.max_length or 0) if kind == "text" else 0,
        codes=tuple(zip(map(str, codes), words, strict=True)),
        units=(unit,) if unit else (),
        limits=tuple(limits_of(column)),
    )


def limits_of(column: models.Field) -> Iterator[Limit]:
    """The limits that somebody set; where a column of the database ends is none."""
    whole = isinstance(column, models.IntegerField)
    ends = {*connection.ops.integer_field_range(column.get_internal_type())} - {0} if whole else set()
    for one in column.validators:
        if isinstance(one, MinValueValidator | MaxValueValidator):
            end = one.limit_value() if callable(one.limit_value) else one.limit_value
            if end not in ends:
                yield Limit("GE" if isinstance(one, MinValueValidator) else "LE", Decimal(str(end)))


def quantity(name: str, label: Words, key: str, limits: tuple[Limit, ...] = ()) -> list[Item]:
    """A quantity as entered, and in the standard unit. `key`: its analyte; "" where each line names its own."""
    measured = [analyte(key)] if key else ANALYTES.values()
    units = dict.fromkeys(unit.code for one in measured for unit in one.units)
    in_standard = in_both(lambda: _("%(item)s, in the standard unit"))
    standard = Words(in_standard.en % {"item": label.en}, in_standard.zh % {"item": label.zh})
    return [
        Item(name, label, "text", length=40, units=tuple(units)),
        Item(
            f"{name}{CANONICAL}",
            standard,
            "float",
            units=(analyte(key).canonical,) if key else (),
            limits=limits,
        ),
    ]


# Items of the trial's own


def own_items(plans: list[ProtocolFormPlan]) -> Iterator[Item]:
    """The items that only the trial asks for, as the newest version that has them puts them; codes of all versions."""
    found: dict[str, tuple[ItemPlan, ProtocolFormPlan]] = {}
    for plan in plans:
        for item in plan.items:
            found.setdefault(item.key, (item, plan))
    for key, (item, plan) in found.items():
        choices = {
            one.code: one
            for old in reversed(plans)
            for each in old.items
            if each.key == key
            for one in each.choices
        }
        yield from own_parts(replace(item, choices=tuple(choices.values())), of_text(plan.title), plan)


def own_parts(item: ItemPlan, section: Words, plan: ProtocolFormPlan | None) -> list[Item]:
    """An item of the trial's own; a quantity is two."""
    label, condition = of_text(item.label), None
    if item.show_when is not None and plan is not None:
        said, rule = in_both(lambda: _("asked only if %(condition)s")), item.show_when
        words = in_both(lambda: condition_words(rule, plan))
        condition = Words(said.en % {"condition": words.en}, said.zh % {"condition": words.zh})
    if item.type == "quantity":
        parts = quantity(item.key, label, item.analyte, tuple(own_limits(item)))
    else:
        codes = tuple((one.code, of_text(one.label)) for one in item.choices)
        parts = [
            Item(
                item.key,
                label,
                OWN_TYPES.get(item.type, "text"),
                codes=yes_no() if item.type == "yes_no" else codes,
                several=item.type == "choices",
                units=(item.unit,) if item.unit else (),
                limits=tuple(own_limits(item)),
            )
        ]
    return [
        replace(one, section=section, required=item.required and not one.derived, condition=condition)
        for one in parts
    ]


def yes_no() -> Codes:
    return ("yes", in_both(lambda: _("Yes"))), ("no", in_both(lambda: _("No")))


def own_limits(item: ItemPlan) -> Iterator[Limit]:
    for comparator, value, hard in (
        ("GE", item.minimum, True),
        ("LE", item.maximum, True),
        ("GE", item.low, False),
        ("LE", item.high, False),
    ):
        if value is not None:
            yield Limit(comparator, value, hard)


def of_text(text: Text) -> Words:
    return Words(text.in_language("en"), text.in_language("zh-hans"))

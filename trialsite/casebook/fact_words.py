"""Facts and rules in the reader's words: the label of a fact, the label of a code, a rule in one line."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Field
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.clinical.body import round_half_up
from trialsite.clinical.facts import Fact, ItemAddress
from trialsite.clinical.rules import describe, parse_rule
from trialsite.clinical.rules.describe import SYMBOLS, Wording
from trialsite.clinical.units import unit_label

from . import registries
from .form_models import models_of_forms

UPPER_LIMIT = "_uln"
TIME_UNITS = {"a": gettext_lazy("years"), "d": gettext_lazy("days")}
SHOWN_DECIMALS = 2
LONGEST_DECIMALS = 4


def rule_words(rule: Any) -> str:
    """A rule of a protocol file as a formula in which facts and codes have their names."""
    return describe(parse_rule(rule), in_words(limit_label, limit_value)) if rule else ""


def in_words(fact: Callable[[str], str], value: Callable[[str, Any], str]) -> Wording:
    """How a rule speaks in the reader's language; `fact` and `value` name what it asks for."""
    return Wording(
        fact=fact,
        value=value,
        both=_("and"),
        either=_("or"),
        negated=_("not"),
        implied=_("if %(condition)s, then %(consequence)s"),
        symbols=symbol_words(),
        several=" / ".join,
        months=_("months"),
        days=_("days"),
    )


def symbol_words() -> dict[str, str]:
    """The signs of comparisons; those of sets as words."""
    return {**SYMBOLS, "in": _("one of"), "not_in": _("none of")}


def fact_words(name: str, fact: Fact) -> str:
    """A known fact in words; "" for one that is missing."""
    return amount_words(name, fact.value, fact.unit, fact.comparator, fact.source) if fact.known else ""


def amount_words(name: str, value: Any, unit: str, comparator: str, source: ItemAddress | None) -> str:
    """A value of a fact with comparator and unit, a code by its label, a question by yes or no."""
    shown = str(TIME_UNITS.get(unit) or (unit_label(unit) if unit else ""))
    return f"{SYMBOLS.get(comparator, '')}{plain_words(name, value, source)} {shown}".strip()


def answered(label: Any, answer: str) -> str:
    """An item with its answer: "Oxygen: room air"."""
    return _("%(item)s: %(answer)s") % {"item": label, "answer": answer}


def parts(found: Iterable[str]) -> str:
    """Several parts of one line of working."""
    return _("; ").join(found)


def fact_label(name: str) -> str:
    """The name of a fact in the reader's language; an upper limit of normal is named after its result."""
    source = registries.facts.get(name)
    label = str(source.label) if source else name
    return _("%(result)s: upper limit of normal") % {"result": label} if name.endswith(UPPER_LIMIT) else label


def limit_label(name: str) -> str:
    """A fact inside a limit, short: "3 × ULN"."""
    return _("ULN") if name.endswith(UPPER_LIMIT) else fact_label(name)


def limit_value(name: str, value: Any) -> str:
    """A value that a rule compares with: a number with the unit of its fact, a code by its label."""
    source = registries.facts.get(name)
    counted = isinstance(value, int | Decimal) and not isinstance(value, bool)
    unit = source.unit if source and counted else ""
    unit = "" if unit == "%" else unit  # names of shares say "(%)" themselves
    return amount_words(name, value, unit, "", None)


def plain_words(name: str, value: Any, source: ItemAddress | None = None) -> str:
    """One value of a fact in the reader's words."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return decimal_words(value)
    if isinstance(value, str):
        return code_label(name, value, source)
    return str(value)


def decimal_words(value: Decimal) -> str:
    """A number as entered; one that was computed to many places is shown with two."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if -exponent > LONGEST_DECIMALS and value != round_half_up(value, LONGEST_DECIMALS):
        value = round_half_up(value, SHOWN_DECIMALS)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def code_label(name: str, code: str, source: ItemAddress | None) -> str:
    """The label of a code: as the room that gives the fact words it, else from the item it stands in."""
    known = registries.facts.get(name)
    if known and code in known.words:
        return str(known.words[code])
    item = source or item_of_fact(name)
    models = [one for one in models_of_forms() if item and one._meta.db_table == item.table]  # type: ignore[attr-defined]
    columns = [one for model in models for one in model._meta.get_fields() if one.name == item.item]  # type: ignore[attr-defined, union-attr]
    choices = dict(columns[0].flatchoices) if columns and isinstance(columns[0], Field) else {}
    return str(choices.get(code, code))


def item_of_fact(name: str) -> ItemAddress | None:
    """Where a fact would stand if it were recorded: the item of the same name in its form."""
    source = registries.facts.get(name)
    kind = registries.forms.get(source.form) if source else None
    return ItemAddress(kind.model._meta.db_table, "", name) if kind else None

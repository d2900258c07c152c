"""Whether the forms and items of a trial agree with themselves: types, ranges, choices, rules between items."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from itertools import pairwise

from trialsite.clinical.rules import FactKind, Literal, RuleError, check_kinds, comparisons, parse_rule
from trialsite.clinical.units import ANALYTES
from trialsite.studies.domain.own_forms import GroupPlan, ItemPlan, ProtocolFormPlan
from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.rule_checks import steps_of
from trialsite.studies.domain.values import Rule

Found = Iterator[tuple[Path, str]]
ItemKinds = Mapping[str, FactKind]
FormItems = Mapping[str, Mapping[str, FactKind | None]]

CHOSEN = ("choice", "choices")
NUMBERS = ("integer", "decimal", "quantity")
KINDS = dict.fromkeys(NUMBERS, FactKind.NUMBER) | {
    "date": FactKind.DATE,
    "partial_date": FactKind.DATE,
    "choice": FactKind.CODE,
    "text": FactKind.CODE,
    "yes_no": FactKind.YES_NO,
}  # a time and a list of answers cannot stand in a rule


def own_form_problems(protocol: Protocol, forms: Collection[str], form_items: FormItems) -> Found:
    """Every problem of the trial's own forms and items as (path, sentence).

    forms: the codes of the forms of every trial; form_items: of each of these its items and lines, with the kind of
    those that a rule may name."""
    for number, form in enumerate(protocol.forms):
        here: Path = ("forms", number)
        added = form.key in forms
        if added and form.groups:
            yield (
                (*here, "groups"),
                f"{form.key} is a form of every trial: items can be added to it, lines cannot.",
            )
        for place, item in enumerate(form.items):
            at = (*here, "items", place)
            if item.key == "performed_on" or item.key in form_items.get(form.key, ()):
                yield (*at, "key"), f"{form.key} has an item {item.key} already; choose another key."
            yield from _item(at, item)
        for place, group in enumerate(form.groups):
            yield from _group((*here, "groups", place), form, group)
        known = {key: kind for key, kind in form_items.get(form.key, {}).items() if kind is not None}
        yield from _rules(here, form, known | kinds_of(form.items))


def kinds_of(items: tuple[ItemPlan, ...]) -> dict[str, FactKind]:
    """What a rule may ask of each item that it may name."""
    return {item.key: KINDS[item.type] for item in items if item.type in KINDS}


def _group(here: Path, form: ProtocolFormPlan, group: GroupPlan) -> Found:
    taken = [*(item.key for item in form.items), *(one.key for one in form.groups if one is not group)]
    if group.key in taken:
        yield (*here, "key"), f"{group.key} stands in {form.key} twice; each key is accepted once."
    seen: set[str] = set()
    for place, item in enumerate(group.items):
        at = (*here, "items", place)
        if item.key in seen or item.key == "line":
            yield (*at, "key"), f"{item.key} stands in {group.key} twice, or is no key for an item of a line."
        seen.add(item.key)
        yield from _item(at, item)
        if item.show_when is not None:
            yield (*at, "show_when"), "An item of a line is always asked; leave `show_when` out."


def _item(at: Path, item: ItemPlan) -> Found:
    if (item.type in CHOSEN) != bool(item.choices):
        yield at, "Items of type choice or choices need `choices`, and only they."
    codes = [one.code for one in item.choices]
    for place, code in enumerate(codes):
        if code in codes[:place]:
            yield (
                (*at, "choices", place, "code"),
                f"{code} stands in the choices twice; each is accepted once.",
            )
    if (item.type == "quantity") != bool(item.analyte):
        yield at, "Items of type quantity need an `analyte`, and only they: it says which units are accepted."
    elif item.analyte and item.analyte not in ANALYTES:
        near = get_close_matches(item.analyte, sorted(ANALYTES), n=3) or sorted(ANALYTES)
        yield (*at, "analyte"), f"There is no analyte called {item.analyte}; accepted are {', '.join(near)}."
    if item.type == "quantity" and item.unit:
        yield (*at, "unit"), "The analyte gives the units of a quantity; leave `unit` out."
    limits = {"minimum": item.minimum, "low": item.low, "high": item.high, "maximum": item.maximum}
    given = [(name, value) for name, value in limits.items() if value is not None]
    if given and item.type not in NUMBERS:
        yield (*at, given[0][0]), "Only numbers (integer, decimal, quantity) have a range."
    for (low, lower), (high, upper) in pairwise(given):
        if lower > upper:
            yield (*at, high), f"{high} ({upper}) must not be below {low} ({lower})."


def _rules(here: Path, form: ProtocolFormPlan, kinds: ItemKinds) -> Found:
    for place, item in enumerate(form.items):
        if item.show_when is not None:
            at = (*here, "items", place, "show_when")
            yield from _rule(at, item.show_when, form, kinds)
            if item.key in _named(item.show_when):
                yield at, f"{item.key} cannot decide whether it is asked itself."
    items = {*kinds, *(item.key for item in form.items)}
    seen: set[str] = set()
    for place, check in enumerate(form.checks):
        at = (*here, "checks", place)
        if check.key in seen:
            yield (
                (*at, "key"),
                f"{check.key} stands in the checks of {form.key} twice; each is accepted once.",
            )
        seen.add(check.key)
        if check.at not in items:
            yield (*at, "at"), f"{form.key} has no item {check.at}; accepted are {', '.join(sorted(items))}."
        yield from _rule((*at, "holds"), check.holds, form, kinds)


def _named(rule: Rule) -> set[str]:
    try:
        return {name for one in comparisons(parse_rule(rule)) for name in one.names}
    except RuleError:
        return set()


def _rule(at: Path, data: Rule, form: ProtocolFormPlan, kinds: ItemKinds) -> Found:
    try:
        rule = parse_rule(data)
    except RuleError as error:
        yield (*at, *steps_of(error.path)), error.sentence
        return
    choices = {item.key: [one.code for one in item.choices] for item in form.items if item.choices}
    for comparison in comparisons(rule):
        here = (*at, *steps_of(comparison.path))
        unknown = [name for name in comparison.names if name not in kinds]
        for name in unknown:
            near = get_close_matches(name, sorted(kinds), n=3) or sorted(kinds)
            yield here, f"{form.key} has no item {name} that a rule can ask; accepted are {', '.join(near)}."
        if unknown:
            continue
        yield from ((here, error.sentence) for error in check_kinds(comparison, kinds))
        if comparison.fact in choices and isinstance(comparison.limit, Literal):
            offered = choices[comparison.fact]
            for value in comparison.limit.values:
                if isinstance(value, str) and value not in offered:
                    yield here, f"{comparison.fact} is never {value}; accepted are {', '.join(offered)}."

"""Rules between the items of one form: when an item is asked, and the edit checks that a protocol file declares."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.clinical.facts import Fact
from trialsite.clinical.kleene import Truth
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.rules import describe, evaluate, facts_named, parse_rule
from trialsite.clinical.rules.describe import shown
from trialsite.clinical.units import canonical_unit, unit_label
from trialsite.studies.domain.protocol import CheckPlan, ItemPlan, ProtocolFormPlan

from .edit_checks import EditCheck, Rows, Run, Values, edit_check
from .fact_words import in_words
from .items import item_label
from .models import Subject
from .registries import Finding, FormType, forms

NOTHING: tuple[Any, ...] = (None, "", [])


def asked(item: ItemPlan, values: Values, plan: ProtocolFormPlan) -> bool:
    """Whether an item is asked, from the other answers; while they do not say, it is not."""
    return item.show_when is None or holds(item.show_when, values, plan) is Truth.TRUE


def holds(rule: Any, values: Values, plan: ProtocolFormPlan) -> Truth:
    """A rule over the items of one form, answered from what was typed."""
    tree = parse_rule(rule)
    items = {item.key: item for item in plan.items}
    facts = {name: fact_of(values.get(name), items.get(name)) for name in facts_named(tree)}
    return evaluate(tree, facts).truth


def fact_of(value: Any, item: ItemPlan | None = None) -> Fact:
    """An answer as rules see it; one of the trial's own by its type."""
    if value in NOTHING:
        return Fact.missing("NOT_RECORDED")
    if isinstance(value, Mapping):  # a kept quantity
        value = Quantity.parse(value["text"], value["unit"], item.analyte if item else None)
    if isinstance(value, Quantity):
        unit = canonical_unit(item.analyte) if item and item.analyte else ""
        return Fact(value.canonical, unit, value.comparator)
    if item is not None and isinstance(value, str):
        match item.type:
            case "yes_no":
                return Fact(value == "yes")
            case "decimal":
                return Fact(Decimal(value))
            case "date":
                return Fact(date.fromisoformat(value))
            case "partial_date":
                return Fact(PartialDate.parse(value))
    if isinstance(value, datetime) or not isinstance(value, (bool, int, Decimal, str, date, PartialDate)):
        return Fact.missing("NOT_RECORDED")
    return Fact(value)


def condition_words(rule: Any, plan: ProtocolFormPlan) -> str:
    """A rule between the items of a form in the reader's words."""
    language = get_language() or "en"
    items = {item.key: item for item in plan.items}
    known = forms.get(plan.key)

    def label(name: str) -> str:
        if name in items:
            return items[name].label.in_language(language)
        return item_label(known, name) if known else name

    def value(name: str, one: Any) -> str:
        if isinstance(one, bool):
            return _("yes") if one else _("no")
        if name in items:
            offered = {each.code: each.label.in_language(language) for each in items[name].choices}
        else:
            offered = codes_of(known, name)
        return offered.get(str(one), shown(one))

    return describe(parse_rule(rule), in_words(label, value))


def codes_of(kind: FormType | None, item: str) -> dict[str, str]:
    """The answers that a form of every trial offers at an item, by their codes."""
    columns = {field.name: field for field in kind.model._meta.concrete_fields} if kind else {}
    return {str(code): str(words) for code, words in getattr(columns.get(item), "flatchoices", ())}


def own_checks(plan: ProtocolFormPlan) -> tuple[EditCheck, ...]:
    """The edit checks of a trial's own items: not asked, impossible, unusual, and those that the file declares."""
    return (
        not_asked(plan),
        in_range(plan, hard=True),
        in_range(plan, hard=False),
        *(declared(check, plan) for check in plan.checks),
    )


def not_asked(plan: ProtocolFormPlan) -> EditCheck:
    """An answer to an item that is not asked is refused: the answer that says so may be the wrong one."""

    @edit_check(gettext_lazy("Answers to what is asked"), key="own-not-asked")
    def check(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        for item in plan.items:
            if values.get(item.key) not in NOTHING and not asked(item, values, plan):
                yield Finding(
                    item.key,
                    _(
                        "This is not asked with the other answers as they stand: empty it, or correct the answer on"
                        " which it depends."
                    ),
                )

    return check


def in_range(plan: ProtocolFormPlan, *, hard: bool) -> EditCheck:
    """Numbers within what is possible (hard), or usual (soft); a censored result is judged where it decides."""
    title = gettext_lazy("Numbers that are possible") if hard else gettext_lazy("Numbers that are usual")

    @edit_check(title, key="own-range" if hard else "own-usual", hard=hard)
    def check(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        for item in plan.items:
            if sentence := outside(item, values.get(item.key), hard):
                yield Finding(item.key, sentence)
        for group in plan.groups:
            for place, line in enumerate(rows.get(group.key, ())):
                for item in group.items:
                    if sentence := outside(item, line.get(item.key), hard):
                        yield Finding(f"{group.key}.{place}.{item.key}", sentence)

    return check


def outside(item: ItemPlan, value: Any, hard: bool) -> str:
    """That a number lies beyond a limit of its item, with the range; "" where it does not, or nobody knows."""
    low, high = (item.minimum, item.maximum) if hard else (item.low, item.high)
    if value in NOTHING or (low is None and high is None):
        return ""
    rules = [{"fact": item.key, "op": "<", "value": str(low)}] if low is not None else []
    rules += [{"fact": item.key, "op": ">", "value": str(high)}] if high is not None else []
    beyond = parse_rule({"any": rules})
    if evaluate(beyond, {item.key: fact_of(value, item)}).truth is not Truth.TRUE:
        return ""
    unit = unit_label(canonical_unit(item.analyte) if item.analyte else item.unit)
    words = {"low": low, "high": high, "unit": unit}
    if low is None:
        template = _("at most %(high)s %(unit)s") if hard else _("usually at most %(high)s %(unit)s")
    elif high is None:
        template = _("at least %(low)s %(unit)s") if hard else _("usually at least %(low)s %(unit)s")
    else:
        template = (
            _("from %(low)s to %(high)s %(unit)s") if hard else _("usually from %(low)s to %(high)s %(unit)s")
        )
    accepted = (template % words).strip()
    return (_("Accepted is %(range)s.") if hard else _("This is unusual: %(range)s.")) % {"range": accepted}


def declared(plan: CheckPlan, form: ProtocolFormPlan) -> EditCheck:
    """A check that the protocol file declares: it speaks where its rule does not hold."""

    def run(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        if holds(plan.holds, values, form) is Truth.FALSE:
            yield Finding(plan.at, plan.says.in_language(get_language() or "en"))

    found: Run = run
    return EditCheck(f"own-{plan.key}", plan.says.in_language(get_language() or "en"), found, hard=plan.hard)

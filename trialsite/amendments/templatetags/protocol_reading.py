"""What the pages of protocols need: the source of a value at its place, settings and codes in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.text import capfirst

from trialsite.amendments.difference_words import (
    ITEM_TYPES,
    analyte_words,
    label_of,
    outcome_words,
    part_words,
    planned_words,
    value_of,
)
from trialsite.casebook.fact_words import fact_label
from trialsite.casebook.names import arm_name
from trialsite.casebook.own_rules import condition_words
from trialsite.casebook.sign_off import (
    adjudication_words,
    monitoring_words,
    randomisation_words,
    sample_lines,
    signer_words,
    transplant_lines,
)
from trialsite.clinical.units import unit_beside
from trialsite.listing import listed, listed_apart
from trialsite.studies.domain.protocol import (
    ItemPlan,
    Protocol,
    ProtocolFormPlan,
    Randomisation,
    RegistryEntry,
    VisitPlan,
)
from trialsite.studies.domain.provenance import TO_SIGN
from trialsite.studies.models import ProtocolVersion
from trialsite.studies.words import SETTING_CODES, days_words

register = template.Library()
register.filter("signer_words", signer_words)
register.filter("monitoring_words", monitoring_words)
register.filter("adjudication_words", adjudication_words)
register.filter("randomisation_words", randomisation_words)
register.filter("sample_lines", sample_lines)
register.filter("transplant_lines", transplant_lines)
register.filter("setting_label", label_of)
register.filter("unit_beside", unit_beside)


@dataclass(frozen=True)
class Shown:
    """A source as a badge; `of` names the property whose source differs from that of the whole."""

    source: str
    cite: str
    of: str = ""


@register.inclusion_tag("amendments/sources.html")
def sources_at(version: ProtocolVersion, *steps: Any) -> Mapping[str, Any]:
    """The source of what stands at a place of the file, and of each property of it that has another."""
    return {"shown": list(shown_at(version, steps))}


@register.inclusion_tag("amendments/sources.html")
def sources_along(version: ProtocolVersion, path: Iterable[Any]) -> Mapping[str, Any]:
    """The same, of a place that stands in one value."""
    return {"shown": list(shown_at(version, path))}


@register.inclusion_tag("amendments/sources.html")
def assumed_at(version: ProtocolVersion, *steps: Any) -> Mapping[str, Any]:
    """The same, of assumptions only: for dense tables."""
    return {"shown": [one for one in shown_at(version, steps) if one.source in TO_SIGN]}


def shown_at(version: ProtocolVersion, steps: Iterable[Any]) -> Iterable[Shown]:
    place: Any = version.document
    try:
        for step in steps:
            place = place[step]
    except (KeyError, IndexError):  # what an older file writes elsewhere
        return
    if "source" in place:
        yield Shown(place["source"], place["cite"])
    for key, origin in place.get("sources", {}).items():
        yield Shown(origin["source"], origin["cite"], label_of(key))


@register.filter
def window_groups(protocol: Protocol) -> list[tuple[str, str, str]]:
    """How long results hold at screening: the group, its days, the results in it."""
    groups = protocol.screening.fact_groups
    return [
        (
            str(SETTING_CODES.get(group, group)),
            days_words(days),
            listed(fact_label(fact) for fact, own in groups.items() if own == group and fact[-4:] != "_uln"),
        )
        for group, days in protocol.screening.windows.items()
    ]


@register.filter
def arms_in(visit: VisitPlan, protocol: Protocol) -> str:
    """The arms that have a visit; "" where all do."""
    return listed(arm_name(protocol, key) for key in visit.arms)


@register.filter
def planned_in(visit: VisitPlan, protocol: Protocol) -> str:
    """The day a visit is planned for."""
    return planned_words(visit, protocol)


@register.filter
def response_lines(protocol: Protocol) -> list[tuple[str, str]]:
    """The criteria of response, one property a line."""
    rules = protocol.response
    names = [name for name in rules.__dataclass_fields__ if name not in ("source", "cite")]
    return [(label_of(name), value_of(rules, name, getattr(rules, name), protocol) or "—") for name in names]


@register.filter
def strata_words(plan: Randomisation, protocol: Protocol) -> list[tuple[str, str]]:
    """The factors of stratification with their levels."""
    return [
        (fact_label(one.fact), listed_apart(part_words(level, protocol) for level in one.levels))
        for one in plan.strata
    ]


@register.filter
def outcomes_in(entry: RegistryEntry, protocol: Protocol) -> list[str]:
    """The outcomes of a registration text by name."""
    return [outcome_words(one, protocol) for one in entry.outcomes]


@register.filter
def item_type(kind: str) -> str:
    return str(ITEM_TYPES.get(kind, kind))


@register.filter
def between_items(rule: Any, form: ProtocolFormPlan) -> str:
    """A rule between the items of a form in words."""
    return condition_words(rule, form)


@register.filter
def item_limits(item: ItemPlan, form: ProtocolFormPlan) -> list[str]:
    """What limits an item: its range, what is usual, when it is asked."""
    names = ("minimum", "maximum", "low", "high")
    found = [f"{label_of(name)} {value}" for name in names if (value := getattr(item, name)) is not None]
    parts = [capfirst(listed(found))] if found else []
    if item.show_when is not None:
        parts.append(f"{capfirst(label_of('show_when'))} {condition_words(item.show_when, form)}")
    return parts


register.filter("analyte_words", analyte_words)


@register.filter
def setting_words(value: Any) -> str:
    """A code of a setting in words."""
    return str(SETTING_CODES.get(str(value), value))


@register.filter
def signers_words(who: Iterable[str]) -> str:
    """Who signs, as the registry says it."""
    return listed(str(SETTING_CODES.get(one, one)) for one in who)

"""Forms that only one trial has, and the items that a trial adds to a form of every trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from trialsite.studies.domain.values import Document, Rule, Text, decimal_or_none, text_of, text_or_none


@dataclass(frozen=True)
class Choice:
    """One answer of a choice item: the code that is stored and the text that is shown."""

    code: str
    label: Text


@dataclass(frozen=True)
class ItemPlan:
    """One item of a protocol's own; type one of `schema.ITEM_TYPES`.

    minimum and maximum: beyond them an answer is impossible and refused; low and high: beyond them it is asked about.
    All in the unit of the item, of a quantity in the standard unit of its analyte. show_when: the rule over other items
    of the form that says whether the item is asked; unknown is "not asked yet"."""

    key: str
    label: Text
    type: str
    unit: str
    choices: tuple[Choice, ...]
    required: bool
    source: str
    cite: str
    help: Text | None = None
    analyte: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    show_when: Rule | None = None

    @classmethod
    def of(cls, document: Document) -> ItemPlan:
        return cls(
            key=document["key"],
            label=text_of(document["label"]),
            type=document["type"],
            unit=document.get("unit", ""),
            choices=tuple(Choice(one["code"], text_of(one["label"])) for one in document.get("choices", [])),
            required=document["required"],
            source=document["source"],
            cite=document["cite"],
            help=text_or_none(document.get("help")),
            analyte=document.get("analyte", ""),
            minimum=decimal_or_none(document.get("minimum")),
            maximum=decimal_or_none(document.get("maximum")),
            low=decimal_or_none(document.get("low")),
            high=decimal_or_none(document.get("high")),
            show_when=document.get("show_when"),
        )


@dataclass(frozen=True)
class GroupPlan:
    """Items that repeat line by line on a form of the trial."""

    key: str
    title: Text
    items: tuple[ItemPlan, ...]

    @classmethod
    def of(cls, document: Document) -> GroupPlan:
        items = tuple(ItemPlan.of(item) for item in document["items"])
        return cls(document["key"], text_of(document["title"]), items)


@dataclass(frozen=True)
class CheckPlan:
    """An edit check of the trial: what must hold between items of the form; unknown finds nothing.

    at: the item at which it speaks. hard: refused; else asked about."""

    key: str
    at: str
    holds: Rule
    says: Text
    hard: bool

    @classmethod
    def of(cls, document: Document) -> CheckPlan:
        says = text_of(document["says"])
        return cls(document["key"], document["at"], document["holds"], says, document["hard"])


@dataclass(frozen=True)
class ProtocolFormPlan:
    """A form that only this trial has; under the code of a form of every trial, the items added to that form."""

    key: str
    title: Text
    items: tuple[ItemPlan, ...]
    source: str
    cite: str
    groups: tuple[GroupPlan, ...] = ()
    checks: tuple[CheckPlan, ...] = ()

    @classmethod
    def of(cls, document: Document) -> ProtocolFormPlan:
        return cls(
            key=document["key"],
            title=text_of(document["title"]),
            items=tuple(ItemPlan.of(item) for item in document["items"]),
            source=document["source"],
            cite=document["cite"],
            groups=tuple(GroupPlan.of(one) for one in document.get("groups", [])),
            checks=tuple(CheckPlan.of(one) for one in document.get("checks", [])),
        )

    @property
    def every_item(self) -> Iterator[tuple[str, ItemPlan]]:
        """Each item with its name on the form: "potassium", in a group "doses.amount"."""
        yield from ((item.key, item) for item in self.items)
        yield from ((f"{group.key}.{item.key}", item) for group in self.groups for item in group.items)

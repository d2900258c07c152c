"""The words of derived values: what they rest on, and what is missing."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from enrollment.item_facts import label_of
from trialsite.casebook.fact_words import answered, parts
from trialsite.casebook.pages import display_of, words
from trialsite.casebook.registries import Derived
from trialsite.listing import listed


def unknown(label: Any, items: Iterable[Any]) -> Derived:
    """A value that cannot be given while items are not recorded."""
    return Derived(label, _("not known yet"), not_recorded(items), "unknown")


def not_recorded(items: Iterable[Any]) -> str:
    return _("not recorded: %(items)s") % {"items": listed(str(item) for item in items)}


def labels(record: Any, items: Iterable[str]) -> list[str]:
    return [str(label_of(type(record), item)) for item in items]


def empty_items(record: Any, items: Iterable[str]) -> list[str]:
    """The labels of the items that are not recorded."""
    return labels(record, [item for item in items if record.item(item) in (None, "")])


def item_words(record: Any, items: Sequence[str]) -> str:
    """What a grade rests on: each item with its value, then the items that are not recorded."""
    empty = empty_items(record, items)
    shown = [
        answered(label, words(display_of(record, item)))
        for item, label in zip(items, labels(record, items), strict=True)
        if label not in empty
    ]
    return parts([*shown, *([not_recorded(empty)] if empty else [])])

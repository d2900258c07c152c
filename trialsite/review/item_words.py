"""The value of an item as text, in the words that a reader knows."""

from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.formfields import MISSING_REASONS
from trialsite.casebook.items import is_own
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import FormType
from trialsite.casebook.trail import EXTRA, shown
from trialsite.clinical.units import unit_beside


def value_in_words(item: str, text: str, kind: FormType | None, subject: Subject) -> str:
    """A value of a form's content: a code by its name, yes or no, a unit as it is printed, why an item is empty."""
    if item.endswith("!"):
        return str(dict(MISSING_REASONS).get(text, text))
    if text in ("True", "False"):
        return _("Yes") if text == "True" else _("No")
    if kind is None or not text:
        return text
    model, column = column_of(item, kind)
    if column in model.composites:
        amount, _space, unit = text.rpartition(" ")
        return f"{amount} {unit_beside(unit)}".strip() if amount else text
    return str(shown(model, column, text, subject))


def column_of(item: str, kind: FormType) -> tuple[Any, str]:
    """The model and column of an item ("weight", "results.3.value"), as the trail names a protocol's own."""
    name, _dot, rest = item.partition(".")
    row = next((one for one in kind.rows if one.name == name), None)
    if row and rest:
        column = rest.partition(".")[2]
        return row.model, f"{EXTRA}{column}" if is_own(row.model, column) else column
    return kind.model, f"{EXTRA}{item}" if is_own(kind.model, item) else item

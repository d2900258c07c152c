"""An item of a form and its value as text, in the words that a reader knows."""

from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.formfields import MISSING_REASONS
from trialsite.casebook.items import item_label
from trialsite.casebook.models import ProtocolForm, Subject
from trialsite.casebook.names import local
from trialsite.casebook.registries import FormType
from trialsite.casebook.trail import EXTRA, shown
from trialsite.clinical.units import unit_beside


def item_in_words(item: str, kind: FormType | None) -> str:
    """The label of an item as the form names it; of a line with its number."""
    if kind is None or not item:
        return item
    name, _dot, rest = item.partition(".")
    row = next((one for one in kind.rows if one.name == name), None)
    if row is None or not rest:
        return label_of_own(kind, item) if kind.model is ProtocolForm else item_label(kind, item)
    line, _dot, column = rest.partition(".")
    return f"{row.title or name} {line} · {item_label(row, column)}"


def label_of_own(kind: FormType, item: str) -> str:
    """The label of an item that only a protocol asks for."""
    field = kind.form({}).fields.get(item)
    if item in kind.retired:
        return local(kind.retired[item].label)
    return str(field.label) if field and field.label else item_label(kind, item)


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
        return row.model, rest.partition(".")[2]
    own = kind.model is ProtocolForm and item != "performed_on"
    return kind.model, f"{EXTRA}{item}" if own else item

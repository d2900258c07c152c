"""The base of every form: fields from the model's items, in paper order, each with a reason when it is empty.

A room's form names its model and its sections:

    class VitalSignsForm(CasebookForm):
        model = VitalSigns
        sections = (Section(_("Measurements"), "performed_on", "weight", "height"),)

Forms check shape only; rules live in `domain/` and run in the services.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.core.validators import BaseValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .formfields import (
    MISSING_REASONS,
    NOTHING_CHOSEN,
    DateFormField,
    DateInput,
    DateTimeFormField,
    PartialDateFormField,
    QuantityFormField,
    TimeFormField,
    TimeInput,
)
from .free_text import identifier_sentence
from .values import PartialDateItem, QuantityItem

MISSING_PREFIX = "missing__"
HIGHEST_SCORE = 10  # up to here the range of a whole number is said beside it: a score, stage or grade
CHOICE_PREFIX = "choice__"  # whose answer stands where two people changed a form
NOT_TYPED = {"csrfmiddlewaretoken", "press", "merge_version", "draft_version", "window", "window_step"}


class Section:
    """A titled group of items in paper order."""

    def __init__(self, title: Any, *items: str) -> None:
        self.title = title
        self.items = items


def item_field(model: type[models.Model], item: str) -> forms.Field:
    """The form field of one item of a model, column or composite."""
    composite: Any = getattr(model, "composites", {}).get(item)
    if isinstance(composite, QuantityItem):
        return QuantityFormField(
            composite.analyte,
            label=composite.label,
            help_text=composite.help_text,
            required=composite.required,
        )
    if isinstance(composite, PartialDateItem):
        return PartialDateFormField(
            label=composite.label, about=composite.help_text, required=composite.required
        )
    field = column_field(model, item)
    field.unit = getattr(model, "item_units", {}).get(item, "")  # type: ignore[attr-defined]
    return field


def column_field(model: type[models.Model], item: str) -> forms.Field:
    """The form field of an item that is one column."""
    column: Any = model._meta.get_field(item)
    if isinstance(column, models.DateField) and not isinstance(column, models.DateTimeField):
        return taken(column.formfield(form_class=DateFormField, widget=DateInput()), item)
    if isinstance(column, models.DateTimeField):
        return taken(column.formfield(form_class=DateTimeFormField), item)
    if isinstance(column, models.TimeField):
        return taken(column.formfield(form_class=TimeFormField, widget=TimeInput()), item)
    if isinstance(column, models.BooleanField) and column.null:
        return forms.TypedChoiceField(
            label=capfirst(column.verbose_name),
            help_text=column.help_text,
            choices=[("yes", _("Yes")), ("no", _("No"))],
            coerce=lambda answer: answer == "yes",
            empty_value=None,
            required=not column.blank,
            widget=forms.RadioSelect,
        )
    field = taken(column.formfield(), item)
    if isinstance(column, models.TextField):
        field.widget = forms.Textarea(attrs={"rows": 3})
    if isinstance(field, forms.TypedChoiceField):
        offered: Any = list(field.choices)  # type: ignore[arg-type]  # 0 is an answer
        field.choices = [(code, NOTHING_CHOSEN if code in ("", None) else label) for code, label in offered]
    if isinstance(field, forms.IntegerField):
        field.limits = limits_of(column)  # type: ignore[attr-defined]
    return field


def limits_of(column: models.Field) -> str:
    """The range of a score, stage or grade in words; "" for other whole numbers."""
    ends = {type(one): one.limit_value for one in column.validators if isinstance(one, BaseValidator)}
    low, high = ends.get(MinValueValidator), ends.get(MaxValueValidator)
    return (
        gettext("%(low)s to %(high)s") % {"low": low, "high": high} if high and high <= HIGHEST_SCORE else ""
    )


def taken(field: forms.Field | None, item: str) -> forms.Field:
    """A column's form field; a column that cannot be typed is an error of the programmer."""
    if field is None:
        raise TypeError(f"The item {item} cannot be typed.")
    return field


def shown(value: Any) -> Any:
    """A stored value as the form shows it; a tri-state answer is yes, no or nothing."""
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


def choices_of(field: Any) -> list[tuple[Any, Any]]:
    """The choices of a form field, those in groups too."""
    flat: list[tuple[Any, Any]] = []
    for code, label in getattr(field, "choices", ()):
        flat += label if isinstance(label, (list, tuple)) else [(code, label)]
    return flat


class ItemForm(forms.Form):
    """Fields taken from the items of a model."""

    model: ClassVar[type[models.Model]]

    def add_items(self, items: Iterable[str]) -> None:
        for item in items:
            self.fields[item] = styled(item_field(self.model, item))

    def clean(self) -> dict[str, Any]:
        """Free text with an identifier of a person is said at its item, whatever else is wrong."""
        cleaned = super().clean() or self.cleaned_data
        for item, value in list(cleaned.items()):
            if sentence := identifier_sentence(value):
                self.add_error(item, sentence)
        return cleaned

    def values(self) -> dict[str, Any]:
        """Item → cleaned value; columns that may not be null get their empty value."""
        return {
            item: self.cleaned_data.get(item) for item in self.fields if not item.startswith(MISSING_PREFIX)
        }


def styled(field: forms.Field) -> forms.Field:
    """Bootstrap's class for the kind of input."""
    widget = field.widget
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        pass  # Django puts the class of these on the box around the choices
    elif isinstance(widget, forms.CheckboxInput):
        widget.attrs.setdefault("class", "form-check-input")
    elif isinstance(widget, forms.Select):
        widget.attrs.setdefault("class", "form-select")
    elif not isinstance(widget, forms.MultiWidget):
        widget.attrs.setdefault("class", "form-control")
    return field


def is_remark(field: forms.Field) -> bool:
    """Whether a field is optional free text: nobody asks why a comment is empty."""
    return type(field) is forms.CharField and not field.required


class CasebookForm(ItemForm):
    """One page of the casebook."""

    sections: ClassVar[tuple[Section, ...]] = ()
    labels: ClassVar[Mapping[str, Any]] = {}  # where this page calls an item otherwise than its model
    helper_shows_errors = True  # a draft is shown as typed: nothing is wrong before it is submitted

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for section in self.get_sections():
            self.add_items(section.items)
        for item, label in self.labels.items():
            self.fields[item].label = label
        for item, field in list(self.fields.items()):
            if item != "performed_on" and not is_remark(field):
                self.add_missing(item, field)
        if "performed_on" in self.fields:
            self.fields["performed_on"].required = True

    def get_sections(self) -> tuple[Section, ...]:
        return self.sections

    def for_subject(self, subject: Any, record: Any) -> None:
        """Fit the page to a subject (the phases of its arm, say); called once, before the page is shown or read."""

    def add_missing(self, item: str, field: forms.Field) -> None:
        """Offer "not done", "not applicable", "unknown" beside the item; a required item needs value or reason."""
        name = f"{MISSING_PREFIX}{item}"
        self.fields[name] = styled(
            forms.ChoiceField(choices=MISSING_REASONS, required=False, label=_("Why empty"))
        )
        field.wanted = field.required  # type: ignore[attr-defined]
        field.required = False
        field.missing_name = name  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for item, field in self.fields.items():
            if item in self.errors or not hasattr(field, "missing_name"):
                continue
            empty = cleaned.get(item) in (None, "", [])
            reason = cleaned.get(field.missing_name)
            if getattr(field, "wanted", False) and empty and not reason:
                self.add_error(item, _("Enter a value, or choose why there is none."))
            if not empty and reason:
                self.add_error(item, _("There is a value and a reason for having none: keep one of them."))
        return cleaned

    def missing(self) -> dict[str, str]:
        """Item → why it is empty."""
        return {
            name.removeprefix(MISSING_PREFIX): reason
            for name, reason in self.cleaned_data.items()
            if name.startswith(MISSING_PREFIX) and reason
        }

    @classmethod
    def initial_of(cls, record: Any) -> dict[str, Any]:
        """What the form shows for a saved record."""
        items = [item for section in cls.sections for item in section.items]
        initial = {item: shown(getattr(record, item)) for item in items}
        return initial | {f"{MISSING_PREFIX}{item}": why for item, why in record.missing.items()}

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        helper.form_show_errors = self.helper_shows_errors
        helper.layout = Layout(
            *(Fieldset(str(section.title), *section.items) for section in self.get_sections())
        )
        return helper


class RowForm(ItemForm):
    """One repeating line of a form."""

    items: ClassVar[tuple[str, ...]] = ()
    line = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.add_items(self.items)

    def is_empty(self) -> bool:
        """Whether nothing was typed in this line."""
        return not any(
            value not in (None, "", [])
            for item, value in self.cleaned_data.items()
            if item not in self.prefilled() and item != "line"
        )

    @classmethod
    def labels_of_own(cls) -> dict[str, str]:
        """The label of each item that only a trial asks for."""
        return {}

    @classmethod
    def prefilled(cls) -> tuple[str, ...]:
        """Items that are filled before anybody types (a printed list of analytes, say)."""
        return ()

    @classmethod
    def initial_of(cls, row: Any) -> dict[str, Any]:
        return {"line": row.line} | {item: shown(getattr(row, item)) for item in cls.items}


def typed(data: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the browser's form, as a draft keeps it: name → list of strings."""
    values = data.lists() if hasattr(data, "lists") else ((k, [v]) for k, v in data.items())
    return {
        name: list(texts)
        for name, texts in values
        if name not in NOT_TYPED and not name.startswith(CHOICE_PREFIX)
    }

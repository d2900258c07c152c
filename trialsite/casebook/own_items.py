"""The items that only a protocol asks for: their fields, and the pages that have them."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.clinical.units import unit_label
from trialsite.studies.domain.protocol import GroupPlan, ItemPlan, ProtocolFormPlan

from .formfields import NOTHING_CHOSEN, DateFormField, PartialDateFormField, QuantityFormField, TimeFormField
from .forms import CasebookForm, RowForm, Section, styled
from .kept_values import read
from .models import ProtocolForm, ProtocolLine
from .own_rules import asked, condition_words


class CodesFormField(forms.MultipleChoiceField):
    """Several answers of a list; by API their codes in one text, "FEVER,RASH"."""

    def to_python(self, value: Any) -> list[str]:
        texts = value if isinstance(value, (list, tuple)) else [value or ""]
        return [code.strip() for text in texts for code in str(text).split(",") if code.strip()]


def own_field(item: ItemPlan, language: str) -> forms.Field:
    """The form field of an item that a protocol file declares."""
    label, required = item.label.in_language(language), item.required
    options: dict[str, Any] = {"label": label, "required": required}
    choices = [(one.code, one.label.in_language(language)) for one in item.choices]
    match item.type:
        case "integer":
            field: forms.Field = forms.IntegerField(**options)
        case "decimal":
            field = forms.DecimalField(**options)
        case "quantity":
            field = QuantityFormField(item.analyte, **options)
        case "date":
            field = DateFormField(**options)
        case "partial_date":
            field = PartialDateFormField(label=label, required=required)
        case "time":
            field = TimeFormField(**options)
        case "choice":
            field = forms.ChoiceField(choices=[("", NOTHING_CHOSEN), *choices], **options)
        case "choices":
            field = CodesFormField(choices=choices, widget=forms.CheckboxSelectMultiple, **options)
        case "yes_no":
            answers = [("yes", _("Yes")), ("no", _("No"))]
            field = forms.ChoiceField(choices=answers, widget=forms.RadioSelect, **options)
        case _:
            field = forms.CharField(max_length=500, **options)
    if item.type != "quantity":
        field.unit = unit_label(item.unit)  # type: ignore[attr-defined]
    if item.help is not None:
        field.help_text = item.help.in_language(language)
    return styled(field)


class OwnItems(CasebookForm):
    """A page with the items of a trial, behind those of the form where it is one of every trial."""

    plan: ClassVar[ProtocolFormPlan]

    @property
    def language(self) -> str:
        return get_language() or "en"

    def get_sections(self) -> tuple[Section, ...]:
        title, keys = self.plan.title.in_language(self.language), [item.key for item in self.plan.items]
        if self.model is ProtocolForm:
            return (Section(title, "performed_on", *keys),)
        return (*super().get_sections(), Section(title, *keys))

    def add_items(self, items: Iterable[str]) -> None:
        planned = {item.key: item for item in self.plan.items}
        for key in items:
            if key in planned:
                self.fields[key] = own_field(planned[key], self.language)
                self.say_condition(planned[key])
            else:
                super().add_items([key])

    def say_condition(self, item: ItemPlan) -> None:
        """Say beside an item when it is asked at all; the page hides it until then where it can."""
        if item.show_when is None:
            return
        field: Any = self.fields[item.key]
        field.show_when = item.show_when
        only = _("asked only if %(condition)s") % {"condition": condition_words(item.show_when, self.plan)}
        field.help_text = f"{field.help_text}; {only}" if field.help_text else only

    def clean(self) -> dict[str, Any]:
        """An item that is not asked needs neither value nor reason."""
        for item in self.plan.items:
            if not asked(item, self.cleaned_data, self.plan):
                self.fields[item.key].wanted = False  # type: ignore[attr-defined]
        return super().clean()

    @classmethod
    def initial_of(cls, record: Any) -> dict[str, Any]:
        base = (
            {"performed_on": record.performed_on} if cls.model is ProtocolForm else super().initial_of(record)
        )
        own = {item.key: read(item, record.extra.get(item.key)) for item in cls.plan.items}
        return base | own | {f"missing__{item}": why for item, why in record.missing.items()}

    def for_subject(self, subject: Any, record: Any) -> None:
        """A form that was entered before the version asked for an item does not require it; an answer that is no
        longer offered can stay."""
        super().for_subject(subject, record)
        if record is None:
            return
        entered = [plan for plan in record.protocol_version.protocol.forms if plan.key == self.plan.key]
        known = {item.key for plan in entered for item in plan.items}
        for item in self.plan.items:
            field: Any = self.fields[item.key]
            if item.key not in known and (entered or self.model is not ProtocolForm):
                field.wanted = False
            kept = record.extra.get(item.key)
            for code in kept if isinstance(kept, list) else [kept]:
                if item.choices and code and code not in {one.code for one in item.choices}:
                    field.choices = [*field.choices, (code, self.label_of_choice(subject, item, code))]

    def label_of_choice(self, subject: Any, item: Any, code: str) -> str:
        """An answer as the last version that offered it calls it."""
        from .versions import form_plans

        protocol = subject.protocol_version.protocol
        choices = [
            one
            for plan in form_plans(protocol, self.plan.key)
            for known in plan.items
            if known.key == item.key
            for one in known.choices
            if one.code == code
        ]
        return choices[0].label.in_language(self.language) if choices else code


class ProtocolPage(CasebookForm):
    """The bare page of a form that only a trial has."""

    model = ProtocolForm


def page_with(plan: ProtocolFormPlan, base: type[CasebookForm] = ProtocolPage) -> type[CasebookForm]:
    """A page with the items of a plan, with the same constructor as every other page."""
    return type("Page", (OwnItems, base), {"plan": plan, "model": base.model})


class OwnLine(RowForm):
    """One line of a group of a trial's own form."""

    model = ProtocolLine
    group: ClassVar[GroupPlan]

    def add_items(self, items: Iterable[str]) -> None:
        for item in self.group.items:
            self.fields[item.key] = own_field(item, get_language() or "en")
            self.fields[item.key].required = False

    def clean(self) -> dict[str, Any]:
        """What is required of a line is required of one in which something was typed."""
        cleaned = super().clean() or self.cleaned_data
        if not self.is_empty():
            for item in self.group.items:
                if item.required and item.key not in self.errors and cleaned.get(item.key) in (None, "", []):
                    self.add_error(item.key, _("Enter a value: this line needs one."))
        return cleaned

    @classmethod
    def labels_of_own(cls) -> dict[str, str]:
        """The label of each item, in the reader's language."""
        return {item.key: item.label.in_language(get_language() or "en") for item in cls.group.items}

    @classmethod
    def initial_of(cls, row: Any) -> dict[str, Any]:
        return {"line": row.line} | {
            item.key: read(item, row.extra.get(item.key)) for item in cls.group.items
        }

    @classmethod
    def display(cls, row: Any, key: str) -> Any:
        """A saved value of a line as people read it."""
        from .no_longer_asked import answer_words

        plan = next(item for item in cls.group.items if item.key == key)
        return answer_words(row.extra.get(key), plan, unit=False)


def line_page(group: GroupPlan) -> type[RowForm]:
    """The form of one line of a group."""
    keys = tuple(item.key for item in group.items)
    return type("Line", (OwnLine,), {"group": group, "items": keys})

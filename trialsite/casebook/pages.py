"""One form as a page: the form, its lines, and the way from what was typed to what a service takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .forms import CasebookForm, RowForm
from .models import MissedReason, ProtocolForm
from .registries import Derived, RowType
from .selectors import current_records, rows_of
from .slots import OpenSlot
from .values import trimmed

REASONS = [
    ("", "—"),
    ("typing error", _("Typing error")),
    ("source corrected", _("The source was corrected")),
    ("new information", _("New information")),
    ("answer to a query", _("Answer to a query")),
    ("other", _("Other: say what")),
]


class ReasonForm(forms.Form):
    """Why a record changes: one key from a list, free text only for "other"."""

    reason = forms.ChoiceField(choices=REASONS, required=False, label=_("Reason for change"))
    reason_text = forms.CharField(max_length=300, required=False, label=_("In your words"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("reason") == "other" and not cleaned.get("reason_text", "").strip():
            self.add_error("reason_text", _("Say in your words why."))
        return cleaned

    @property
    def words(self) -> str:
        """The reason as the trail keeps it."""
        chosen = self.cleaned_data.get("reason", "")
        return self.cleaned_data["reason_text"].strip() if chosen == "other" else chosen


class NotDoneForm(forms.Form):
    """Why a planned visit was not done: one reason from a list, words where they add to it."""

    reason = forms.ChoiceField(
        choices=MissedReason.choices, widget=forms.RadioSelect, label=_("Why was it not done?")
    )
    text = forms.CharField(
        max_length=300,
        required=False,
        label=_("In your words"),
        help_text=_("required when you choose Other"),
    )


@dataclass(frozen=True)
class LineTable:
    """The saved lines of one kind: their columns, and beside each line what was worked out from it."""

    title: Any
    labels: list[Any]
    added: list[str]
    lines: list[tuple[list[str], list[Derived | None]]]


class EntryPage:
    """The form of one slot, blank, saved, or as somebody typed it."""

    def __init__(self, opened: OpenSlot, typed: Any = None) -> None:
        self.kind = kind = opened.kind
        self.subject = opened.subject
        self.record = opened.record
        self.data = as_query(typed) if typed is not None else None
        self.form: CasebookForm = kind.form(self.data, initial=self.initial())
        self.form.for_subject(opened.subject, opened.record)
        lines = rows_of(kind, opened.record) if opened.record else {}
        offered = kind.offer(opened.subject, opened.slot, opened.record) if kind.offer else {}
        self.lines = {
            row.name: self.formset(row, lines.get(row.name, []), offered.get(row.name, []))
            for row in kind.rows
        }
        self.titles = {row.name: row.title for row in kind.rows}
        self.reason = ReasonForm(self.data)

    def initial(self) -> dict[str, Any]:
        if self.record is None:
            return {}
        if isinstance(self.record, ProtocolForm):
            return self.kind.form({}).initial_from(self.record)  # type: ignore[attr-defined]
        return self.kind.form.initial_of(self.record)

    def formset(self, row: RowType, lines: list[Any], offered: list[dict[str, Any]]) -> Any:
        initial = [row.form.initial_of(line) for line in lines] + offered or blank_lines(row)
        factory = forms.formset_factory(row.form, extra=row.blank_lines, max_num=200)
        return factory(self.data, prefix=row.name, initial=initial)

    def show_previous(self) -> None:
        """Put the last value of each item, from an earlier form of the same kind, beside its field."""
        if self.kind.continuous or self.kind.model is ProtocolForm:
            return
        earlier = current_records(self.kind.model, [self.subject.pk]).filter(form_key=self.kind.key)
        if self.record is not None:
            earlier = (
                earlier.filter(performed_on__lt=self.record.performed_on)
                if self.record.performed_on
                else earlier.none()
            )
        last = earlier.order_by("-performed_on").first()
        if last is None:
            return
        for item, field in self.form.fields.items():
            value = getattr(last, item, None)
            if item != "performed_on" and value not in (None, ""):
                display = getattr(last, f"get_{item}_display", lambda value=value: value)()
                field.previous = words(display)  # type: ignore[attr-defined]
                field.previous_on = last.performed_on  # type: ignore[attr-defined]

    def tables(self) -> list[LineTable]:
        """The saved lines of each kind in words, with what was worked out from them."""
        found = rows_of(self.kind, self.record)
        return [
            line_table(row, self.lines[row.name], found[row.name], self.derived) for row in self.kind.rows
        ]

    def of_the_form(self) -> list[Derived]:
        """What was worked out from the form as a whole."""
        return [one for one in self.derived if not one.line]

    @cached_property
    def derived(self) -> tuple[Derived, ...]:
        """Everything that is worked out from the saved form."""
        return tuple(self.kind.derived(self.record)) if self.kind.derived and self.record else ()

    def valid(self) -> bool:
        """Whether the shape is right; every problem stands at its field."""
        checks = [self.form.is_valid(), self.reason.is_valid()] + [
            lines.is_valid() for lines in self.lines.values()
        ]
        return all(checks)

    def values(self) -> dict[str, Any]:
        return self.form.values()

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """The lines in which something was typed."""
        return {
            name: [form.values() for form in lines.forms if form.cleaned_data and not form.is_empty()]
            for name, lines in self.lines.items()
        }

    def missing(self) -> dict[str, str]:
        return self.form.missing()

    def add_errors(self, messages: Mapping[str, str]) -> None:
        """Place the sentences of a service at their items: "weight", or "results.2.value" for a line."""
        for item, sentence in messages.items():
            kind, _dot, rest = item.partition(".")
            if kind in self.lines and rest:
                index, _dot, field = rest.partition(".")
                self.filled_lines(kind)[int(index)].add_error(field, sentence)
            elif item == "reason_for_change":
                self.reason.add_error("reason_text", sentence)
            else:
                self.form.add_error(item if item in self.form.fields else None, sentence)

    def filled_lines(self, name: str) -> list[RowForm]:
        return [form for form in self.lines[name].forms if form.cleaned_data and not form.is_empty()]


def blank_lines(row: RowType) -> list[dict[str, Any]]:
    """Lines that are printed before anybody types, as the row's form offers them."""
    offer = getattr(row.form, "offered", None)
    return offer() if offer else []


def line_table(row: RowType, formset: Any, lines: list[Any], derived: Iterable[Derived]) -> LineTable:
    """Saved lines in words; each kind of derived value that concerns them is a further column."""
    by_line = {(one.line, str(one.label)): one for one in derived if one.line}
    own = {str(line.pk) for line in lines}
    added = list(dict.fromkeys(label for line, label in by_line if line in own))
    return LineTable(
        title=row.title,
        labels=[field.label for field in formset.empty_form.visible_fields()],
        added=added,
        lines=[
            (
                [words(display_of(line, item)) for item in row.form.items],
                [by_line.get((str(line.pk), label)) for label in added],
            )
            for line in lines
        ],
    )


def display_of(line: Any, item: str) -> Any:
    """The value of an item as people read it: the label of a code, otherwise the value."""
    display = getattr(line, f"get_{item}_display", None)
    return display() if display else getattr(line, item)


def as_query(typed: Any) -> QueryDict:
    """What was typed (a request's POST, or a draft's name → texts) as form data."""
    if isinstance(typed, QueryDict):
        return typed
    query = QueryDict(mutable=True)
    for name, texts in typed.items():
        query.setlist(name, texts)
    return query


def words(value: Any) -> str:
    """A value in one short text: quantity with unit, partial date as entered, yes or no."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, Decimal):
        return f"{trimmed(value)}"
    if hasattr(value, "comparator") and hasattr(value, "unit"):
        from trialsite.clinical.units import unit_label

        return f"{value.text} {unit_label(value.unit)}".strip()
    return str(getattr(value, "text", value))

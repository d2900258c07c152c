"""One form as a page: the form, its lines, and the way from what was typed to what a service takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.clinical.units import unit_beside

from .forms import CasebookForm, RowForm
from .models import MissedReason, ProtocolForm
from .reasons import ChangeReason, MoveReason, joined
from .registries import Derived, RowType
from .selectors import current_records, rows_of
from .slots import OpenSlot
from .values import trimmed


class ReasonForm(forms.Form):
    """Why a record changes: one key from a list, free text for "other" and for critical items."""

    reason = forms.ChoiceField(
        choices=[("", "—"), *ChangeReason.choices], required=False, label=_("Reason for change")
    )
    reason_text = forms.CharField(
        max_length=300,
        required=False,
        label=_("In your words"),
        help_text=_("required for Other, and when a critical item changes"),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].wanted = True  # type: ignore[attr-defined]  # the service asks for it

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("reason") == "other" and not cleaned.get("reason_text", "").strip():
            self.add_error("reason_text", _("Say in your words why."))
        return cleaned

    @property
    def words(self) -> str:
        """The reason as the trail keeps it; words without a choice are no reason."""
        chosen = self.cleaned_data.get("reason", "")
        return joined(chosen, self.cleaned_data["reason_text"]) if chosen else ""


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


class MoveForm(forms.Form):
    """Why a form goes to another subject: one reason from a list, words where they add to it."""

    why = forms.ChoiceField(
        choices=MoveReason.choices,
        widget=forms.RadioSelect,
        label=_("Why does it stand with the wrong subject?"),
    )
    text = forms.CharField(
        max_length=300,
        required=False,
        label=_("In your words"),
        help_text=_("required when you choose Other"),
    )


LONG_NUMBER, THIN_SPACE = 10_000, "\u202f"  # 1 392 425 cells


@dataclass(frozen=True)
class LineTable:
    """The saved lines of one kind: their columns, and beside each line what was worked out from it."""

    title: Any
    labels: list[Any]
    added: list[str]
    lines: list[tuple[list[str], list[Derived | None]]]


@dataclass(frozen=True)
class Problem:
    """What is wrong at one field: the id of its first control ("" where it has none), its label, the sentences."""

    field_id: str
    label: str
    sentences: list[str]


def problems_in(form: forms.BaseForm, line: str = "") -> list[Problem]:
    """What is wrong on a form; `line` names the repeating line that it is."""
    whole = form.non_field_errors()
    found = [Problem("", line, list(map(str, whole)))] if whole else []
    for field in form:
        if field.errors and not field.is_hidden:
            label = " · ".join(filter(None, (line, str(field.label))))
            at = field.id_for_label or f"{field.auto_id}_0"
            found.append(Problem(at, label, list(map(str, field.errors))))
    return found


class EntryPage:
    """The form of one slot, blank, saved, or as somebody typed it."""

    def __init__(self, opened: OpenSlot, typed: Any = None) -> None:
        self.kind = kind = opened.kind
        self.subject = opened.subject
        self.record = opened.record
        self.visit = opened.visit
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
        own = "change" if "reason" in self.form.fields else None  # beside an item of that name
        self.reason = ReasonForm(self.data, prefix=own)

    def initial(self) -> dict[str, Any]:
        if self.record is None:
            added = self.visit.added_for if self.visit else None
            return {"performed_on": added} if added else {}
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
        day = self.day()
        if day is not None:
            earlier = earlier.filter(performed_on__lt=day)
        elif self.record is not None:
            earlier = earlier.none()
        last = earlier.order_by("-performed_on").first()
        if last is None:
            return
        for item, field in self.form.fields.items():
            value = None if item in self.kind.own else getattr(last, item, None)
            if item != "performed_on" and value not in (None, ""):
                field.previous = with_unit(display_of(last, item), field)  # type: ignore[attr-defined]
                field.previous_on = last.performed_on  # type: ignore[attr-defined]

    def day(self) -> date | None:
        """The day the form is about, as typed where that is a day, else as saved: edit checks look back from it too."""
        typed = getattr(self.form, "cleaned_data", {}).get("performed_on")
        saved = self.record.performed_on if self.record is not None else None
        return typed if isinstance(typed, date) else saved

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

    def label_of(self, item: str) -> str:
        """The label of an item ("weight", or "results.2.value" of the third line typed)."""
        kind, _dot, rest = item.partition(".")
        if kind in self.lines and rest:
            index, _dot, field = rest.partition(".")
            line = self.filled_lines(kind)[int(index)]
            return f"{self.titles[kind]} {int(index) + 1} · {line.fields[field].label if field else ''}"
        return str(self.form.fields[item].label) if item in self.form.fields else item

    def name_of(self, item: str) -> str:
        """The name of an item's field: "weight", or "results-4-value" where that line was typed."""
        kind, _dot, rest = item.partition(".")
        if kind in self.lines and rest:
            index, _dot, field = rest.partition(".")
            return self.filled_lines(kind)[int(index)].add_prefix(field)
        return item

    def field_id_of(self, item: str) -> str:
        """The id of the first input of an item's field, to which a link leads."""
        name = self.name_of(item)
        field = self.form.fields.get(item)
        several = isinstance(field.widget, forms.MultiWidget) if field else False
        return f"id_{name}_0" if several else f"id_{name}"

    def valid(self) -> bool:
        """Whether the shape is right; every problem stands at its field."""
        return all([self.answers_valid(), self.reason.is_valid()])

    def answers_valid(self) -> bool:
        """Whether the answers can be read, whatever the reason says."""
        return all([self.form.is_valid(), *(lines.is_valid() for lines in self.lines.values())])

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
        """Place the sentences of a service: at the reason, at items ("weight", or "results.2.value" of a line)."""
        for item, sentence in messages.items():
            kind, _dot, rest = item.partition(".")
            if item in self.reason.fields:
                self.reason.add_error(item, sentence)
            elif kind in self.lines and rest:
                index, _dot, field = rest.partition(".")
                self.filled_lines(kind)[int(index)].add_error(field, sentence)
            else:
                self.form.add_error(item if item in self.form.fields else None, sentence)

    def problems(self) -> list[Problem]:
        """Everything that is wrong on the page in its order: where, of which item, the sentences."""
        found = problems_in(self.form)
        for name, lines in self.lines.items():
            if whole := lines.non_form_errors():
                found.append(Problem("", str(self.titles[name]), list(map(str, whole))))
            for number, line in enumerate(lines.forms, start=1):
                found += problems_in(line, f"{self.titles[name]} {number}")
        return found + (problems_in(self.reason) if self.record else [])

    def filled_lines(self, name: str) -> list[RowForm]:
        return [form for form in self.lines[name].forms if form.cleaned_data and not form.is_empty()]


def blank_lines(row: RowType) -> list[dict[str, Any]]:
    """Lines that are printed before anybody types, as the row's form offers them."""
    offer = getattr(row.form, "offered", None)
    return offer() if offer else []


def line_table(row: RowType, formset: Any, lines: list[Any], derived: Iterable[Derived]) -> LineTable:
    """Saved lines in words; each kind of derived value that concerns them is a further column."""
    by_line = {(one.line, str(one.label)): one for one in derived if one.line}
    own, fields = {str(line.pk) for line in lines}, formset.empty_form.fields
    display = getattr(row.form, "display", display_of)
    added = list(dict.fromkeys(label for line, label in by_line if line in own))
    return LineTable(
        title=row.title,
        labels=[field.label for field in formset.empty_form.visible_fields()],
        added=added,
        lines=[
            (
                [with_unit(display(line, item), fields[item]) for item in row.form.items],
                [by_line.get((str(line.pk), label)) for label in added],
            )
            for line in lines
        ],
    )


def display_of(line: Any, item: str) -> Any:
    """The value of an item as people read it: the label of a code, otherwise the value."""
    value = getattr(line, item)
    display = getattr(line, f"get_{item}_display", None)
    return display() if display and value != "" else value


def with_unit(value: Any, field: forms.Field) -> str:
    """A value in words with the unit that stands beside its field."""
    return f"{shown} {getattr(field, 'unit', '')}".strip() if (shown := words(value)) else ""


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
    if isinstance(value, int) and value >= LONG_NUMBER:
        return f"{value:,}".replace(",", THIN_SPACE)
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Decimal):
        return f"{trimmed(value)}"
    if hasattr(value, "comparator") and hasattr(value, "unit"):
        return f"{value.text} {unit_beside(value.unit)}".strip()
    return str(getattr(value, "text", value))

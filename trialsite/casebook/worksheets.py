"""Blank worksheets: every form of a visit on paper, in both languages, for days on which the system cannot be used.

Made from the same forms as the screens, so that paper and screen ask the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms as fields
from django.utils import translation

from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import ProtocolVersion, Study

from .form_types import form_type
from .formfields import QuantityFormField
from .forms import MISSING_PREFIX, choices_of
from .models import LOG, Subject
from .names import visit_title
from .pages import blank_lines
from .registries import FormType, RowType, forms
from .slots import Slot

LANGUAGES = ("en", "zh-hans")
BLANK_LINES = 4  # of a table without printed lines


@dataclass(frozen=True)
class Words:
    """A text in both languages."""

    en: str
    zh: str

    @property
    def both(self) -> str:
        return self.en if self.en == self.zh else f"{self.en} {self.zh}".strip()


@dataclass(frozen=True)
class BlankItem:
    """One item to be written: its label, the codes to tick, units to choose from, what is to be written."""

    label: Words
    choices: tuple[Words, ...] = ()
    units: str = ""
    hint: str = ""
    required: bool = False


@dataclass(frozen=True)
class BlankTable:
    """Repeating lines: columns, and the lines with what is printed in them."""

    title: Words
    columns: tuple[BlankItem, ...]
    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class BlankForm:
    """One form on paper."""

    key: str
    title: Words
    sections: tuple[tuple[Words, tuple[BlankItem, ...]], ...]
    tables: tuple[BlankTable, ...]


@dataclass(frozen=True)
class BlankVisit:
    """One visit with its forms."""

    key: str
    title: Words
    forms: tuple[BlankForm, ...]


def keys_of_visits(protocol: Protocol) -> list[str]:
    """The visits of a protocol in its order, and the log."""
    return [*dict.fromkeys(plan.key for plan in protocol.visits), LOG]


def titles_of_visits(protocol: Protocol) -> list[tuple[str, str, int]]:
    """Key, name and number of forms of each visit, for the list of worksheets."""
    return [
        (key, visit_title(protocol, key), len(forms_at(protocol, key))) for key in keys_of_visits(protocol)
    ]


def forms_at(protocol: Protocol, visit: str) -> list[str]:
    """The keys of the forms that a visit asks for, or of those that stand in the log."""
    if visit == LOG:
        return [kind.key for kind in forms.values() if kind.continuous]
    asked = [one.form for plan in protocol.visits if plan.key == visit for one in plan.forms]
    return list(dict.fromkeys(asked))


def blank_visits(study: Study, version: ProtocolVersion, visits: Iterable[str]) -> list[BlankVisit]:
    """The worksheets of these visits; each form is described once."""
    subject = Subject(study=study, protocol_version=version)
    known: dict[str, BlankForm] = {}
    found = []
    for key in visits:
        for form in forms_at(version.protocol, key):
            if form not in known and form_type(form, subject) is not None:
                known[form] = blank_form(Slot(subject.pk, key, form), subject)
        sheets = tuple(known[form] for form in forms_at(version.protocol, key) if form in known)
        found.append(BlankVisit(key, in_both(lambda key=key: visit_title(version.protocol, key)), sheets))
    return found


def in_both(text: Any) -> Words:
    """What a function says in each language."""
    said = []
    for language in LANGUAGES:
        with translation.override(language):
            said.append(str(text()))
    return Words(*said)


def blank_form(slot: Slot, subject: Subject) -> BlankForm:
    """A form described in each language, and both descriptions laid together."""
    key, described = slot.form_key, []
    for language in LANGUAGES:
        with translation.override(language):
            kind = form_type(key, subject)
            assert kind is not None
            described.append((str(kind.title), sections_of(kind), tables_of(kind, slot, subject)))
    (title, sections, tables), (title_zh, sections_zh, tables_zh) = described
    return BlankForm(
        key,
        Words(title, title_zh),
        tuple(
            (Words(name, name_zh), together(items, items_zh))
            for (name, items), (name_zh, items_zh) in zip(sections, sections_zh, strict=True)
        ),
        tuple(
            BlankTable(Words(name, name_zh), together(columns, columns_zh), printed(lines, lines_zh))
            for (name, columns, lines), (name_zh, columns_zh, lines_zh) in zip(tables, tables_zh, strict=True)
        ),
    )


Item = tuple[str, tuple[str, ...], str, str, bool]  # label, choices, units, hint, required


def sections_of(kind: FormType) -> list[tuple[str, list[Item]]]:
    """The sections of a form with their items, in the language that is active."""
    form = kind.form({})
    return [
        (
            str(section.title),
            [item_of(form.fields[item]) for item in section.items if not item.startswith(MISSING_PREFIX)],
        )
        for section in form.get_sections()
    ]


def tables_of(kind: FormType, slot: Slot, subject: Subject) -> list[tuple[str, list[Item], list[list[str]]]]:
    """The repeating lines of a form: title, columns, and lines as they are printed before anybody writes."""
    offered = kind.offer(subject, slot, None) if kind.offer else {}
    found = []
    for row in kind.rows:
        blank = row.form()
        names = [name for name in blank.fields if name != "line"]
        found.append(
            (
                str(row.title or row.name),
                [item_of(blank.fields[name]) for name in names],
                lines_of(row, names, offered.get(row.name) or blank_lines(row)),
            )
        )
    return found


def lines_of(row: RowType, names: Sequence[str], offered: Sequence[dict[str, Any]]) -> list[list[str]]:
    """The offered lines in words, and empty ones after them."""
    blank = row.form()
    lines = [[printed_value(blank.fields[name], line.get(name)) for name in names] for line in offered]
    return lines + [[""] * len(names)] * (row.blank_lines if offered else BLANK_LINES)


def printed_value(field: fields.Field, value: Any) -> str:
    """A printed value: a code by its label."""
    return str(dict(choices_of(field)).get(value, value if isinstance(value, str) else ""))


def item_of(field: Any) -> Item:
    """An item in words."""
    units = ""
    choices = tuple(str(label) for code, label in choices_of(field) if code not in ("", None))
    if isinstance(field, QuantityFormField):
        units = " / ".join(str(label) for _code, label in field.widget.units)
    elif getattr(field, "unit", ""):
        units = str(field.unit)
    wanted = bool(field.required or getattr(field, "wanted", False))
    return str(field.label or ""), choices, units, hint_of(field), wanted


def hint_of(field: Any) -> str:
    """The shape of what is written: a range, a day, an instant."""
    if limits := getattr(field, "limits", ""):
        return str(limits)
    hint: str = getattr(field.widget, "attrs", {}).get("placeholder", "")
    return hint


def together(items: Sequence[Item], items_zh: Sequence[Item]) -> tuple[BlankItem, ...]:
    return tuple(
        BlankItem(
            Words(label, label_zh),
            tuple(Words(*pair) for pair in zip(choices, choices_zh, strict=True)),
            units,
            hint,
            required,
        )
        for (label, choices, units, hint, required), (label_zh, choices_zh, *_rest) in zip(
            items, items_zh, strict=True
        )
    )


def printed(lines: Sequence[Sequence[str]], lines_zh: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Printed lines in both languages."""
    return tuple(
        tuple(Words(*pair).both for pair in zip(line, line_zh, strict=True))
        for line, line_zh in zip(lines, lines_zh, strict=True)
    )

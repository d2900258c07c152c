"""What files call the fields of a page: as the page does, or with dots as the exports of this system do."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from trialsite.casebook.entry import texts_of
from trialsite.casebook.formfields import DateTimeFormField
from trialsite.casebook.forms import MISSING_PREFIX, choices_of
from trialsite.casebook.own_items import CodesFormField
from trialsite.casebook.pages import EntryPage
from trialsite.exchange.serializers import item_fields

# What a table of the raw export says of a form besides its items.
BOOKKEEPING = {
    "id", "subject", "subject_number", "study", "site", "visit", "visit_repeat", "form_key", "form_repeat", "state",
    "version", "protocol_version", "entered_at", "entered_from", "moved_to", "moved_from", "retired",
}  # fmt: skip
# Parts of an item beside its text and unit.
WORKED_OUT = {"comparator", "value", "canonical", "earliest", "latest"}
YES_NO = {"true": "yes", "false": "no"}


@dataclass
class Sent:
    """What is typed into a page: field → text; `columns`: which column of the file said so; `wrong`: why one cannot."""

    texts: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)


class Fields:
    """The fields of a page, or of one kind of its lines (a blank one), by their names within it.

    `asked`: the items for which such a page asks of anybody."""

    def __init__(self, form: forms.Form, model: type[Any], asked: Collection[str]) -> None:
        start = form.add_prefix("")
        self.names = {name.removeprefix(start) for name in texts_of(form)}
        self.fields = {bound.name: bound.field for bound in form}
        self.computed = set(item_fields(model)[0]) - set(asked)

    def named(self, column: str) -> str | None:
        """The field of a column; None where the system says such a thing itself. An unknown column is its own name."""
        item, _dot, part = column.partition(".")
        if column in self.names:
            return column
        if part == "unit" and f"{item}_unit" in self.names:
            return f"{item}_unit"
        if part == "text" and item in self.names:
            return item
        told = item in self.computed or column in BOOKKEEPING or (part in WORKED_OUT and item in self.names)
        return None if told else column

    def typed(self, cells: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Field, text and column of each cell that is typed. What has a value loses its reason for having none, and
        the other way round."""
        found = {}
        for column, text in spread(cells, self.names):
            if (name := self.named(column)) is not None:
                found[name] = self.as_typed(name, text), column
        for name in self.names:
            item = name.removeprefix(MISSING_PREFIX)
            if name != item and (name in found) != (item in found):
                absent, said = (name, item) if item in found else (item, name)
                found[absent] = "", found[said][1]
        yield from ((name, text, column) for name, (text, column) in found.items())

    def as_typed(self, name: str, text: str) -> str:
        """A text of an export as people type it: yes and no, an instant by the clock of the site, several codes."""
        one = self.fields.get(name)
        if text in YES_NO and {"yes", "no"} <= {code for code, _label in choices_of(one)}:
            return YES_NO[text]
        if isinstance(one, CodesFormField):
            return text.replace(";", ",")
        if isinstance(one, DateTimeFormField) and (at := instant(text)):
            return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
        return text


def spread(cells: Mapping[str, str], names: Collection[str]) -> Iterator[tuple[str, str]]:
    """The cells, with the reasons that a table keeps in one column ("ecog=NOT_DONE;weight=UNKNOWN") each by itself."""
    for column, text in cells.items():
        if column == "missing" and column not in names:
            yield from (
                (f"{MISSING_PREFIX}{item}", why)
                for item, _is, why in (one.partition("=") for one in text.split(";"))
            )
        else:
            yield column, text


def instant(text: str) -> datetime | None:
    """A moment with its offset from UTC; None where a text is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def fields_of(page: EntryPage) -> Fields:
    form = page.kind.form()
    asked = {item for section in form.get_sections() for item in section.items}
    return Fields(page.form, page.kind.model, asked)


def fields_of_lines(page: EntryPage, kind: str) -> Fields:
    """Those of one kind of the lines of a page. Raises StopIteration where it has none of this kind."""
    row = next(row for row in page.kind.rows if row.name == kind)
    return Fields(page.lines[kind].empty_form, row.model, row.form.items)


def sent_of(page: EntryPage, cells: Mapping[str, str]) -> Sent:
    """The columns of a table typed into a page; what it has no field for stays, for the page to refuse."""
    sent = Sent()
    for name, text, column in fields_of(page).typed(cells):
        sent.texts[name], sent.columns[name] = text, column
    return sent

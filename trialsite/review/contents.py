"""The content of a form as text, item by item: what is signed, compared and verified."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trialsite.casebook.form_types import form_type
from trialsite.casebook.items import values_of
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import read_once
from trialsite.casebook.registries import FormType
from trialsite.casebook.selectors import missed_visits, records_of, rows_of, standing_of_kind
from trialsite.casebook.slots import Slot

Content = dict[str, str]


def content_of(kind: FormType, record: Any) -> Content:
    """Every item with its value as text, items of lines by line number; empty items with why they are empty."""
    return content_from(record, rows_of(kind, record))


def content_from(record: Any, rows: Mapping[str, Iterable[Any]]) -> Content:
    found = texts_of(record)
    found |= {f"{item}!": str(why) for item, why in record.missing.items()}
    for name, lines in rows.items():
        for line in lines:
            found |= {f"{name}.{line.line}.{item}": text for item, text in texts_of(line).items()}
    return found


@dataclass(frozen=True)
class FormContent:
    """One form that stands, with what it says."""

    slot: Slot
    kind: FormType
    record: Any
    content: Content

    @property
    def visit(self) -> tuple[str, int]:
        return self.slot.visit_key, self.slot.visit_repeat


def contents_of(subject: Subject, visit: tuple[str, int] | None = None) -> list[FormContent]:
    """Every form of a subject that stands (of one visit, where it is named) with its content.

    One query finds the forms, one more reads each kind of form and of line; they are read once in a reading."""
    return read_once(("contents", subject.pk, visit), lambda: read_contents(subject, visit))


def read_contents(subject: Subject, visit: tuple[str, int] | None) -> list[FormContent]:
    by_form = defaultdict(list)
    for line in records_of(subject):
        if visit is None or (line.visit_key, line.visit_repeat) == visit:
            by_form[line.form_key].append(line.id)
    found = []
    for key, ids in by_form.items():
        kind = form_type(key, subject)
        assert kind is not None
        records = kind.model.objects.filter(pk__in=ids).select_related("visit")
        for record in records.prefetch_related(*(row.accessor for row in kind.rows)):
            record.subject = subject
            rows = {row.name: standing_of_kind(row, record) for row in kind.rows}
            found.append(FormContent(Slot.of_record(record), kind, record, content_from(record, rows)))
    return sorted(found, key=lambda one: (one.visit, one.slot.form_key, one.slot.form_repeat))


def content_of_visit(forms: Iterable[FormContent]) -> Content:
    """The content of the forms of one visit together: each item under its form ("VS.1/weight")."""
    return {
        f"{one.slot.form_key}.{one.slot.form_repeat}/{item}": text
        for one in forms
        for item, text in one.content.items()
    }


def content_of_casebook(subject: Subject, forms: Iterable[FormContent]) -> Content:
    """The content of every form, each item under visit and form ("SCR.1/VS.1/weight"), and the visits not done."""
    found = {
        f"{key}.{repeat}/": visit.missed_words for (key, repeat), visit in missed_visits(subject).items()
    }
    for one in forms:
        at = f"{one.slot.visit_key}.{one.slot.visit_repeat}"
        found |= {f"{at}/{item}": text for item, text in content_of_visit([one]).items()}
    return found


def texts_of(row: Any) -> Content:
    """The items of a record or line that have a value."""
    return {item: as_text(value) for item, value in values_of(row).items() if value not in (None, "")}


def as_text(value: Any) -> str:
    """A value as one text: a quantity as entered with its unit, a partial date as entered."""
    if hasattr(value, "comparator") and hasattr(value, "unit"):
        return f"{value.text} {value.unit}"
    return str(getattr(value, "text", value))


def digest_of(content: Content) -> str:
    """SHA-256 of the content in a form that does not depend on order."""
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def differences(before: Content, now: Content) -> list[tuple[str, str, str]]:
    """What differs: item, as it was, as it is."""
    items = sorted({*before, *now})
    return [
        (item, before.get(item, ""), now.get(item, "")) for item in items if before.get(item) != now.get(item)
    ]

"""The columns of the files of an import: one for each field of the page of a form, under the same name."""

import csv
import io
import zipfile
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from trialsite.casebook.entry import texts_of
from trialsite.casebook.form_types import form_type
from trialsite.casebook.formfields import (
    DateFormField,
    DateTimeFormField,
    PartialDateFormField,
    QuantityFormField,
)
from trialsite.casebook.forms import choices_of
from trialsite.casebook.models import Subject
from trialsite.casebook.pages import EntryPage
from trialsite.casebook.registries import FormType
from trialsite.casebook.registries import forms as known_forms
from trialsite.studies.models import Site, Study

from .paper_forms import PaperForm

SUBJECTS = "subjects.csv"
PLACE = ("subject", "visit", "visit_repeat", "form_repeat")
MANY = 12  # codes that are listed in full


def accepted_words(field: Any) -> str:
    """What may stand in a column, in short."""
    if field is None:
        return ""
    if codes := [str(code) for code, _label in choices_of(field) if code not in ("", None)]:
        return ", ".join(codes[:MANY]) + (" …" if len(codes) > MANY else "")
    if isinstance(field, DateTimeFormField):
        return "2026-03-05 14:30"
    if isinstance(field, PartialDateFormField):
        return "2026-03-05, 2026-03, 2026"
    if isinstance(field, DateFormField):
        return "2026-03-05"
    if isinstance(field, QuantityFormField):
        return ", ".join(str(label) for _code, label in field.widget.units)
    if isinstance(field, (forms.IntegerField, forms.DecimalField)):
        return _("a number")
    return ""


def field_named(page: EntryPage, column: str) -> Any:
    """The field of a page under the name of a column; None where there is none."""
    every = [page.form, *(line for lines in page.lines.values() for line in lines.forms)]
    for form in every:
        for bound in form:
            if column in (bound.html_name, f"{bound.html_name}_unit"):
                return bound.field
    return None


def forms_of(study: Study) -> list[FormType]:
    """The forms that a protocol plans, those of the log, and its own."""
    protocol = study.protocol
    planned = {one.form for plan in protocol.visits for one in plan.forms} | {
        one.key for one in protocol.forms
    }
    keys = [key for key, kind in known_forms.items() if key in planned or kind.continuous]
    keys += [one.key for one in protocol.forms]
    blank = Subject(study=study, protocol_version=study.current_version)
    return [kind for key in keys if (kind := form_type(key, blank)) is not None]


def fields_of(kind: FormType) -> Iterator[tuple[str, Any]]:
    """Name and field of each column of a form; of repeating lines those of the first line."""
    form = kind.form()
    yield from named(form)
    for row in kind.rows:
        line = row.form(prefix=f"{row.name}-0")
        yield from ((name, field) for name, field in named(line) if not name.endswith("-line"))


def named(form: forms.Form) -> Iterator[tuple[str, Any]]:
    owners = {bound.html_name: bound.field for bound in form}
    for name in texts_of(form):
        owner = max((one for one in owners if name.startswith(one)), key=len)
        yield name, owners[owner]


def blank_files(study: Study, sites: list[Site]) -> bytes:
    """A zip file with every file of an import, empty but for its columns, and columns.csv that explains them."""
    subjects = [(bound.html_name, bound.field) for bound in PaperForm(study=study, sites=sites)]
    tables = {SUBJECTS: subjects} | {f"{kind.key}.csv": list(fields_of(kind)) for kind in forms_of(study)}
    explained = [["file", "column", "label", "accepted"]]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, columns in tables.items():
            place = [] if name == SUBJECTS else list(PLACE)
            archive.writestr(name, as_csv([[*place, *(column for column, _field in columns)]]))
            explained += [[name, key, str(one.label or ""), accepted_words(one)] for key, one in columns]
        archive.writestr("columns.csv", as_csv(explained))
    return packed.getvalue()


def as_csv(lines: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return "\ufeff" + text.getvalue()

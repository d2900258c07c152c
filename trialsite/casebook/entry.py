"""Entering a form, on its page or by the API: the same fields under the same names, checked and submitted alike."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404
from django.utils.translation import gettext as _

from trialsite.access.models import User

from . import services
from .errors import CheckFailed, UnknownForm, UnknownVisit
from .merging import Merge
from .models import CasebookRecord, Subject
from .pages import EntryPage
from .slots import OpenSlot, Slot

Texts = dict[str, str]
Lines = dict[int, Texts]  # place on the page → name within the line → text
PLACE = "(0|[1-9][0-9]{0,2})"
WHOLE = "non_field_errors"  # what is wrong at no field of its own
# How many lines a page sends: counted here.
COUNTS = ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")


def locked_or_404(user: User, subject_id: UUID, visit: str, form: str) -> OpenSlot:
    """The slot of a submission, its subject locked until commit."""
    slot = Slot.parse(subject_id, visit, form)
    try:
        if slot is not None:
            return services.lock_slot(slot=slot, by=user)
    except (Subject.DoesNotExist, UnknownForm, UnknownVisit):
        pass
    raise Http404


def submit_typed(
    *,
    opened: OpenSlot,
    page: EntryPage,
    base_version: int,
    comments: Mapping[str, str],
    merge: Merge | None = None,
    draft_version: int | None = None,
    by: User,
) -> CasebookRecord:
    """Take what was typed, of valid shape, to the service; what it refuses stands at its field of the page too.

    Soft findings are asked about first, unless somebody has just merged. Raises what `submit_form` raises.
    """
    try:
        return services.submit_form(
            slot=opened,
            values=page.values(),
            rows=page.rows(),
            missing=page.missing(),
            base_version=base_version,
            merge=merge,
            draft_version=draft_version,
            by=by,
            reason=page.reason.words,
            comments=comments,
            ask_about_soft=merge is None,
        )
    except CheckFailed as refusal:
        concerning_comments = of_comments(refusal)
        page.add_errors({at: said for at, said in refusal.messages.items() if at not in concerning_comments})
        raise


def of_comments(refusal: CheckFailed) -> dict[str, str]:
    """The sentences of a refusal that concern what was said to soft findings."""
    return {at: said for at, said in refusal.messages.items() if at.startswith(services.COMMENT)}


def problems_of(page: EntryPage) -> dict[str, list[str]]:
    """What is wrong on a page that was typed: the sentences at each field, by its name."""
    found: dict[str, list[str]] = {}
    for form in (page.form, *(line for lines in page.lines.values() for line in lines.forms), page.reason):
        found |= {field.html_name: list(field.errors) for field in form if field.errors}
        if whole := form.non_field_errors():
            found[form.prefix or WHOLE] = list(whole)
    for name, lines in page.lines.items():
        if whole := lines.non_form_errors():
            found[name] = list(whole)
    return found


# Fields by their names


def texts_on(page: EntryPage) -> Texts:
    """Every field of a page with what stands in it, as a browser would send it."""
    found = texts_of(page.form)
    for lines in page.lines.values():
        for line in lines.forms:
            found |= texts_of(line)
    return found


def texts_of(form: forms.Form) -> Texts:
    return {
        name: text
        for field in form
        for name, text in texts_in(field.field.widget, field.html_name, field.value())
    }


def texts_in(widget: Any, name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The inputs of a widget, one or several, with their texts."""
    if isinstance(widget, forms.MultiWidget):
        endings: list[str] = widget.widgets_names  # type: ignore[attr-defined]
        parts = value if isinstance(value, list) else widget.decompress(value) or []
        for part, ending, text in zip(widget.widgets, endings, parts, strict=True):
            yield from texts_in(part, f"{name}{ending}", text)
        return
    text = widget.format_value(value)
    yield name, ",".join(text) if isinstance(text, list) else text or ""


def typed_over(page: EntryPage, sent: Mapping[str, Any]) -> Texts:
    """What a page would send once the fields `sent` were typed into it: what is not sent stays as it stands.

    A line that was saved is known by its number in `line`, a new one holds only what is sent of it. Raises CheckFailed
    at what is no field of the page or no text, and at a line of a saved form that does not say which it is.
    """
    told = {kind: lines_in(sent, formset) for kind, formset in page.lines.items()}
    refuse_wrong_fields(page, sent, told)
    typed, stands = texts_of(page.form), texts_on(page)
    typed |= {name: sent[name] for name in typed.keys() & sent.keys()}
    for kind, formset in page.lines.items():
        lines = lines_over(lines_in(stands, formset), told[kind])
        typed |= in_one(kind, lines)
        typed[f"{kind}-TOTAL_FORMS"] = str(max(lines, default=-1) + 1)
        typed[f"{kind}-INITIAL_FORMS"] = str(formset.initial_form_count())
    return typed


def refuse_wrong_fields(page: EntryPage, sent: Mapping[str, Any], told: Mapping[str, Lines]) -> None:
    known = set(texts_of(page.form))
    for kind, lines in told.items():
        known |= in_one(kind, lines).keys() | {f"{kind}-{count}" for count in COUNTS}
    wrong = {name: _("There is no field of this name.") for name in sent if name not in known}
    for name, text in sent.items():
        if name in known and not isinstance(text, str):
            wrong[name] = _("Send it as text, as it is typed on the page.")
    if page.record is not None:
        for kind, lines in told.items():
            for place in (place for place, line in lines.items() if "line" not in line):
                wrong[f"{kind}-{place}-line"] = _(
                    "Say which line this is: its number as you read it, empty for a new one."
                )
    if wrong:
        raise CheckFailed(wrong)


def lines_in(texts: Mapping[str, Any], formset: Any) -> Lines:
    """Those of the texts that are fields of lines, line by line."""
    names = {name.rpartition("__prefix__-")[2] for name in texts_of(formset.empty_form)}
    field = re.compile(f"{re.escape(formset.prefix)}-{PLACE}-(.+)")
    lines: Lines = {}
    for name, text in texts.items():
        match = field.fullmatch(name)
        if match and match[2] in names:
            lines.setdefault(int(match[1]), {})[match[2]] = text
    return lines


def in_one(kind: str, lines: Lines) -> Texts:
    """Lines as fields of one page."""
    return {f"{kind}-{place}-{name}": text for place, line in lines.items() for name, text in line.items()}


def lines_over(stands: Lines, told: Lines) -> Lines:
    """Lines with others typed over them: a saved one where it stands, a new one at its place or, if taken, the end."""
    places = {line["line"]: place for place, line in stands.items() if line["line"]}
    result, end = dict(stands), max([*stands, *told], default=0)
    for place, line in told.items():
        own = places.get(line.get("line", "").strip())
        if own is not None:
            result[own] = result[own] | line
        elif stands.get(place, {}).get("line"):
            end += 1
            result[end] = line
        else:
            result[place] = line
    return result

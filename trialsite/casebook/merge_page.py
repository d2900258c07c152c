"""The merge as a page: each place at which two submissions differ, in words, and what was chosen there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .domain.merge import Answer, Choice
from .errors import Conflict, LostUpdate
from .formfields import MISSING_REASONS
from .forms import CHOICE_PREFIX, choices_of, shown, typed
from .merging import Merge
from .pages import EntryPage, words


@dataclass(frozen=True)
class MergeLine:
    """One difference as people read it. `name` is the form field of the choice; `wrong`: it still has to be made."""

    name: str
    label: str
    line: str
    base: str
    saved: str
    typed: str
    who: str
    at: datetime | None
    chosen: str
    wrong: bool


def merge_of(post: Mapping[str, str]) -> Merge | None:
    """What the second chose on the merge page; None for a form that comes from elsewhere."""
    version = post.get("merge_version", "")
    if not version.isdigit():
        return None
    chosen = {
        name.removeprefix(CHOICE_PREFIX): Choice(value)
        for name, value in post.items()
        if name.startswith(CHOICE_PREFIX) and value in set(Choice)
    }
    return Merge(int(version), chosen)


def merge_context(page: EntryPage, refusal: LostUpdate, post: Any) -> dict[str, Any]:
    """What the merge page shows beside the form's header: the lines, and all that was typed, carried along."""
    asked_here = {field.html_name for field in page.reason}
    kept = {name: texts for name, texts in typed(post).items() if name not in asked_here}
    return {
        "lines": [merge_line(page, one, one.item in refusal.undecided) for one in refusal.conflicts],
        "merge_version": refusal.version,
        "kept": kept.items(),
    }


def merge_line(page: EntryPage, one: Conflict, wrong: bool) -> MergeLine:
    """A difference in words."""
    fields = page.lines[one.kind].empty_form.fields if one.kind else page.form.fields
    number = str(one.line) if one.line > 0 else ""
    return MergeLine(
        name=f"{CHOICE_PREFIX}{one.item}",
        label=str(getattr(fields.get(one.key), "label", None) or one.label),
        line=f"{page.titles[one.kind]} {number}".strip() if one.kind else "",
        base=content_words(fields, one.key, one.base),
        saved=content_words(fields, one.key, one.saved),
        typed=content_words(fields, one.key, one.typed),
        who=one.who,
        at=one.at,
        chosen=one.chosen,
        wrong=wrong,
    )


def content_words(fields: Mapping[str, Any], item: str, content: Any) -> str:
    """An answer, a value, or a whole line in one text; "" for nothing."""
    if isinstance(content, Answer):
        why = str(dict(MISSING_REASONS)[content.why]) if content.why else ""
        return value_words(fields.get(item), content.value) or why
    if isinstance(content, Mapping):
        cells = (value_words(fields.get(name), value) for name, value in content.items())
        return " · ".join(filter(None, cells))
    return value_words(fields.get(item), content)


def value_words(field: Any, value: Any) -> str:
    """A value by the label of its choice, or as every page writes it."""
    labels = {str(code): str(label) for code, label in choices_of(field)}
    return "" if value in (None, "") else labels.get(str(shown(value))) or words(value)

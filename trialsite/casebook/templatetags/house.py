"""What the shared parts of the pages need: tones of states, parts of a field, a subject's strip."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.translation import pgettext

from trialsite.casebook.shown_again import Typed
from trialsite.casebook.strip import strip_for_both
from trialsite.listing import listed, listed_apart, told

register = template.Library()

# A state's tone (colour) and icon; a word always stands beside them.
LOOKS: tuple[tuple[str, str, str], ...] = (
    ("good", "check-circle", "good submitted enrolled active met absent eligible negative verified signed"),
    ("good", "check-circle", "answered resolved done done_early done_late cr crh cri"),
    ("bad", "x-circle", "bad not_met present ineligible positive persistent recurrence deviation event"),
    ("bad", "exclamation-circle", "relapse death dead"),
    ("bad", "alarm", "late overdue"),
    ("warn", "clock", "due today"),
    ("warn", "question-circle", "unknown indeterminate not_evaluable positive_unconfirmed"),
    ("warn", "exclamation-triangle", "warn pending query open modification"),
    ("warn", "pencil", "draft"),
    ("good", "check-circle", "accepted reclassed"),
    ("still", "slash-circle", "rejected"),
    ("info", "snow", "frozen"),
    ("info", "lock", "locked"),
    ("info", "circle-half", "info screening running ongoing candidate"),
    ("still", "slash-circle", "screen_failed voided cancelled"),
    ("still", "calendar3", "upcoming planned waiting soon coming"),
    ("still", "arrow-right-circle", "censored off_study closed alive"),
    ("still", "dash-circle", "still not_applicable not_done missed not_expected"),
    ("still", "dash-circle", "not_comparable empty off silent"),
)
TONES = {state: (tone, icon) for tone, icon, states in LOOKS for state in states.split()}
UNKNOWN_STATE = ("still", "circle")


def look(state: Any) -> tuple[str, str]:
    """Tone and icon of a state code; a code that nobody named is neutral."""
    return TONES.get(str(getattr(state, "value", state)).lower().replace("-", "_"), UNKNOWN_STATE)


@register.simple_tag(takes_context=True)
def typed_at(context: Context, action: str) -> Typed | None:
    """What was just sent to this address and refused, for the form to show again."""
    typed: Typed | None = getattr(context.get("request"), "typed", None)
    if typed is None or typed.action != action:
        return None
    typed.shown = True
    return typed


@register.filter
def as_json(value: Any) -> str:
    """A value as an attribute carries it to the page's script."""
    return json.dumps(value, ensure_ascii=False)


@register.filter
def tone(state: Any) -> str:
    """The colour of a state: good, bad, warn, info or still."""
    return look(state)[0]


@register.filter
def tone_icon(state: Any) -> str:
    """The icon of a state."""
    return look(state)[1]


@register.filter
def why_empty(field: BoundField) -> BoundField | None:
    """The field that says why this one is empty ("not done"…); None when its form offers none."""
    form: BaseForm = field.form
    name = getattr(field.field, "missing_name", "") or getattr(field.field, "missing_field", "")
    return form[name] if name in form.fields else None


@register.filter
def is_grouped(field: BoundField) -> bool:
    """Whether a field is a group of controls that share one question (radio buttons, several checkboxes)."""
    return getattr(field.field.widget, "input_type", "") in {"radio", "checkbox"} and hasattr(
        field.field.widget, "choices"
    )


@register.filter(name="listed")
def listed_words(words: Iterable[Any]) -> str:
    """Several words in one line: "a, b", in Chinese "a、b"."""
    return listed(words)


@register.filter(name="listed_apart")
def listed_parts(parts: Iterable[Any]) -> str:
    """Several parts in one line: "a, b; c", in Chinese "a、b；c"."""
    return listed_apart(parts)


@register.simple_tag
def colon() -> str:
    """What stands between a label and its words: ": ", in Chinese "："."""
    return told("", "")


@register.simple_tag
def stop() -> str:
    """What ends a sentence before another: ". ", in Chinese "。"."""
    return pgettext("end of a sentence", ". ")


@register.simple_tag
def comma() -> str:
    """What stands between two items of a list: ", ", in Chinese "、"."""
    return listed(("", ""))


@register.filter
def first_control(field: BoundField) -> str:
    """The id that a label points to: of a composite widget its first control."""
    return field.id_for_label or (f"{field.auto_id}_0" if hasattr(field.field.widget, "widgets") else "")


@register.simple_tag
def strip_of(lanes: Sequence[Mapping[str, Any]], today: date | None = None) -> dict[str, Any]:
    """A subject's lanes as two drawings, wide and narrow."""
    return strip_for_both(lanes, today or None)


@register.filter
def initials(name: Any) -> str:
    """Two letters of a person's name; one sign of a Chinese name."""
    words = str(name).split()
    if not words:
        return "?"
    if not words[0][0].isascii():
        return words[0][0]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.filter
def whole_days(text: str) -> str:
    """A sentence in which no day is broken between two lines."""
    parts = re.split(r"(\d{4}-\d{2}-\d{2})", text)
    pieces = (
        format_html('<span class="text-nowrap">{}</span>', part) if place % 2 else part
        for place, part in enumerate(parts)
    )
    return format_html_join("", "{}", ((piece,) for piece in pieces))

"""Protocol texts and codes in templates, in the reader's language."""

from typing import Any

from django import template
from django.utils.translation import get_language

from trialsite.studies.words import code_words

register = template.Library()
register.filter("code", code_words)


@register.filter
def tr(text: Any) -> str:
    """A bilingual text in the active language; nothing for None."""
    return text.in_language(get_language() or "en") if text is not None else ""


@register.filter
def day_list(days: Any) -> str:
    """Days of a cycle with runs joined: 1–7, 14."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][1] + 1:
            runs[-1][1] = day
        else:
            runs.append([day, day])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)

"""Protocol texts and codes in templates, in the reader's language."""

from typing import Any

from django import template
from django.utils.translation import get_language

from trialsite.studies.words import (
    code_words,
    day_runs,
    dose_levels_words,
    dose_words,
    equivalent_words,
    modifier_words,
    obesity_words,
    offset_words,
    percent_words,
    runs_words,
    tolerance_words,
    window_words,
)

register = template.Library()
register.filter("code", code_words)
register.filter("day_list", day_runs)
register.filter("dose_of", dose_words)
register.filter("modified", modifier_words)
register.filter("equivalent", equivalent_words)
register.filter("dose_levels", dose_levels_words)
register.filter("obesity", obesity_words)
register.filter("tolerance", tolerance_words)
register.filter("as_percent", percent_words)
register.filter("day_words", runs_words)
register.filter("offset", offset_words)
register.filter("window", window_words)


@register.filter
def tr(text: Any) -> str:
    """A bilingual text in the active language; nothing for None."""
    return text.in_language(get_language() or "en") if text is not None else ""

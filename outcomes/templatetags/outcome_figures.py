"""Estimates in words, the same on every page: percent with one decimal, limits, months, "not estimable"."""

from collections.abc import Iterable
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from outcomes.dashboards.drawing import Shape
from outcomes.domain.curve import months
from outcomes.domain.intervals import Estimate
from trialsite.casebook.fact_words import code_label, fact_label
from trialsite.casebook.names import local as in_language
from trialsite.listing import told
from trialsite.studies.domain.vocabulary import ANALYSES

register = template.Library()


@register.filter
def pct(value: float | None) -> str:
    """0.458333 as "45.8 %"; nothing estimable as a dash."""
    return "–" if value is None else f"{100 * value:.1f} %"


@register.filter
def analysis_words(analysis: str) -> str:
    """The name of a sensitivity analysis."""
    words = in_language(ANALYSES[analysis])
    return words[:1].upper() + words[1:]


@register.filter
def limits(estimate: Estimate | None) -> str:
    """The limits of a share: "16.9–71.0 %"."""
    if estimate is None or estimate.lower is None or estimate.upper is None:
        return "–"
    return f"{100 * estimate.lower:.1f}–{100 * estimate.upper:.1f} %"


@register.filter
def in_months(days: float | None) -> str:
    """Days as months with one decimal; not reached as words."""
    return _("not reached") if days is None else f"{months(days):.1f}"


@register.filter
def month_limits(estimate: Estimate | None) -> str:
    """The limits of a time in months; an open end is "not reached"."""
    if estimate is None or (estimate.lower is None and estimate.upper is None):
        return "–"
    lower, upper = (
        _("not reached") if end is None else f"{months(end):.1f}" for end in (estimate.lower, estimate.upper)
    )
    return f"{lower} – {upper}"


@register.filter
def local(text: Any) -> str:
    """A text of the protocol in the reader's language."""
    return text.in_language(get_language() or "en") if text else ""


@register.filter
def markup(shapes: Iterable[Shape]) -> SafeString:
    """The elements of a drawing; written here, since a template takes seconds for the thousands of a waterfall."""
    return mark_safe("\n".join(map(element, shapes)))  # noqa: S308  every text and attribute is escaped


def element(one: Shape) -> str:
    at = "".join(f' {name}="{escape(value)}"' for name, value in one.at.items())
    title = f"<title>{escape(one.title)}</title>" if one.title else ""
    drawn = f'<{one.kind} class="{one.css}"{at}>{escape(one.text)}{title}</{one.kind}>'
    return f'<a href="{escape(one.href)}">{drawn}</a>' if one.href else drawn


@register.filter
def covariate(name: str) -> str:
    """A column of a comparison in words: "age_years", or "sex=M" of a code."""
    fact, _equals, code = name.partition("=")
    return told(fact_label(fact), code_label(fact, code, None)) if code else fact_label(fact)

"""Amounts and lengths as the treatment page shows them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import template

from treatment.domain.infusion import shown_length
from treatment.doses.drugs import drug_name
from treatment.doses.words import stored_working, working_words
from treatment.models.doses import Reason
from trialsite.clinical.body import round_half_up
from trialsite.studies.words import code_words

register = template.Library()


@register.filter
def amount(value: Decimal | None, unit: str = "") -> str:
    """A dose without trailing zeros, with its unit; a dash for none."""
    if value is None:
        return "—"
    exponent = value.as_tuple().exponent
    shown = round_half_up(value, 2) if isinstance(exponent, int) and exponent < -2 else value
    text = f"{shown.normalize():,f}".replace(",", " ")
    return f"{text} {code_words(unit, 'unit')}".strip()


@register.filter
def tenths(value: Decimal | None) -> Decimal | None:
    """A number to one decimal."""
    return None if value is None else round_half_up(value, 1)


@register.filter
def decimals(value: Decimal, places: int) -> str:
    """A number to so many places."""
    return f"{round_half_up(value, places):f}"


@register.filter
def length(value: timedelta) -> str:
    """A length in days, hours and minutes."""
    return shown_length(value)


@register.filter
def drug(key: str) -> str:
    """A drug by its name."""
    return drug_name(key)


@register.filter
def route(code: str) -> str:
    """How a drug is given, in words."""
    return code_words(code, "route")


register.filter("working", working_words)
register.filter("stored_working", stored_working)


@register.filter
def dose_reason(code: str) -> str:
    """Why another dose than the planned one was given, in words."""
    return str(dict(Reason.choices).get(code, code))


@register.filter
def entry(table: dict[str, Any], key: Any) -> Any:
    """What a table holds under a key."""
    return table.get(str(getattr(key, "value", key)))

"""Amounts and lengths as the treatment page shows them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from treatment.domain.infusion import shown_length
from treatment.drugs import drug_name
from trialsite.clinical.body import round_half_up

register = template.Library()
UNITS = {"ug": "µg", "U": "IU"}
ROUTES = {
    "IV": _("intravenous"),
    "CIVI": _("continuous infusion"),
    "PO": _("oral"),
    "PO_IV": _("oral or intravenous"),
    "IT": _("intrathecal"),
    "SC": _("subcutaneous"),
}


@register.filter
def amount(value: Decimal | None, unit: str = "") -> str:
    """A dose without trailing zeros, with its unit; a dash for none."""
    if value is None:
        return "—"
    exponent = value.as_tuple().exponent
    shown = round_half_up(value, 2) if isinstance(exponent, int) and exponent < -2 else value
    text = f"{shown.normalize():,f}".replace(",", " ")
    return f"{text} {UNITS.get(unit, unit)}".strip()


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
    return str(ROUTES.get(code, code))


@register.filter
def entry(table: dict[str, Any], key: Any) -> Any:
    """What a table holds under a key."""
    return table.get(str(getattr(key, "value", key)))

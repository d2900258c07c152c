"""Form fields of the composite items: a quantity is a text and a unit, a partial date is one text."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from trialsite.clinical.partial_date import PartialDate, PartialDateError
from trialsite.clinical.quantity import Quantity, QuantityError
from trialsite.clinical.refusal import Refusal
from trialsite.clinical.units import analyte, unit_beside, unit_label

NOTHING_CHOSEN = "—"
MISSING_REASONS = [
    ("", _("if empty, why?")),
    ("NOT_DONE", _("Not done")),
    ("NOT_APPLICABLE", _("Not applicable")),
    ("UNKNOWN", _("Unknown")),
]


def units_of(key: str) -> list[tuple[str, str]]:
    """The units in which an analyte may be entered, the canonical one first, as choices."""
    return [(unit.code, unit_label(unit.code)) for unit in analyte(key).units]


def sentence(problem: Refusal) -> str:
    """A refusal of the clinical rules in the reader's language."""
    return problem.filled_in(gettext(problem.template), get_language() or "en")


class QuantityWidget(forms.MultiWidget):
    """A text for the value as printed on the report and, where there is a choice, its unit."""

    template_name = "components/quantity_input.html"

    def __init__(self, units: list[tuple[str, str]], attrs: dict[str, Any] | None = None) -> None:
        self.units = units
        text = forms.TextInput(attrs={"inputmode": "decimal", "class": "form-control", "autocomplete": "off"})
        unit = (
            forms.Select(choices=units, attrs={"class": "form-select"})
            if len(units) > 1
            else forms.HiddenInput()
        )
        super().__init__({"": text, "unit": unit}, attrs)

    def decompress(self, value: Quantity | None) -> list[str]:
        return [value.text, value.unit] if value else ["", self.units[0][0]]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        text, unit = super().value_from_datadict(data, files, name)
        return [text or "", unit or self.units[0][0]]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["unit_label"] = unit_beside(self.units[0][0]) if len(self.units) == 1 else ""
        return context


class QuantityFormField(forms.Field):
    """Reads "<0.1" with a unit into a Quantity; says what would be accepted."""

    def __init__(self, analyte: str, **options: Any) -> None:
        self.analyte = analyte
        options.setdefault("widget", QuantityWidget(units_of(analyte)))
        super().__init__(**options)

    def clean(self, value: Any) -> Quantity | None:
        text, unit = value if isinstance(value, (list, tuple)) else ("", "")
        if not text.strip():
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        try:
            return Quantity.parse(text, unit, self.analyte)
        except QuantityError as problem:
            raise ValidationError(sentence(problem)) from problem

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = [initial.text, initial.unit] if initial else ["", ""]
        return bool(data[0] or before[0]) and list(data) != before


# Typed in ISO order: day and month cannot be mistaken, and the keyboard is enough.
TYPED_DATE = {"class": "form-control dateinput", "placeholder": "YYYY-MM-DD", "autocomplete": "off"}


class PartialDateFormField(forms.CharField):
    """Reads 2026, 2026-03 or 2026-03-05 into a PartialDate; `about` says which day is meant."""

    def __init__(self, about: Any = "", **options: Any) -> None:
        shape = _("2026-03-05, or 2026-03 or 2026 when the rest is unknown")
        options.setdefault("help_text", format_lazy("{}; {}", about, shape) if about else shape)
        super().__init__(max_length=10, widget=forms.TextInput(attrs=TYPED_DATE), **options)

    def clean(self, value: Any) -> PartialDate | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return PartialDate.parse(text)
        except PartialDateError as problem:
            raise ValidationError(sentence(problem)) from problem

    def prepare_value(self, value: Any) -> Any:
        return value.text if isinstance(value, PartialDate) else value


DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日")


class DateInput(forms.DateInput):
    """A date as text in ISO order."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        shape = {**TYPED_DATE, "inputmode": "numeric"}
        super().__init__(attrs={**shape, **(attrs or {})}, format="%Y-%m-%d")


class DateFormField(forms.DateField):
    """Reads 2026-03-05, 2026/3/5, 20260305 or 2026年3月5日."""

    default_error_messages = {"invalid": _("Write the date as year, month, day: 2026-03-05.")}

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", DateInput())
        super().__init__(input_formats=DATE_FORMATS, **options)


def plain_moment(text: str) -> str:
    """A typed time, or day and time, with plain digits and colons: "0830", "8：30" and "08 : 30" are times too."""
    plain = re.sub(r"\s*:\s*", ":", unicodedata.normalize("NFKC", text).strip())
    return re.sub(r"(^|[\sT])(\d{2})(\d{2})$", r"\1\2:\3", plain)


class TimeInput(forms.TimeInput):
    """A time of day as text, 24 hours."""

    def __init__(self) -> None:
        shape = {"class": "form-control", "placeholder": "HH:MM", "autocomplete": "off"}
        super().__init__(attrs=shape, format="%H:%M")


class TimeFormField(forms.TimeField):
    """Reads 08:30, 8:30, 0830 and 08：30."""

    default_error_messages = {"invalid": _("Write the time as hours and minutes: 14:30.")}

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", TimeInput())
        super().__init__(input_formats=("%H:%M", "%H:%M:%S"), **options)

    def to_python(self, value: Any) -> Any:
        return super().to_python(plain_moment(value) if isinstance(value, str) else value)


MOMENT_FORMATS = tuple(f"{day}{between}%H:%M" for day in DATE_FORMATS for between in (" ", "T"))


class DateTimeFormField(forms.DateTimeField):
    """Reads 2026-03-05 14:30, in the zone that is active: the site's."""

    default_error_messages = {"invalid": _("Write the day and the time: 2026-03-05 14:30.")}

    def __init__(self, **options: Any) -> None:
        shape = {
            "class": "form-control momentinput",
            "placeholder": "YYYY-MM-DD HH:MM",
            "autocomplete": "off",
        }
        options.setdefault("widget", forms.DateTimeInput(attrs=shape, format="%Y-%m-%d %H:%M"))
        super().__init__(input_formats=MOMENT_FORMATS, **options)

    def to_python(self, value: Any) -> Any:
        return super().to_python(plain_moment(value) if isinstance(value, str) else value)

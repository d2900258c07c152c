"""The form of a reference range: shape only; what can be a range is decided by the service."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.formfields import DateFormField, units_of
from trialsite.casebook.forms import styled

from ..models import ReferenceRange
from ..models.ranges import RangeSex
from .services import RangeEntry

WANTED = ("effective_from", "source", "reason")  # what the service refuses to miss


class NumberField(forms.DecimalField):
    """A number that is not below zero; says how it is written."""

    default_error_messages = {"invalid": _("Enter a number such as 3.5.")}

    def __init__(self, **options: Any) -> None:
        text = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(required=False, max_digits=14, widget=text, **options)


class RangeForm(forms.Form):
    """One range of an analyte, in one of its units."""

    lln = NumberField(label=_("Lower limit"), decimal_places=4)
    uln = NumberField(label=_("Upper limit"), decimal_places=4)
    unit = forms.ChoiceField(label=_("Unit"))
    sex = forms.ChoiceField(label=_("Sex"), choices=RangeSex.choices, required=False)
    age_from = NumberField(
        label=_("Age from"), decimal_places=4, help_text=_("Years, included; empty: from birth")
    )
    age_below = NumberField(
        label=_("Age below"), decimal_places=4, help_text=_("Years, not included; empty: no end")
    )
    effective_from = DateFormField(
        label=_("In force from"),
        required=False,
        help_text=_("The day of the sample counts. It holds until the next one for the same people."),
    )
    laboratory = forms.CharField(
        label=_("Laboratory"),
        max_length=100,
        required=False,
        help_text=_("Empty: the site's own. An outside laboratory as it is written on the reports."),
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=200,
        required=False,
        help_text=_("Where the range comes from: the laboratory's list or notice, with its date"),
    )
    reason = forms.CharField(label=_("Reason of the correction"), max_length=300, required=False)

    def __init__(self, data: Any = None, *, analyte: str, replaces: ReferenceRange | None = None) -> None:
        self.analyte = analyte
        super().__init__(data, initial=initial_of(replaces) if replaces else None)
        units: Any = self.fields["unit"]
        units.choices = units_of(analyte)
        if replaces is None:
            del self.fields["reason"]
        for name, field in self.fields.items():
            styled(field)
            field.wanted = name in WANTED  # type: ignore[attr-defined]

    def entry(self) -> RangeEntry:
        """What was typed, of valid shape."""
        typed = dict(self.cleaned_data)
        typed.pop("reason", None)
        return RangeEntry(analyte=self.analyte, **typed)

    def add_sentences(self, sentences: dict[str, str]) -> None:
        """What the service refused, each at its field."""
        for item, sentence in sentences.items():
            self.add_error(item if item in self.fields else None, sentence)


def initial_of(row: ReferenceRange) -> dict[str, Any]:
    numbers = {item: plain(getattr(row, item)) for item in ("lln", "uln", "age_from", "age_below")}
    rest = ("unit", "sex", "effective_from", "laboratory", "source")
    return numbers | {item: getattr(row, item) for item in rest}


def plain(number: Any) -> str:
    """A stored number without the zeros that its column adds."""
    return "" if number is None else f"{number.normalize():f}"


def people_words(row: ReferenceRange) -> str:
    """Of whom a range speaks: sex and ages."""
    sex = str(row.get_sex_display()) if row.sex else ""
    low, high = plain(row.age_from), plain(row.age_below)
    if low and high:
        ages = gettext("%(low)s to below %(high)s years") % {"low": low, "high": high}
    elif low:
        ages = gettext("from %(low)s years") % {"low": low}
    elif high:
        ages = gettext("below %(high)s years") % {"high": high}
    else:
        ages = ""
    return " · ".join(filter(None, (sex, ages))) or gettext("Everybody")


def limits_words(low: Any, high: Any) -> str:
    """Limits as people write them: 3.5–9.5, ≤ 40, ≥ 60."""
    if low is None:
        return f"≤ {plain(high)}"
    if high is None:
        return f"≥ {plain(low)}"
    return f"{plain(low)}–{plain(high)}"

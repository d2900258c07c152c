"""The values of a pre-screening as they are typed; shape only."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.fact_words import fact_label, plain_words
from trialsite.casebook.formfields import NOTHING_CHOSEN, DateInput
from trialsite.studies.models import Site

from .domain.prescreening import ASKED, Asked
from .forms import PlainForm
from .models import PreOutcome
from .models.background import Sex
from .prescreening import OTHERS, REFUSALS, Said, TrialLook

YES_NO = [("", NOTHING_CHOSEN), ("yes", _("yes")), ("no", _("no"))]


def field_of(asked: Asked) -> forms.Field:
    """The field of one value; all may stay empty."""
    label = capfirst(fact_label(asked.fact))
    if asked.kind == "integer":
        return forms.IntegerField(label=label, min_value=asked.low, max_value=asked.high, required=False)
    if asked.kind == "decimal":
        return forms.DecimalField(
            label=label, min_value=asked.low, max_value=asked.high, decimal_places=2, required=False
        )
    choices = YES_NO
    if asked.kind == "choice":
        named = [(code, plain_words(asked.fact, code)) for code in asked.codes]
        choices = [("", NOTHING_CHOSEN), *((code, na_words(label)) for code, label in named)]
    return forms.ChoiceField(label=label, choices=choices, required=False)


def na_words(label: str) -> Any:
    return _("Not applicable") if label == "NA" else label


class PreScreenForm(PlainForm):
    """Site and day, sex for the log, and the values that criteria of the trials ask for. No name, no number."""

    site = forms.ChoiceField(label=_("Site"))
    assessed_on = forms.DateField(label=_("Assessed on"), widget=DateInput())
    sex = forms.ChoiceField(label=_("Sex"), choices=[("", NOTHING_CHOSEN), *Sex.choices], required=False)

    def __init__(self, *args: Any, sites: list[Site], **options: Any) -> None:
        super().__init__(*args, **options)
        self.sites = {str(site.pk): site for site in sites}
        choices = [(key, str(site)) for key, site in self.sites.items()]
        self.fields["site"].choices = choices if len(choices) == 1 else [("", "—"), *choices]  # type: ignore[attr-defined]
        self.fields.update({one.fact: field_of(one) for one in ASKED})

    def clean_site(self) -> Site:
        return self.sites[self.cleaned_data["site"]]

    @property
    def answers(self) -> dict[str, object]:
        """The values by fact, empty ones left out."""
        found: dict[str, object] = {}
        for one in ASKED:
            value = self.cleaned_data.get(one.fact)
            if value is None or value == "":
                continue
            found[one.fact] = value == "yes" if one.kind == "yes_no" else value
        return found


REASONS = [
    ("", NOTHING_CHOSEN),
    (PreOutcome.REFUSED.label, [(one.value, one.label) for one in REFUSALS]),
    (PreOutcome.OTHER.label, [(one.value, one.label) for one in OTHERS]),
]
PROMISING_OUTCOMES = [
    (one.value, one.label) for one in (PreOutcome.PROMISING, PreOutcome.REFUSED, PreOutcome.OTHER)
]


def said_of(looks: list[TrialLook], typed: Any) -> dict[str, Said]:
    """What was chosen for each trial on the page."""
    return {
        one.key: Said(typed.get(f"outcome-{one.key}", ""), typed.get(f"reason-{one.key}", ""))
        for one in looks
        if f"outcome-{one.key}" in typed
    }

"""What is typed to ask for an export; shape only, the service decides."""

from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from enrollment.forms import PlainForm
from outcomes.models import DataCut
from trialsite.access.models import Profile

from .bundle import PARTS

NOW = ""


class ExportForm(PlainForm):
    """Parts, state, profile and purpose of an export."""

    parts = forms.MultipleChoiceField(
        label=_("What"),
        required=False,
        choices=lazy(lambda: [(key, part.label) for key, part in PARTS.items()], list)(),
        widget=forms.CheckboxSelectMultiple,
    )
    cut = forms.ChoiceField(
        label=_("As of"),
        required=False,
        help_text=_("a data cut gives the same files whenever it is asked for"),
    )
    profile = forms.ChoiceField(
        label=_("How records leave"),
        choices=Profile.choices,
        initial=Profile.CODED,
        required=False,
        help_text=_("names never leave; coded and shifted leave out birth dates and free text too"),
    )
    genetic = forms.BooleanField(
        label=_("With genetic items"),
        required=False,
        help_text=_("where the consent and the destination allow it"),
    )
    byte_order_mark = forms.BooleanField(
        label=_("CSV for spreadsheets"),
        required=False,
        initial=True,
        help_text=_("UTF-8 with a byte-order mark"),
    )
    purpose = forms.CharField(label=_("What it is for"), required=False, help_text=_("kept in the audit"))

    def __init__(self, *args: Any, cuts: list[DataCut], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["cut"]
        field.choices = [(NOW, _("now")), *((str(one.pk), one.name) for one in cuts)]

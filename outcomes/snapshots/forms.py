"""What is typed to take a data cut; shape only, the service decides."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.forms import PlainForm
from trialsite.casebook.formfields import DateFormField


class TakeCutForm(PlainForm):
    """Name, cut-off and purpose of a data cut. What is missing the service says."""

    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        required=False,
        help_text=_("such as DSMB-1; once in a study, never changed"),
    )
    cut_off = DateFormField(
        label=_("Data cut-off"),
        required=False,
        help_text=_("the last day whose records count in endpoints and figures"),
    )
    reason = forms.CharField(label=_("What it is for"), required=False)

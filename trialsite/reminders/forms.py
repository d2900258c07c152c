"""What is typed on the page of one's reminders; shape only, the services decide."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Channel, Often, Weekday


class PlanForm(forms.Form):
    """How often, when, in which language and by which way somebody is reminded."""

    frequency = forms.ChoiceField(label=_("How often"), choices=Often.choices)
    weekday = forms.TypedChoiceField(
        label=_("Day of the week"),
        choices=Weekday.choices,
        coerce=int,
        help_text=_("for a reminder once a week"),
    )
    hour = forms.TypedChoiceField(
        label=_("Hour"), choices=[(hour, f"{hour:02d}:00") for hour in range(24)], coerce=int
    )
    zone = forms.ChoiceField(label=_("Time zone"))
    language = forms.ChoiceField(label=_("Language"), choices=[("en", "English"), ("zh-hans", "中文")])
    channel = forms.ChoiceField(label=_("Sent by"), choices=Channel.choices)
    webhook_url = forms.CharField(
        label=_("Address of the group robot"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "https://"}),
        help_text=_("kept encrypted and not shown again; left empty, the one that is kept stays"),
    )

    def __init__(self, *args: Any, zones: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["zone"].choices = [(zone, zone) for zone in zones]

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        return helper

"""What a token is for, and what a program is told of, as their user says it."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import Profile, Scope, User
from trialsite.casebook.forms import styled
from trialsite.studies.models import Study
from trialsite.studies.selectors import studies_visible_to


class TokenForm(forms.Form):
    """Name, scopes, study and export profile of a token; a token never opens more than its user may see."""

    name = forms.CharField(label=_("What will use it"), max_length=100, help_text=_("such as R on my laptop"))
    scopes = forms.MultipleChoiceField(
        label=_("What it is for"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    study: forms.ModelChoiceField = forms.ModelChoiceField(
        None,
        label=_("Study"),
        required=False,
        empty_label=_("All of mine"),
        help_text=_("one, or all of yours"),
    )
    profile = forms.ChoiceField(
        label=_("How records leave"),
        choices=Profile.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "Coded: without birth dates and texts in free words. Shifted: all dates of a subject moved by the same "
            "secret number of days, up to 182, and other ids."
        ),
    )
    genetic = forms.BooleanField(label=_("With genetic items"), required=False)

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        study: Any = self.fields["study"]
        study.queryset = studies_visible_to(user).order_by("key")
        study.label_from_instance = lambda one: one.key
        for field in self.fields.values():
            styled(field)


class WebhookForm(forms.Form):
    """Study, name, address and kinds of a webhook; shape only, the service decides."""

    study: forms.ModelChoiceField = forms.ModelChoiceField(None, label=_("Study"))
    name = forms.CharField(
        label=_("What will use it"), max_length=100, help_text=_("such as our data warehouse")
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "https://"}),
        help_text=_("kept encrypted and not shown again"),
    )
    kinds = forms.CharField(
        label=_("Lists"),
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "forms/AE, forms/VS, queries"}),
        help_text=_("as their addresses name them, with commas between; empty: all"),
    )

    def __init__(self, *args: Any, studies: QuerySet[Study], **options: Any) -> None:
        super().__init__(*args, **options)
        study: Any = self.fields["study"]
        study.queryset, only = studies, list(studies[:2])
        if len(only) == 1:
            study.initial, study.empty_label = only[0], None
        study.label_from_instance = lambda one: one.key
        for field in self.fields.values():
            styled(field)

"""What is typed on the pages of accounts, roles, trainings and delegations; shape only, the services decide."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.utils.translation import gettext_lazy as _

from .errors import AccessRefused
from .models import Duty, Role, TrainingKind, User


def day_field(label: Any, **options: Any) -> forms.DateField:
    """A day in ISO order, typed."""
    shape = {"placeholder": "YYYY-MM-DD", "inputmode": "numeric", "autocomplete": "off"}
    wrong = {"invalid": _("Write the date as year, month, day: 2026-03-05.")}
    widget = forms.DateInput(attrs=shape, format="%Y-%m-%d")
    return forms.DateField(
        label=label, widget=widget, input_formats=["%Y-%m-%d"], error_messages=wrong, **options
    )


def show_refusal(form: forms.Form, refusal: AccessRefused) -> None:
    """The sentences of a service at the fields they concern, or above the form."""
    for item, sentence in refusal.messages.items():
        form.add_error(item if item in form.fields else None, sentence)


class AccountForm(forms.Form):
    """A new account; the password is handed over once and belongs to its owner."""

    username = forms.CharField(label=_("User name"), max_length=150)
    full_name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=[("en", "English"), ("zh-hans", "中文")])
    password = forms.CharField(
        label=_("First password"),
        strip=False,
        help_text=_("for the first log-in, after which its owner chooses another"),
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"}),
    )

    def clean_username(self) -> str:
        name = self.cleaned_data["username"].strip()
        if User.objects.filter(username=name).exists():
            raise forms.ValidationError(_("There is an account of that name already. Choose another."))
        return name


class RoleForm(forms.Form):
    """A role for an account: at a site, in a whole study (no site), or in the system (administrators)."""

    user = forms.ChoiceField(label=_("Account"))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    study = forms.ChoiceField(label=_("Study"), required=False)
    site = forms.ChoiceField(label=_("Site"), required=False)
    principal = forms.BooleanField(label=_("principal investigator of the site"), required=False)
    starts_on = day_field(_("From"), required=False, help_text=_("today, when left empty"))
    ends_on = day_field(_("Until"), required=False, help_text=_("needed for an inspector"))

    def __init__(self, *args: Any, users: Any, studies: Any, sites: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["user"].choices = [(str(user.pk), f"{user.full_name} ({user.username})") for user in users]
        fields["study"].choices = [("", _("the system"))] + [(str(study.pk), study.key) for study in studies]
        fields["site"].choices = [("", _("all sites"))] + [(str(site.pk), str(site)) for site in sites]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        system_wide = cleaned.get("role") == Role.ADMINISTRATOR
        if system_wide and (cleaned.get("study") or cleaned.get("site")):
            self.add_error("study", _("An administrator serves the system: choose no study and no site."))
        if not system_wide and not cleaned.get("study"):
            self.add_error("study", _("Choose the study in which the role holds."))
        return cleaned


class TrainingForm(forms.Form):
    """One line of the training log."""

    kind = forms.ChoiceField(label=_("Training"), choices=TrainingKind.choices)
    version = forms.ChoiceField(
        label=_("Protocol version"), required=False, help_text=_("for a training in the protocol")
    )
    completed_on = day_field(_("Completed on"))
    expires_on = day_field(
        _("Holds until"), required=False, help_text=_("left empty: 36 months for GCP, no end for the others")
    )
    evidence = forms.CharField(label=_("Certificate or trainer"), max_length=200, required=False)

    def __init__(self, *args: Any, versions: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*args, **options)
        self.versions = versions
        fields: dict[str, Any] = self.fields
        fields["version"].choices = [("", "—")] + [(key, each.version) for key, each in versions.items()]

    def clean_kind(self) -> TrainingKind:
        return TrainingKind(self.cleaned_data["kind"])

    def clean_version(self) -> Any:
        return self.versions.get(self.cleaned_data["version"])


class DelegationForm(forms.Form):
    """What the principal investigator delegates, and the signature under it."""

    duties = forms.MultipleChoiceField(
        label=_("Duties"), choices=Duty.choices, widget=forms.CheckboxSelectMultiple
    )
    starts_on = day_field(_("From"))
    ends_on = day_field(_("Until"), required=False, help_text=_("left empty: until it is ended"))
    username = forms.CharField(
        label=_("Your user name"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """A code of the second factor, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True}
        ),
    )


class PasswordChangeForm(forms.Form):
    """The old password, and the new one twice."""

    old_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password = forms.CharField(
        label=_("New password"),
        strip=False,
        help_text=password_validators_help_text_html,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("again") and cleaned.get("again") != cleaned.get("new_password"):
            self.add_error("again", _("The two are not the same."))
        return cleaned

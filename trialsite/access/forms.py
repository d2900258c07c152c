"""The administrator's pages: accounts and roles."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from .models import Role, User


class AccountForm(forms.Form):
    """A new account; the password is handed over once and belongs to its owner."""

    username = forms.CharField(label=_("User name"), max_length=150)
    full_name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=[("en", "English"), ("zh-hans", "中文")])
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput(render_value=True))

    def clean_username(self) -> str:
        name = self.cleaned_data["username"].strip()
        if User.objects.filter(username=name).exists():
            raise forms.ValidationError(_("There is an account of that name already. Choose another."))
        return name

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password)
        return password


class RoleForm(forms.Form):
    """A role for an account: at a site, in a whole study (no site), or in the system (administrators)."""

    user = forms.ChoiceField(label=_("Account"))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    study = forms.ChoiceField(label=_("Study"), required=False)
    site = forms.ChoiceField(label=_("Site"), required=False)

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

"""What is typed, or stands in a line of subjects.csv, of one subject from paper; shape only, the service decides."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.access.identity import Identity
from trialsite.casebook.formfields import DateFormField
from trialsite.clinical.identifiers import has_valid_check
from trialsite.studies.models import ProtocolVersion, Site, Study

from .domain.randomisation import all_strata
from .forms import PlainForm
from .models import JudgedThen, PaperWhy
from .paper import OnPaper

IDENTITY = ("full_name", "hospital_number", "national_id", "phone")


def day(label: Any, *, required: bool = False, help_text: Any = "") -> DateFormField:
    return DateFormField(label=label, required=required, help_text=help_text)


def text(label: Any, length: int, *, required: bool = False, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=length, required=required, help_text=help_text)


class PaperForm(PlainForm):
    """A subject as it stands on paper: original numbers, days, decisions, and until when paper is the source."""

    site = forms.ChoiceField(label=_("Site"))
    screening_number = text(_("Original screening number"), 40, required=True)
    screened_on = day(_("Screened on"), required=True)
    consented_on = day(_("Consent signed on"))
    verdict = forms.ChoiceField(
        label=_("Eligibility as judged then"),
        choices=JudgedThen.choices,
        initial=JudgedThen.NOT_DOCUMENTED,
    )
    judged_by = text(_("Judged by"), 200)
    judged_on = day(_("Judged on"))
    enrolled_on = day(_("Enrolled on"), help_text=_("empty where the screening failed"))
    subject_number = text(_("Original subject number"), 40)
    failure_reason = text(_("Reason of screen failure"), 300)
    version = forms.ChoiceField(label=_("Protocol version in force then"), required=False)
    arm = forms.ChoiceField(label=_("Arm"), required=False)
    randomised_on = day(_("Randomised on"))
    stratum = forms.ChoiceField(label=_("Stratum"), required=False)
    list_number = forms.IntegerField(label=_("Number in the randomisation list"), required=False, min_value=1)
    until = day(
        _("Record from paper until"),
        required=True,
        help_text=_("the last day of which paper is the source; what follows is recorded here"),
    )
    why = forms.ChoiceField(label=_("Why from paper"), choices=PaperWhy.choices)
    full_name = text(_("Name"), 200, help_text=_("kept apart from the record; may be entered later"))
    hospital_number = text(_("Hospital number"), 50)
    national_id = text(_("National id"), 30)
    phone = text(_("Phone"), 30)

    def __init__(self, *args: Any, study: Study, sites: list[Site], **options: Any) -> None:
        super().__init__(*args, **options)
        protocol, language = study.protocol, get_language() or "en"
        self.sites = {site.key: site for site in sites}
        self.versions = {one.version: one for one in ProtocolVersion.objects.filter(study=study)}
        self.choose("site", [(key, str(site)) for key, site in self.sites.items()], empty=len(sites) != 1)
        self.choose("version", [(key, key) for key in self.versions])
        self.choose("arm", [(arm.key, arm.name.in_language(language)) for arm in protocol.arms])
        if len(protocol.arms) == 1:
            del self.fields["arm"]
        if protocol.randomisation is None:
            for name in ("randomised_on", "stratum", "list_number"):
                del self.fields[name]
        else:
            levels = {one.key: [each.key for each in one.levels] for one in protocol.randomisation.strata}
            self.choose("stratum", [(key, key.replace(";", ", ")) for key in all_strata(levels)])

    def choose(self, name: str, choices: list[tuple[str, str]], *, empty: bool = True) -> None:
        field: Any = self.fields[name]
        field.choices = [("", "—"), *choices] if empty else choices

    def clean_national_id(self) -> str:
        number: str = self.cleaned_data["national_id"].replace(" ", "")
        if len(number) == 18 and not has_valid_check(number):
            raise forms.ValidationError(
                _("The check character of this number does not fit: compare it again.")
            )
        return number

    @property
    def site_chosen(self) -> Site:
        return self.sites[self.cleaned_data["site"]]

    @property
    def told(self) -> OnPaper:
        """What was typed, as the service takes it."""
        found = dict(self.cleaned_data)
        found.pop("site")
        identity = Identity(**{name: found.pop(name) for name in IDENTITY})
        version = self.versions.get(found.pop("version"))
        return OnPaper(**found, identity=identity, version=version)


class NameForm(PlainForm):
    """Who a subject from paper is, where that was left for later."""

    full_name = text(_("Name"), 200, required=True)
    hospital_number = text(_("Hospital number"), 50)
    national_id = text(_("National id"), 30)
    phone = text(_("Phone"), 30)

"""What is typed on the pages of enrolment; shape only, the services decide."""

import re
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.formfields import DateInput
from trialsite.casebook.models import Subject
from trialsite.casebook.states import SubjectState
from trialsite.clinical.identifiers import has_valid_check
from trialsite.studies.models import StudySite

from .domain.recognition import Way
from .models import EndReason, MisRandomisation

OTHER = "other"
FAILURE_REASONS = [
    ("", "—"),
    ("not eligible", _("Not eligible")),
    ("consent withdrawn", _("Consent refused or withdrawn")),
    ("died during screening", _("Died during screening")),
    ("treated outside the trial", _("Treated outside the trial")),
    (OTHER, _("Other: say what")),
]


class PlainForm(forms.Form):
    """A form whose tag and buttons stand in the template."""

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


class ScreenForm(PlainForm):
    """Who is screened, where and when."""

    place = forms.ChoiceField(label=_("Study and site"))
    screened_on = forms.DateField(label=_("Screened on"), widget=DateInput())
    full_name = forms.CharField(label=_("Name"), max_length=200, help_text=_("kept apart from the record"))
    hospital_number = forms.CharField(label=_("Hospital number"), max_length=50, required=False)
    national_id = forms.CharField(label=_("National id"), max_length=30, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    previous = forms.CharField(
        label=_("Earlier screening number"),
        max_length=40,
        required=False,
        help_text=_("only when this person was screened for this study before"),
    )
    known_as = forms.ChoiceField(choices=[("", ""), *((way.value, way.value) for way in Way)], required=False)
    line = forms.UUIDField(widget=forms.HiddenInput(), required=False)

    def __init__(self, *args: Any, places: list[StudySite], **options: Any) -> None:
        super().__init__(*args, **options)
        self.places = {str(place.pk): place for place in places}
        choices = [(key, f"{place.study} · {place.site}") for key, place in self.places.items()]
        self.fields["place"].choices = choices if len(choices) == 1 else [("", "—"), *choices]  # type: ignore[attr-defined]
        self.fields["known_as"].widget = forms.HiddenInput()
        self.recognised: Any = None

    def clean_national_id(self) -> str:
        number: str = self.cleaned_data["national_id"].replace(" ", "")
        if re.fullmatch(r"[0-9]{17}[0-9Xx]", number) and not has_valid_check(number):
            raise forms.ValidationError(
                _("The check character of this number does not fit: compare it again.")
            )
        return number

    def clean_place(self) -> StudySite:
        return self.places[self.cleaned_data["place"]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        number, place = cleaned.get("previous"), cleaned.get("place")
        if number and place:
            earlier = Subject.objects.filter(
                study=place.study, site=place.site, screening_number=number
            ).first()
            if earlier is None:
                self.add_error("previous", _("There is no such screening number at this site."))
            cleaned["earlier"] = earlier
        return cleaned


class ConfirmForm(PlainForm):
    """The investigator's password, typed again."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class FailForm(PlainForm):
    """Why the subject is not enrolled."""

    reason = forms.ChoiceField(label=_("Reason"), choices=FAILURE_REASONS)
    words = forms.CharField(label=_("In your words"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("reason") == OTHER and not cleaned.get("words", "").strip():
            self.add_error("words", _("Say in your words why."))
        return cleaned

    @property
    def sentence(self) -> str:
        """The reason as the record keeps it."""
        reason, words = self.cleaned_data["reason"], self.cleaned_data["words"].strip()
        if reason == OTHER:
            return words
        return f"{reason}: {words}" if words else reason


class EnrolForm(PlainForm):
    enrolled_on = forms.DateField(label=_("Enrolled on"), widget=DateInput())


class RandomiseForm(PlainForm):
    randomised_on = forms.DateField(label=_("Randomised on"), widget=DateInput())


class PlaceForm(PlainForm):
    """A button alone: hold a place, or give it back."""


class EmergencyForm(PlainForm):
    """Why the arm cannot wait, signed by the investigator."""

    randomised_on = forms.DateField(label=_("Randomised on"), widget=DateInput())
    reason = forms.CharField(
        label=_("Why it cannot wait, and how you know what is missing"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class FlagForm(PlainForm):
    """What was wrong with a randomisation, and when it was found."""

    kind = forms.ChoiceField(label=_("What was wrong"), choices=[("", "—"), *MisRandomisation.Kind.choices])
    found_on = forms.DateField(label=_("Found on"), widget=DateInput())
    reason = forms.CharField(
        label=_("In your words"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


def form_of(
    kind: type[PlainForm], refused: PlainForm | None, initial: dict[str, Any] | None = None
) -> PlainForm:
    """The form as it was refused, or a blank one."""
    return refused if isinstance(refused, kind) else kind(initial=initial)


class LeaveForm(PlainForm):
    """When and why the subject goes off study."""

    ended_on = forms.DateField(label=_("Off study on"), widget=DateInput())
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", "—"), *EndReason.choices])
    words = forms.CharField(label=_("In your words"), max_length=300, required=False)


class ReturnForm(PlainForm):
    """Why it was a mistake."""

    reason = forms.CharField(label=_("Why this is taken back"), max_length=300)


STATES = [("", _("All states")), *SubjectState.choices]

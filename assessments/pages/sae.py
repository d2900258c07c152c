"""Pages of the SAE report and of a stay in hospital."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section

from ..models import Admission, SeriousEvent
from ..sae.events import event_choices


def choose_event(form: CasebookForm, subject: Any, *, required: bool) -> None:
    """The subject's adverse events by number, onset and term, instead of a number to type."""
    old: Any = form.fields["event"]
    field: Any = forms.TypedChoiceField(
        choices=[("", "—"), *event_choices(subject)],
        coerce=int,
        empty_value=None,
        required=False,
        label=old.label,
        help_text=old.help_text,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    if required:
        field.wanted, field.missing_name = True, old.missing_name
    form.fields["event"] = field


class SeriousEventForm(CasebookForm):
    model = SeriousEvent
    sections = (
        Section(_("Report"), "event", "report_kind", "follow_up_number", "what_changed"),
        Section(
            _("Why it is serious"),
            "performed_on",
            "death",
            "life_threatening",
            "hospitalisation",
            "prolongation",
            "disability",
            "congenital",
            "important",
        ),
        Section(_("Who knew when"), "site_aware_at", "sponsor_told_at", "ethics_told_at"),
        Section(_("Course"), "narrative", "treatment", "outcome", "reporter"),
    )
    labels = {"performed_on": _("Became serious on")}

    def for_subject(self, subject: Any, record: Any) -> None:
        choose_event(self, subject, required=True)


class AdmissionForm(CasebookForm):
    model = Admission
    sections = (
        Section(_("Stay"), "performed_on", "left_on", "ward"),
        Section(_("Why"), "reason", "planned", "planned_days", "event", "comment"),
    )
    labels = {
        "performed_on": _("Admitted on"),
        "planned": _("Planned admission"),
        "planned_days": _("Planned length of stay (days)"),
    }

    def for_subject(self, subject: Any, record: Any) -> None:
        choose_event(self, subject, required=False)

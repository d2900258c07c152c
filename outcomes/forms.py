"""Pages of the outcome forms, in paper order."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section

from .models import ContactAttempt, Death, Relapse, SecondMalignancy, SurvivalContact, Withdrawal


class RelapseForm(CasebookForm):
    model = Relapse
    sections = (
        Section(_("Relapse"), "performed_on", "onset", "relapse_site", "extramedullary_place"),
        Section(_("Findings"), "bm_blast_pct", "cd19_negative", "confirmed_on", "comment"),
    )
    labels = {"performed_on": _("Date of the assessment")}


class SecondMalignancyForm(CasebookForm):
    model = SecondMalignancy
    sections = (
        Section(_("Second malignancy"), "performed_on", "diagnosed_on", "malignancy_kind", "malignancy_text"),
        Section(_("Findings"), "histology", "car_positive", "comment"),
    )
    labels = {"performed_on": _("Date of this information")}


class DeathForm(CasebookForm):
    model = Death
    sections = (
        Section(_("Death"), "died_on", "cause", "cause_text"),
        Section(_("How it is known"), "learned_on", "certainty", "autopsy"),
    )

    def values(self) -> dict[str, Any]:
        """The form is about the day of death: its earliest possible day, which nobody types twice."""
        values = super().values()
        died_on = values.get("died_on")
        return values | {"performed_on": died_on.earliest if died_on else None}


class SurvivalContactForm(CasebookForm):
    model = SurvivalContact
    sections = (
        Section(_("Contact"), "performed_on", "contact_kind", "alive", "lost"),
        Section(_("Disease"), "no_relapse", "new_therapy", "new_therapy_on", "comment"),
    )


class WithdrawalForm(CasebookForm):
    model = Withdrawal
    sections = (
        Section(_("Withdrawal of consent"), "performed_on", "degree", "withdrawal_reason"),
        Section(_("How it was told"), "withdrawn_by", "told_how", "told_to"),
    )


class ContactAttemptForm(CasebookForm):
    model = ContactAttempt
    sections = (
        Section(_("Attempt"), "performed_on", "called_at", "call_result", "informant"),
        Section(_("What was said"), "disease_told", "next_call_on", "comment"),
    )

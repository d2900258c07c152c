"""Pages of the forms of screening, in paper order."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, RowForm, Section

from .consent_versions import keeps_versions, names_at
from .models import Consent, Demographics, Diagnosis, MedicalHistory, PriorTherapy, Signature, Statements
from .models.consent import Signer


class DemographicsForm(CasebookForm):
    model = Demographics
    sections = (Section(_("Demographics"), "performed_on", "birth_date", "sex", "ethnicity"),)
    labels = {"performed_on": _("Date of this information")}


class ConsentForm(CasebookForm):
    model = Consent
    sections = (
        Section(_("Consent"), "performed_on", "text_version", "version_approved", "before_procedures"),
    )

    def for_subject(self, subject: Any, record: Any) -> None:
        """Where the study keeps versions, one of those approved at the site is chosen; what else it says of
        approval is not asked."""
        if not keeps_versions(subject.study_id):
            return
        typed = [record.text_version] if record else []
        names = list(dict.fromkeys([*names_at(subject), *typed]))
        self.fields["text_version"] = forms.ChoiceField(
            label=self.fields["text_version"].label,
            choices=[("", "—"), *((name, name) for name in names)],
            help_text=_("versions approved at this site, the latest first"),
            widget=forms.Select(attrs={"class": "form-select"}),
        )
        self.fields["version_approved"].help_text = _("told by the register of consent texts: leave it empty")
        self.order_fields(["performed_on", "text_version"])


class SignatureForm(RowForm):
    model = Signature
    items = ("signer", "signed", "signed_on")

    @classmethod
    def prefilled(cls) -> tuple[str, ...]:
        return ("signer",)

    @staticmethod
    def offered() -> list[dict[str, str]]:
        """The lines that are printed before anybody signs."""
        return [{"signer": signer} for signer in Signer]


class MedicalHistoryForm(CasebookForm):
    model = MedicalHistory
    sections = (
        Section(
            _("Earlier treatment"),
            "performed_on",
            "prior_therapy_reviewed",
            "prior_allo_hsct",
            "prior_blinatumomab_neurotoxicity_g3",
        ),
        Section(_("Infection"), "active_infection_treated", "infection_uncontrolled", "infection_kind"),
        Section(_("Heart"), "nyha", "hypertension_uncontrolled", "cardiac_history", "cardiac_procedure"),
        Section(
            _("Thrombosis and bleeding"),
            "arterial_thrombosis",
            "arterial_thrombosis_date",
            "venous_thrombosis",
            "venous_thrombosis_date",
            "gi_bleeding",
            "gi_bleeding_date",
        ),
        Section(
            _("Other history"),
            "respiratory_insufficiency",
            "epilepsy_on_therapy",
            "blinatumomab_hypersensitivity",
            "strong_cyp3a_inducer",
            "malabsorption",
            "uncontrolled_illness",
            "uncontrolled_illness_text",
        ),
    )


class PriorTherapyForm(RowForm):
    model = PriorTherapy
    items = ("kind", "drug", "amount", "amount_unit", "start", "stop")


class DiagnosisForm(CasebookForm):
    model = Diagnosis
    sections = (
        Section(_("Diagnosis"), "performed_on", "dx", "newly_dx", "emd", "cd19_pct"),
        Section(
            _("What was examined"),
            "morphology_done",
            "cytochemistry_done",
            "immunophenotype_done",
            "karyotype_done",
            "molecular_done",
        ),
        Section(_("Philadelphia chromosome"), "bcr_abl1_pcr", "bcr_abl1_fish", "bcr_abl1_karyotype"),
        Section(
            _("Genetics of poor risk"),
            "kmt2a_r",
            "tp53_mut",
            "hypodiploidy",
            "complex_karyotype",
            "ph_like",
            "ikzf1",
            "mef2d_r",
            "hlf_r",
            "myc_r",
            "igh_r",
            "znf384_r",
            "pax5alt",
            "iamp21",
        ),
    )


class StatementsForm(CasebookForm):
    model = Statements
    sections = (
        Section(_("Liver"), "performed_on", "leuk_infiltration_liver"),
        Section(_("Transplantation"), "hsct_within_60_days", "willing_hsct"),
        Section(_("Taking part"), "refused", "will_comply", "cannot_consent_or_comply"),
        Section(
            _("Pregnancy and contraception"), "not_childbearing", "contraception_agreed", "pregnancy_planned"
        ),
        Section(_("Judgement"), "investigator_unsuitable", "unsuitable_reason"),
    )

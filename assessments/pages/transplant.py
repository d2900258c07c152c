"""Pages of what follows a transplantation."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section

from ..models import AcuteGvhd, Chimerism, ChronicGvhd, Engraftment


class AcuteGvhdForm(CasebookForm):
    model = AcuteGvhd
    sections = (
        Section(_("Skin and liver"), "performed_on", "skin_pct", "bullae", "bilirubin"),
        Section(_("Gut"), "upper_gi_symptoms", "stool_ml", "stool_episodes", "severe_gut"),
        Section(
            _("Stages, only where they are not those of the findings"),
            "skin",
            "liver",
            "upper_gi",
            "lower_gi",
            "stage_reason",
        ),
        Section(
            _("Confirmation and treatment"),
            "gvhd_class",
            "biopsy",
            "systemic_steroid",
            "steroid_response",
            "comment",
        ),
    )


class ChronicGvhdForm(CasebookForm):
    model = ChronicGvhd
    sections = (
        Section(_("Skin"), "performed_on", "skin_pct", "sclerosis", "skin_explained"),
        Section(_("Judged by you"), "mouth", "eyes", "joints", "genital"),
        Section(_("Gastrointestinal tract"), "gut", "weight_loss_pct", "gi_explained"),
        Section(_("Liver"), "bilirubin", "bilirubin_raised", "alt_times", "alp_times", "liver_explained"),
        Section(_("Lungs"), "fev1_pct", "breath", "lungs_explained"),
        Section(
            _("Scores, only where they are not those of the findings"),
            "skin",
            "gi",
            "liver",
            "lungs",
            "stage_reason",
        ),
        Section(_("Course"), "gvhd_class", "onset_on", "systemic_therapy_on", "comment"),
    )


class ChimerismForm(CasebookForm):
    model = Chimerism
    sections = (
        Section(_("Chimerism"), "performed_on", "specimen", "donor_pct", "method", "told_by", "comment"),
    )


class EngraftmentForm(CasebookForm):
    model = Engraftment
    sections = (
        Section(_("Recovery"), "performed_on", "neutrophils_on", "platelets_on"),
        Section(_("Graft failure"), "graft_failure", "graft_failure_on", "told_by", "comment"),
    )

"""Pages of cytokine release and neurotoxicity, and of what follows a transplantation."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section

from ..models import (
    AcuteGvhd,
    Chimerism,
    ChronicGvhd,
    CytokineRelease,
    Engraftment,
    IceScore,
)


class CytokineReleaseForm(CasebookForm):
    model = CytokineRelease
    sections = (
        Section(_("Day"), "performed_on", "temperature", "other_cause", "anticytokine"),
        Section(_("Circulation and breathing"), "hypotension", "oxygen"),
        Section(_("Grade and treatment"), "ctcae_grade", "tocilizumab", "steroid", "comment"),
    )


class IceScoreForm(CasebookForm):
    model = IceScore
    sections = (
        Section(_("ICE"), "performed_on", "orientation", "naming", "command", "writing", "attention"),
        Section(_("Other domains"), "consciousness", "seizure", "motor_weakness", "oedema"),
        Section(_("Grade"), "ctcae_grade", "comment"),
    )


class AcuteGvhdForm(CasebookForm):
    model = AcuteGvhd
    sections = (
        Section(_("Stages"), "performed_on", "skin", "liver", "upper_gi", "lower_gi"),
        Section(_("Confirmation and treatment"), "biopsy", "systemic_steroid", "steroid_response", "comment"),
    )


class ChronicGvhdForm(CasebookForm):
    model = ChronicGvhd
    sections = (
        Section(
            _("Organ scores"),
            "performed_on",
            "skin",
            "mouth",
            "eyes",
            "gi",
            "liver",
            "lungs",
            "joints",
            "genital",
        ),
        Section(_("Course"), "onset_on", "systemic_therapy_on", "comment"),
    )


class ChimerismForm(CasebookForm):
    model = Chimerism
    sections = (Section(_("Chimerism"), "performed_on", "specimen", "donor_pct", "method", "comment"),)


class EngraftmentForm(CasebookForm):
    model = Engraftment
    sections = (
        Section(_("Recovery"), "performed_on", "neutrophils_on", "platelets_on"),
        Section(_("Graft failure"), "graft_failure", "graft_failure_on", "comment"),
    )

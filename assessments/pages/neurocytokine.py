"""Pages of cytokine release and neurotoxicity."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section

from ..models import CytokineRelease, IceScore


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

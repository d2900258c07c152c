"""Pages of the assessments, in paper order."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section

from .models import VitalSigns


class VitalSignsForm(CasebookForm):
    model = VitalSigns
    sections = (
        Section(_("Measurement"), "performed_on", "height", "weight"),
        Section(_("Vital signs"), "temperature", "systolic", "diastolic", "pulse"),
        Section(_("Performance"), "ecog"),
    )

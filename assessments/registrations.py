"""What other rooms read from the assessments by name."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.registries import FormType

from .forms import VitalSignsForm
from .models import VitalSigns

registries.forms.register("VS", FormType("VS", _("Vital signs"), VitalSigns, VitalSignsForm))

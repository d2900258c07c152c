"""What is measured, sampled and judged at visits."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.values import QuantityItem


class VitalSigns(CasebookRecord):
    """Body size, vital signs and performance status."""

    height = QuantityItem("height", _("Height"))
    weight = QuantityItem("weight", _("Weight"), required=True)
    temperature = QuantityItem("temperature", _("Temperature"))
    systolic = QuantityItem("blood_pressure", _("Systolic blood pressure"))
    diastolic = QuantityItem("blood_pressure", _("Diastolic blood pressure"))
    pulse = QuantityItem("pulse", _("Pulse"))
    ecog = models.PositiveSmallIntegerField(
        _("ECOG performance status"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(5)],
        help_text=_("0 fully active … 4 completely disabled, 5 dead"),
    )

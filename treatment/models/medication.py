"""Other medicines and transfusions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.values import PartialDateItem


class Inhibitor(models.TextChoices):
    """How strongly a medicine inhibits CYP3A (or P-gp): it decides the dose of venetoclax."""

    NONE = "NONE", _("None or weak")
    MODERATE = "MODERATE", _("Moderate CYP3A or P-gp inhibitor")
    STRONG = "STRONG", _("Strong CYP3A inhibitor")
    POSACONAZOLE = "POSACONAZOLE", _("Posaconazole")


class ConcomitantMedication(CasebookRecord):
    """A medicine taken beside the protocol's treatment; `performed_on` is the earliest day it may have begun."""

    medicine = models.CharField(_("medicine"), max_length=120)
    indication = models.CharField(_("indication"), max_length=200, blank=True, default="")
    dose = models.CharField(_("dose and frequency"), max_length=100, blank=True, default="")
    route = models.CharField(_("route"), max_length=40, blank=True, default="")
    inhibitor = models.CharField(
        _("CYP3A inhibitor"), max_length=12, choices=Inhibitor, blank=True, default=""
    )
    started = PartialDateItem(_("Started"), required=True)
    stopped = PartialDateItem(_("Stopped"))


class BloodProduct(models.TextChoices):
    """What was transfused."""

    RBC = "RBC", _("Red cells")
    PLT = "PLT", _("Platelets")
    FFP = "FFP", _("Plasma")
    CRYO = "CRYO", _("Cryoprecipitate")
    ALB = "ALB", _("Albumin")
    IVIG = "IVIG", _("Immunoglobulin")
    OTHER = "OTHER", _("Other")


class Transfusion(CasebookRecord):
    """One transfusion: product and units on a day (counts for platelets and red cells within 7 days matter)."""

    product = models.CharField(_("product"), max_length=5, choices=BloodProduct)
    units = models.DecimalField(_("units"), max_digits=6, decimal_places=2, null=True, blank=True)
    reason = models.CharField(_("indication"), max_length=200, blank=True, default="")

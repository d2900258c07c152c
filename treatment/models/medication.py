"""Other medicines and transfusions."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.values import PartialDateItem


class Inhibitor(models.TextChoices):
    """How strongly a medicine inhibits CYP3A (or P-gp): it decides the dose of venetoclax."""

    NONE = "NONE", _("None or weak")
    MODERATE = "MODERATE", _("Moderate CYP3A or P-gp inhibitor")
    STRONG = "STRONG", _("Strong CYP3A inhibitor")
    POSACONAZOLE = "POSACONAZOLE", _("Posaconazole")


STRENGTH = (Inhibitor.NONE, Inhibitor.MODERATE, Inhibitor.STRONG, Inhibitor.POSACONAZOLE)  # rising


class MedicineUnit(models.TextChoices):
    """The unit of one dose."""

    MG = "mg", "mg"
    G = "g", "g"
    UG = "ug", "µg"
    ML = "mL", "mL"
    IU = "IU", _("IU")
    MIU = "MIU", _("million IU")
    UNIT = "unit", _("tablets, capsules or other units")


class Route(models.TextChoices):
    """How a medicine is given. Records of earlier versions have it in their own words."""

    ORAL = "ORAL", _("By mouth")
    IV = "IV", _("Intravenous")
    IM = "IM", _("Intramuscular")
    SC = "SC", _("Subcutaneous")
    TOPICAL = "TOPICAL", _("On the skin")
    INHALED = "INHALED", _("Inhaled")
    INTRATHECAL = "IT", _("Intrathecal")
    EYE = "EYE", _("In the eye")
    RECTAL = "RECTAL", _("Rectal")
    OTHER = "OTHER", _("Other")


class ConcomitantMedication(CasebookRecord):
    """A medicine taken beside the protocol's treatment; `performed_on` is the earliest day it may have begun.

    What the medicine is, and what it does to the treatment, is read from the dictionary by its name, never stored."""

    natures = dict.fromkeys(("medicine", "dose"), Nature.PLAIN)
    units_in = {"amount": "unit"}

    medicine = models.CharField(
        _("medicine"), max_length=120, help_text=_("choose from the list, or type any other name")
    )
    indication = models.CharField(
        pgettext_lazy("of a medicine", "indication"), max_length=200, blank=True, default=""
    )
    amount = models.DecimalField(
        _("one dose"),
        max_digits=10,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    unit = models.CharField(_("unit"), max_length=10, choices=MedicineUnit, blank=True, default="")
    per_day = models.DecimalField(
        _("doses a day"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("0.5 is every other day; for a single dose 1, with the same day as start and stop"),
        validators=[MinValueValidator(0), MaxValueValidator(48)],
    )
    dose = models.CharField(
        _("dose and frequency"),
        max_length=100,
        blank=True,
        default="",
        help_text=_("in words, where numbers do not say it: as needed, tapering"),
    )
    route = models.CharField(_("route"), max_length=40, choices=Route, blank=True, default="")
    inhibitor = models.CharField(
        _("CYP3A inhibitor"),
        max_length=12,
        choices=Inhibitor,
        blank=True,
        default="",
        help_text=_("empty: as the dictionary of medicines has it"),
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

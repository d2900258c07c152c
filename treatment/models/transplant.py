"""Donor, transplantation and cell therapy."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord


class DonorKind(models.TextChoices):
    """The best donor found."""

    MSD = "MSD", _("Matched sibling")
    MUD10 = "MUD10", _("Unrelated, 10/10")
    MMUD9 = "MMUD9", _("Unrelated, 9/10")
    HAPLO = "HAPLO", _("Haploidentical")


DONOR_CHOICES = [*DonorKind.choices, ("NONE", _("No donor found")), ("PENDING", _("Search pending"))]


class Donor(CasebookRecord):
    """The donor as known on a day, and when conditioning is planned."""

    item_units = {"donor_age": _("years")}

    donor = models.CharField(_("best donor"), max_length=8, choices=DONOR_CHOICES, blank=True, default="")
    donor_available = models.BooleanField(_("Identified and available"), null=True, blank=True)
    hla_match = models.CharField(
        _("HLA loci matched"), max_length=10, blank=True, default="", help_text=_("such as 10/10")
    )
    donor_sex = models.CharField(
        _("sex of the donor"),
        max_length=1,
        choices=[("M", _("Male")), ("F", _("Female"))],
        blank=True,
        default="",
    )
    donor_age = models.PositiveSmallIntegerField(_("age of the donor"), null=True, blank=True)
    conditioning_planned = models.DateField(_("planned first day of conditioning"), null=True, blank=True)


class GraftSource(models.TextChoices):
    """Where the graft came from."""

    PB = "PB", _("Peripheral blood")
    BM = "BM", _("Bone marrow")
    BM_PB = "BM_PB", _("Bone marrow and peripheral blood")
    CB = "CB", _("Cord blood")


class Intensity(models.TextChoices):
    """Intensity of conditioning."""

    MAC = "MAC", _("Myeloablative")
    RIC = "RIC", _("Reduced intensity")
    NMA = "NMA", _("Non-myeloablative")


class Transplant(CasebookRecord):
    """An allogeneic transplantation; `performed_on` is day 0, the day the graft was infused."""

    item_units = {"cd34": "10⁶/kg", "mnc": "10⁸/kg"}

    conditioning_on = models.DateField(_("first day of conditioning"), null=True, blank=True)
    intensity = models.CharField(
        _("intensity of conditioning"), max_length=3, choices=Intensity, blank=True, default=""
    )
    conditioning = models.CharField(_("conditioning regimen"), max_length=200, blank=True, default="")
    donor = models.CharField(_("donor"), max_length=8, choices=DonorKind, blank=True, default="")
    graft_source = models.CharField(_("graft"), max_length=5, choices=GraftSource, blank=True, default="")
    cd34 = models.DecimalField(_("CD34+ cells"), max_digits=7, decimal_places=3, null=True, blank=True)
    mnc = models.DecimalField(_("mononuclear cells"), max_digits=7, decimal_places=3, null=True, blank=True)
    prophylaxis = models.CharField(_("GVHD prophylaxis"), max_length=200, blank=True, default="")
    atg = models.BooleanField(_("Antithymocyte globulin"), null=True, blank=True)
    ptcy = models.BooleanField(_("Post-transplant cyclophosphamide"), null=True, blank=True)


class CellStep(models.TextChoices):
    """What happened on the day that the form is about."""

    APHERESIS = "APHERESIS", _("Apheresis")
    LYMPHODEPLETION = "LYMPHODEPLETION", _("Lymphodepletion begins")
    INFUSION = "INFUSION", _("Infusion of the cells (day 0)")
    FOLLOW_UP = "FOLLOW_UP", _("Follow-up")


class CellTherapy(CasebookRecord):
    """One step of CAR-T therapy; of the infusion `performed_on` is day 0."""

    item_units = {"dose": "10⁶/kg", "viability": "%"}

    step = models.CharField(_("step"), max_length=15, choices=CellStep)
    product = models.CharField(_("product"), max_length=100, blank=True, default="")
    lot = models.CharField(_("lot"), max_length=60, blank=True, default="")
    apheresis_on = models.DateField(_("date of apheresis"), null=True, blank=True)
    lymphodepletion_on = models.DateField(_("first day of lymphodepletion"), null=True, blank=True)
    dose = models.DecimalField(_("CAR-T cells"), max_digits=8, decimal_places=4, null=True, blank=True)
    viability = models.DecimalField(_("viability"), max_digits=5, decimal_places=2, null=True, blank=True)
    bridging = models.BooleanField(_("Bridging therapy"), null=True, blank=True)
    tocilizumab = models.BooleanField(_("Tocilizumab given"), null=True, blank=True)
    steroid = models.BooleanField(_("Corticosteroid given"), null=True, blank=True)
    comment = models.TextField(_("remarks"), blank=True, default="")

"""CAR-T cells: the steps, bridging, tocilizumab and corticosteroid, B-cell aplasia."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from assessments.models.columns import amount, code, data_source, percentage, words, yes_no
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import CasebookRecord, CasebookRow
from trialsite.casebook.values import QuantityItem


class CellStep(models.TextChoices):
    """What happened on the day that the form is about."""

    APHERESIS = "APHERESIS", _("Apheresis")
    LYMPHODEPLETION = "LYMPHODEPLETION", _("Lymphodepletion begins")
    INFUSION = "INFUSION", _("Infusion of the cells (day 0)")
    FOLLOW_UP = "FOLLOW_UP", _("Follow-up")


class CellTherapy(CasebookRecord):
    """One step of CAR-T therapy; of the infusion `performed_on` is day 0."""

    item_units = {"dose": "10⁶/kg", "viability": "%", "transduction_pct": "%"}
    natures = dict.fromkeys(("product", "lot"), Nature.PLAIN)

    step = models.CharField(_("step"), max_length=15, choices=CellStep)
    product = models.CharField(_("product"), max_length=100, blank=True, default="")
    lot = models.CharField(_("lot"), max_length=60, blank=True, default="")
    apheresis_on = models.DateField(_("date of apheresis"), null=True, blank=True)
    lymphocytes = QuantityItem(
        "lymphocytes", _("Lymphocytes at apheresis"), _("empty: the laboratory result of up to 7 days before")
    )
    lymphodepletion_on = models.DateField(_("first day of lymphodepletion"), null=True, blank=True)
    transduction_pct = percentage(_("CAR-positive cells of the product (transduction)"))
    dose = models.DecimalField(_("CAR-T cells"), max_digits=8, decimal_places=4, null=True, blank=True)
    viability = models.DecimalField(_("viability"), max_digits=5, decimal_places=2, null=True, blank=True)
    weight = QuantityItem("weight", _("Weight at the infusion"), _("for the number of cells in all"))
    bridging = models.BooleanField(_("Bridging therapy"), null=True, blank=True)
    tocilizumab = models.BooleanField(_("Tocilizumab given"), null=True, blank=True)
    steroid = models.BooleanField(_("Corticosteroid given"), null=True, blank=True)
    told_by = data_source()
    comment = models.TextField(_("remarks"), blank=True, default="")


class BridgingDrug(CasebookRow):
    """One treatment between apheresis and lymphodepletion."""

    natures = {"medicine": Nature.PLAIN}

    record = models.ForeignKey(CellTherapy, on_delete=models.PROTECT, related_name="bridges", editable=False)
    medicine = models.CharField(_("treatment"), max_length=120)
    first_on = models.DateField(_("first day"), null=True, blank=True)
    last_on = models.DateField(_("last day"), null=True, blank=True)
    note = words(_("dose, note"), length=200)


class CourseAgent(models.TextChoices):
    """What is given against the effects of the cells."""

    TOCILIZUMAB = "TOCILIZUMAB", _("Tocilizumab")
    DEXAMETHASONE = "DEXAMETHASONE", _("Dexamethasone")
    METHYLPREDNISOLONE = "METHYLPREDNISOLONE", _("Methylprednisolone")
    PREDNISONE = "PREDNISONE", _("Prednisone")
    ANAKINRA = "ANAKINRA", _("Anakinra")
    RUXOLITINIB = "RUXOLITINIB", _("Ruxolitinib")
    OTHER = "OTHER", _("Other: say what")


class CourseReason(models.TextChoices):
    """Why it was given."""

    CRS = "CRS", _("Cytokine release syndrome")
    ICANS = "ICANS", _("Neurotoxicity (ICANS)")
    ICAHT = "ICAHT", _("Cytopenia after cells (ICAHT)")
    OTHER = "OTHER", _("Another reason")


class CellCourses(CasebookRecord):
    """Courses of tocilizumab and corticosteroid after CAR-T cells, as known on a day."""

    told_by = data_source()
    comment = words(_("remarks"))


class CellCourse(CasebookRow):
    """One course: each dose alike; without a last day it goes on."""

    record = models.ForeignKey(CellCourses, on_delete=models.PROTECT, related_name="courses", editable=False)
    agent = models.CharField(_("agent"), max_length=20, choices=CourseAgent)
    reason = code(_("against"), CourseReason)
    dose_mg = models.DecimalField(
        _("one dose"),
        max_digits=9,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="mg",
        validators=[MinValueValidator(0)],
    )
    doses = models.PositiveSmallIntegerField(_("number of doses"), null=True, blank=True)
    started_on = models.DateField(_("first day"))
    stopped_on = models.DateField(_("last day"), null=True, blank=True)
    note = words(_("note"), length=200)


class BCellAplasia(CasebookRecord):
    """B cells, immunoglobulin and persistence of the CAR-T cells on one day."""

    item_units = {"cd19_cells": "/µL", "car_copies": _("copies/µg DNA"), "car_pct": "%"}

    cd19_cells = amount(_("CD19-positive B cells in blood"))
    igg = QuantityItem("igg", _("IgG"), _("empty: the laboratory result of this day"))
    ivig = yes_no(_("Immunoglobulin replaced"))
    car_copies = models.DecimalField(
        _("CAR transgene (qPCR)"),
        max_digits=11,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("0 when none was found"),
        validators=[MinValueValidator(0)],
    )
    car_pct = percentage(_("CAR-positive T cells (flow cytometry)"), _("share of the T cells in blood"))
    told_by = data_source()
    comment = words(_("remarks"))

"""Blinatumomab as it ran."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord, CasebookRow


class StopReason(models.TextChoices):
    """Why a stretch of infusion ended."""

    BAG_CHANGE = "BAG_CHANGE", _("Bag change")
    PUMP = "PUMP", _("Pump")
    LINE = "LINE", _("Line")
    AE = "AE", _("Adverse event")
    PROCEDURE = "PROCEDURE", _("Procedure")
    END = "END", _("End of the course")
    ERROR = "ERROR", _("Error")


class Bag(models.TextChoices):
    """How long one bag runs; the pump rate where the manufacturer gives one."""

    H24 = "24H", _("24 hours (10 mL/h)")
    H48 = "48H", _("48 hours (5 mL/h)")
    H72 = "72H", _("72 hours")
    H96 = "96H", _("96 hours")
    D7 = "7D", _("7 days (0.6 mL/h)")


class PremedicationDrug(models.TextChoices):
    """What is given before a start of the pump."""

    DEXAMETHASONE = "DEXAMETHASONE", _("Dexamethasone")
    PREDNISONE = "PREDNISONE", _("Prednisone, prednisolone")
    METHYLPREDNISOLONE = "METHYLPREDNISOLONE", _("Methylprednisolone")
    PARACETAMOL = "PARACETAMOL", _("Paracetamol")
    ANTIHISTAMINE = "ANTIHISTAMINE", _("Antihistamine")
    OTHER = "OTHER", _("Other: say what in the remarks")


class BlinatumomabInfusion(CasebookRecord):
    """Stretches of infusion reported together (at a visit)."""

    line_flushed = models.BooleanField(
        _("The line was flushed (overdose: a medication error)"), null=True, blank=True
    )
    premedication_listed = models.BooleanField(
        _("All premedication before these stretches is listed below"),
        null=True,
        blank=True,
        help_text=_("yes, and none listed: none was given"),
    )
    comment = models.TextField(_("remarks"), blank=True, default="")


class InfusionSegment(CasebookRow):
    """One bag, or stretch of infusion at one rate; without a stop it runs."""

    item_units = {"rate": _("µg/day")}

    record = models.ForeignKey(BlinatumomabInfusion, on_delete=models.PROTECT, related_name="lines")
    start = models.DateTimeField(_("start"))
    stop = models.DateTimeField(_("stop"), null=True, blank=True)
    bag = models.CharField(
        _("bag"),
        max_length=3,
        choices=Bag,
        blank=True,
        default="",
        help_text=_("from its start the next change is counted"),
    )
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=3)
    stop_reason = models.CharField(
        _("why it stopped"), max_length=12, choices=StopReason, blank=True, default=""
    )

    class Meta(CasebookRow.Meta):
        indexes = [
            models.Index(
                fields=["study", "site"], condition=models.Q(stop=None, voided=False), name="infusion_open"
            )
        ]


class Premedication(CasebookRow):
    """One dose given before a start of the pump."""

    item_units = {"dose": "mg"}

    record = models.ForeignKey(BlinatumomabInfusion, on_delete=models.PROTECT, related_name="premedication")
    drug = models.CharField(_("drug"), max_length=20, choices=PremedicationDrug)
    dose = models.DecimalField(_("dose"), max_digits=7, decimal_places=2, null=True, blank=True)
    given_at = models.DateTimeField(_("given at"), null=True, blank=True)

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


class BlinatumomabInfusion(CasebookRecord):
    """Stretches of infusion reported together (at a visit)."""

    line_flushed = models.BooleanField(
        _("The line was flushed (overdose: a medication error)"), null=True, blank=True
    )
    comment = models.TextField(_("remarks"), blank=True, default="")


class InfusionSegment(CasebookRow):
    """One bag, or stretch of infusion at one rate; without a stop it runs."""

    item_units = {"rate": _("µg/day")}

    record = models.ForeignKey(BlinatumomabInfusion, on_delete=models.PROTECT, related_name="lines")
    start = models.DateTimeField(_("start"))
    stop = models.DateTimeField(_("stop"), null=True, blank=True)
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

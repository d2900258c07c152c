"""Doses given at a visit."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord, CasebookRow


class Reason(models.TextChoices):
    """Why another dose than the planned one was prescribed or given."""

    TOX = "TOX", _("Toxicity")
    CAP = "CAP", _("Capped")
    OBESITY = "OBESITY", _("Obesity")
    RENAL = "RENAL", _("Renal function")
    HEPATIC = "HEPATIC", _("Hepatic function")
    ERROR = "ERROR", _("Error")
    OTHER = "OTHER", _("Other: say what")


class DoseUnit(models.TextChoices):
    """Units of a dose."""

    MG = "mg", "mg"
    UG = "ug", "µg"
    G = "g", "g"
    CELLS = "cells", _("cells")
    IU = "U", _("IU")
    GY = "Gy", "Gy"


class DosesGiven(CasebookRecord):
    """Doses reported at a visit; blinatumomab stands in its infusion record."""

    comment = models.TextField(_("remarks"), blank=True, default="")


class DoseGiven(CasebookRow):
    """What one drug came to on one day: prescribed and given, each for the whole day. Not given is 0."""

    units_in = dict.fromkeys(("prescribed", "given"), "unit")

    record = models.ForeignKey(DosesGiven, on_delete=models.PROTECT, related_name="lines")
    drug = models.CharField(_("drug"), max_length=40)
    given_on = models.DateField(_("day"))
    prescribed = models.DecimalField(
        _("prescribed (whole day)"), max_digits=20, decimal_places=4, null=True, blank=True
    )
    given = models.DecimalField(
        _("given (whole day)"), max_digits=20, decimal_places=4, null=True, blank=True
    )
    unit = models.CharField(_("unit"), max_length=10, choices=DoseUnit, default=DoseUnit.MG)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason, blank=True, default="")
    note = models.CharField(_("note"), max_length=200, blank=True, default="")

    def get_drug_display(self) -> str:
        """The drug by its name."""
        from treatment.doses.drugs import drug_name

        return drug_name(self.drug)

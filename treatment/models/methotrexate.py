"""High-dose methotrexate: one infusion with its levels and the leucovorin that was given."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord, CasebookRow
from trialsite.casebook.values import QuantityItem

LOWEST_PH, HIGHEST_PH = 4, 9  # of urine


class LeucovorinRoute(models.TextChoices):
    """How leucovorin is given."""

    IV = "IV", _("Intravenous")
    IM = "IM", _("Intramuscular")
    PO = "PO", _("By mouth")


class MethotrexateInfusion(CasebookRecord):
    """One infusion of high-dose methotrexate; `performed_on` is the day of its start."""

    item_units = {"planned_hours": "h", "dose": "mg"}

    start = models.DateTimeField(_("start of the infusion"))
    end = models.DateTimeField(
        _("end of the infusion"), null=True, blank=True, help_text=_("enter it when the infusion is over")
    )
    planned_hours = models.DecimalField(
        _("planned duration"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(72)],
        help_text=_("it decides which table of levels holds until the end is entered"),
    )
    dose = models.DecimalField(
        _("dose"), max_digits=8, decimal_places=1, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    urine_ph = models.DecimalField(
        _("urine pH before the start"),
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(LOWEST_PH), MaxValueValidator(HIGHEST_PH)],
    )
    effusion = models.BooleanField(_("pleural effusion or ascites before the start"), null=True, blank=True)
    comment = models.TextField(_("remarks"), blank=True, default="")


class MethotrexateLevel(CasebookRow):
    """One level as reported. One drawn from the infusion line is kept and never judged."""

    record = models.ForeignKey(
        MethotrexateInfusion, on_delete=models.PROTECT, related_name="levels", editable=False
    )
    drawn_at = models.DateTimeField(_("drawn at"))
    level = QuantityItem("methotrexate", _("Level"), required=True)
    from_line = models.BooleanField(_("drawn from the infusion line (not valid)"), null=True)
    creatinine = QuantityItem(
        "creatinine", _("Creatinine at that time"), _("empty: the laboratory report of the same day counts")
    )


class LeucovorinDose(CasebookRow):
    """One dose of leucovorin."""

    item_units = {"dose": "mg"}

    record = models.ForeignKey(
        MethotrexateInfusion, on_delete=models.PROTECT, related_name="leucovorin", editable=False
    )
    given_at = models.DateTimeField(_("given at"))
    dose = models.DecimalField(_("dose"), max_digits=7, decimal_places=1, validators=[MinValueValidator(0)])
    route = models.CharField(_("route"), max_length=4, choices=LeucovorinRoute)

"""The tray of the laboratory table: pasted rows that wait for a person, and the names that people have told."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import SiteBound, Subject
from trialsite.clinical.units import ANALYTES
from trialsite.keys import new_id


def analyte_word(key: str) -> str:
    """The analyte's name in the reader's language."""
    return ANALYTES[key].label.in_language(get_language() or "en") if key in ANALYTES else key


class TrayState(models.TextChoices):
    """Where a row of the tray stands."""

    OPEN = "open", _("Waits in the tray")
    ASSIGNED = "assigned", _("Assigned to an analyte")
    DISMISSED = "dismissed", _("Dismissed")


class TrayWhy(models.TextChoices):
    """Why a row waits: the codes of `domain.lab_match.Why`."""

    NAME = "name", _("no analyte has this name")
    TWO_NAMES = "two-names", _("the name stands for two analytes")
    UNIT = "unit", _("the unit is none of this analyte's")
    NO_UNIT = "no-unit", _("without a unit it may be a count or a percentage")
    SPECIMEN = "specimen", _("not measured in blood")
    NUMBER = "number", _("the result is no number")
    COLUMN = "column", _("it cannot be told which draw it belongs to")


class LabTrayRow(SiteBound):
    """One pasted row that is no clear result: as printed, without anything about the person.

    It waits until somebody says which analyte it is, or dismisses it with a reason."""

    protection = Protection(trail="subject", rows="site", held="values")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", editable=False)
    label = models.CharField(_("Name as printed"), max_length=100)
    result = models.CharField(_("Result"), max_length=60)
    unit = models.CharField(_("Unit"), max_length=30, blank=True, default="")
    reference = models.CharField(_("Limits as printed"), max_length=40, blank=True, default="")
    drawn_on = models.DateField(_("Day of the draw"), null=True)
    sample_time = models.TimeField(_("Sample time"), null=True)
    laboratory = models.CharField(_("Laboratory"), max_length=100, blank=True, default="")
    why = models.CharField(_("why it waits"), max_length=10, choices=TrayWhy)
    state = models.CharField(max_length=10, choices=TrayState, default=TrayState.OPEN)
    analyte = models.CharField(_("Analyte"), max_length=30, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    kept_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    kept_at = models.DateTimeField(default=timezone.now)
    settled_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("row of the laboratory tray")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=TrayState.OPEN, settled_by=None, settled_at=None, analyte="", reason="")
                | Q(state=TrayState.ASSIGNED, settled_by__isnull=False, settled_at__isnull=False)
                & ~Q(analyte="")
                | Q(state=TrayState.DISMISSED, settled_by__isnull=False, settled_at__isnull=False)
                & ~Q(reason=""),
                name="who_settles_a_tray_row_says_when_and_how",
            )
        ]
        indexes = [
            models.Index(
                fields=["study", "site", "subject"], condition=Q(state=TrayState.OPEN), name="tray_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.result}"

    def get_analyte_display(self) -> str:
        return analyte_word(self.analyte)

    @property
    def assignable(self) -> bool:
        """Whether naming the analyte is all that it lacks."""
        return self.why not in (TrayWhy.NUMBER, TrayWhy.COLUMN)


class LabName(SiteBound):
    """A name that a laboratory prints, and the analyte that the site said it is; `in_use` until it is taken back.

    `name` is folded (see `domain.lab_names.folded`), and so is `laboratory`, as far as spelling means nothing."""

    protection = Protection(trail="study", rows="site")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    laboratory = models.CharField(_("Laboratory"), max_length=100, blank=True, default="")
    name = models.CharField(_("Name as printed"), max_length=100)
    analyte = models.CharField(_("Analyte"), max_length=30)
    in_use = models.BooleanField(_("in use"), default=True)
    told_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("name of an analyte at a laboratory")
        constraints = [
            models.UniqueConstraint(
                fields=["study", "site", "laboratory", "name"],
                name="a_laboratory_prints_a_name_for_one_analyte",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.analyte}"

    def get_analyte_display(self) -> str:
        return analyte_word(self.analyte)

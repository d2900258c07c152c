"""The start of a phase or cycle, and the doses planned for it: a decision, kept with its inputs."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from treatment.doses.drugs import drug_name
from trialsite.audit.protection import Protection
from trialsite.casebook.models import CasebookRecord, SiteBound
from trialsite.casebook.names import phase_name, regimen_name
from trialsite.casebook.values import QuantityItem
from trialsite.keys import new_id
from trialsite.studies.words import code_words

from .doses import Reason

DECISION = Protection(trail="subject", rows="site", app=("insert",), held="values")


class EndReason(models.TextChoices):
    """Why a phase ended."""

    COMPLETED = "COMPLETED", _("Completed as planned")
    TOXICITY = "TOXICITY", _("Stopped early: toxicity")
    RELAPSE = "RELAPSE", _("Stopped early: relapse or progression")
    RESPONSE = "RESPONSE", _("Stopped early: no response")
    DECISION = "DECISION", _("Stopped early: decision of investigator or subject")
    OTHER = "OTHER", _("Another reason")


class ChildPugh(models.TextChoices):
    """Class of liver cirrhosis, for doses that depend on it."""

    NONE = "NONE", _("No cirrhosis")
    A = "A", "A"
    B = "B", "B"
    C = "C", "C"


class DelayReason(models.TextChoices):
    """Why a phase began later than planned."""

    COUNTS = "COUNTS", _("Blood counts not recovered")
    INFECTION = "INFECTION", _("Infection")
    TOXICITY = "TOXICITY", _("Other toxicity")
    DONOR = "DONOR", _("Donor not ready")
    SUBJECT = "SUBJECT", _("Wish of the subject")
    LOGISTICS = "LOGISTICS", _("Logistics: bed, drug, cell product")
    OTHER = "OTHER", _("Another reason")


class CycleStart(CasebookRecord):
    """A phase of the protocol that began: `performed_on` is its day 1; body size is what its doses rest on."""

    phase = models.CharField(_("phase"), max_length=40)
    height = QuantityItem("height", _("Height"))
    weight = QuantityItem(
        "weight",
        _("Weight"),
        _("Measured at most 7 days before day 1; it fixes the doses of the whole phase."),
    )
    weighed_on = models.DateField(_("weighed on"), null=True, blank=True)
    dose_level = models.DecimalField(
        _("dose level"),
        max_digits=3,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("share of the full dose; empty: the full dose"),
    )
    dose_level_reason = models.CharField(
        _("why not the full dose"), max_length=10, choices=Reason, blank=True, default=""
    )
    child_pugh = models.CharField(
        _("Child-Pugh class"), max_length=4, choices=ChildPugh, blank=True, default=""
    )
    delay_reason = models.CharField(
        _("why it began later than planned"), max_length=10, choices=DelayReason, blank=True, default=""
    )
    ended_on = models.DateField(_("last day of treatment"), null=True, blank=True)
    end_reason = models.CharField(_("how it ended"), max_length=20, choices=EndReason, blank=True, default="")

    def get_phase_display(self) -> str:
        """The phase's name in the reader's language."""
        return phase_name(self.subject.protocol_version.protocol, self.phase)


class DosePlan(SiteBound):
    """The doses of one cycle as computed once: never changed; a later computation is a new plan.

    `from_day`: what stands before that day of the cycle was taken over from the plan before it. `inputs` holds what
    it rests on: body size with its working, and every fact with its date and source record.
    """

    protection = DECISION

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey("casebook.Subject", on_delete=models.PROTECT, related_name="+")
    cycle = models.ForeignKey(CycleStart, on_delete=models.PROTECT, related_name="plans")
    number = models.PositiveSmallIntegerField()
    phase = models.CharField(max_length=40)
    regimen = models.CharField(max_length=40)
    protocol_version = models.ForeignKey(
        "studies.ProtocolVersion", on_delete=models.PROTECT, related_name="+"
    )
    digest = models.CharField(max_length=64)
    height_cm = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    weight_kg = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    dose_level = models.DecimalField(max_digits=3, decimal_places=2, default=Decimal(1))
    from_day = models.PositiveSmallIntegerField(default=1)
    bsa_m2 = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    inputs = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True, default="")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["cycle", "number"], name="dose_plan_once")]

    def __str__(self) -> str:
        return f"{self.phase} {self.number}"

    def get_phase_display(self) -> str:
        """The phase's name in the reader's language."""
        return phase_name(self.subject.protocol_version.protocol, self.phase)

    def get_regimen_display(self) -> str:
        """The regimen's name in the reader's language."""
        return regimen_name(self.subject.protocol_version.protocol, self.regimen)


class PlannedDose(SiteBound):
    """One drug at one dose level of a plan, the same on each of `days`, `per_day` times a day.

    `amount` is one dose as the plan prescribes it (rounded); 0 when it is omitted, None when it could not be planned,
    for want of `missing_facts`. `reasons` are the codes of what changed it.
    """

    protection = DECISION

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey("casebook.Subject", on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(DosePlan, on_delete=models.PROTECT, related_name="doses")
    line = models.PositiveSmallIntegerField()
    drug = models.CharField(max_length=40)
    name_en = models.CharField(max_length=120)
    name_zh = models.CharField(max_length=120)
    route = models.CharField(max_length=20)
    unit = models.CharField(max_length=20)
    days = models.JSONField(default=list)
    per_day = models.PositiveSmallIntegerField(default=1)
    calculated = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    amount = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    cap_applied = models.BooleanField(default=False)
    infusion_hours = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    reasons = models.JSONField(default=list)
    working_en = models.CharField(max_length=600)
    working_zh = models.CharField(max_length=600)
    missing_facts = models.JSONField(default=list)

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["plan", "line"], name="planned_dose_line")]

    def __str__(self) -> str:
        return f"{self.drug} {self.days}"

    def get_drug_display(self) -> str:
        """The drug by its name."""
        return drug_name(self.drug)

    def get_route_display(self) -> str:
        """How it is given, in words."""
        return code_words(self.route, "route")

    def get_unit_display(self) -> str:
        return code_words(self.unit, "unit")

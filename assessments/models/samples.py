"""The log of samples for MRD: each tube from the vein to the report, shipments, and what laboratories declared."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import Projection, SiteBound, Subject
from trialsite.keys import new_id

from ..samples.states import ACTION_LABELS, RejectReason, SampleState
from .disease import MrdMethod, MrdSample


class Shipment(SiteBound):
    """Samples of one site that left together for one laboratory; the list says nothing of who they are from."""

    protection = Protection(trail="study", rows="site", app=("insert",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    laboratory = models.CharField(_("laboratory"), max_length=100)
    courier = models.CharField(_("courier"), max_length=80, blank=True, default="")
    consignment = models.CharField(_("consignment number"), max_length=60, blank=True, default="")
    sent_at = models.DateTimeField(_("sent"))
    sent_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("shipment")
        indexes = [models.Index(fields=["study", "site", "sent_at"], name="shipment_of_site")]

    def __str__(self) -> str:
        return f"{self.laboratory} {self.consignment}".strip()


class LoggedSample(SiteBound):
    """One tube for one method. `label` is what stands on the tube: a code without identity.

    A row exists from the draw on; what is only planned is computed. Each `_at` is the instant at which it happened;
    who recorded it and when stands in the steps."""

    class Purpose(models.TextChoices):
        MRD = "MRD", _("MRD")
        INDEX = "INDEX", _("Index sample of diagnosis")

    protection = Protection(trail="subject", rows="site", held="values")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", editable=False)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose, default=Purpose.MRD)
    visit_key = models.CharField(_("visit"), max_length=40, blank=True, default="")
    visit_repeat = models.PositiveSmallIntegerField(default=1)
    method = models.CharField(_("method"), max_length=20, choices=MrdMethod)
    specimen = models.CharField(_("specimen"), max_length=20, choices=MrdSample.Specimen)
    label = models.CharField(_("code on the tube"), max_length=40)
    state = models.CharField(max_length=12, choices=SampleState, default=SampleState.DRAWN)
    drawn_at = models.DateTimeField(_("drawn"))
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, null=True, related_name="samples")
    sent_at = models.DateTimeField(_("sent"), null=True)
    received_at = models.DateTimeField(_("received"), null=True)
    rejected_at = models.DateTimeField(_("rejected"), null=True)
    reject_reason = models.CharField(
        _("reason of the rejection"), max_length=20, choices=RejectReason, blank=True, default=""
    )
    reported_at = models.DateTimeField(_("reported"), null=True)
    result = models.ForeignKey(MrdSample, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("sample")
        constraints = [
            models.UniqueConstraint(
                fields=["study", "label"],
                condition=~Q(state=SampleState.VOIDED.value),
                name="a_tube_has_its_own_code",
            ),
            models.CheckConstraint(
                condition=Q(rejected_at=None, reject_reason="")
                | Q(rejected_at__isnull=False) & ~Q(reject_reason=""),
                name="a_rejected_sample_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["study", "site", "state"], name="sample_log_of_site"),
            models.Index(fields=["subject"], name="sample_log_of_subject"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def last_at(self) -> datetime:
        """The latest instant that is recorded: nothing later can have happened before it."""
        known: tuple[Any, ...] = (
            self.drawn_at,
            self.sent_at,
            self.received_at,
            self.rejected_at,
            self.reported_at,
        )
        return max(at for at in known if at is not None)


class SampleStep(SiteBound):
    """One step of a sample: when it happened, who recorded it, what was said; written once."""

    protection = Protection(trail="subject", rows="site", app=("insert",), held="values")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", editable=False)
    sample = models.ForeignKey(LoggedSample, on_delete=models.PROTECT, related_name="steps")
    action = models.CharField(_("step"), max_length=12, choices=ACTION_LABELS)
    happened_at = models.DateTimeField(_("happened"))
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    recorded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("step of a sample")
        ordering = ["recorded_at", "pk"]

    def __str__(self) -> str:
        return self.action


class MrdDeclaration(models.Model):
    """A laboratory's signed statement of what its method detects; limits are fractions of nucleated cells.

    It counts from `valid_from` for reports that state no limit themselves. One that was recorded wrongly is withdrawn.
    """

    protection = Protection(trail="study")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    laboratory = models.CharField(_("laboratory"), max_length=100)
    method = models.CharField(_("method"), max_length=20, choices=MrdMethod)
    lod = models.DecimalField(_("limit of detection"), max_digits=12, decimal_places=10)
    loq = models.DecimalField(_("limit of quantification"), max_digits=12, decimal_places=10, null=True)
    signed_on = models.DateField(_("date of the declaration"))
    valid_from = models.DateField(_("valid from"))
    signatory = models.CharField(_("who signed at the laboratory"), max_length=80)
    document = models.CharField(_("where the document is filed"), max_length=120, blank=True, default="")
    recorded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.CharField(_("why it is withdrawn"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("declaration of a laboratory")
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_by=None, withdrawn_at=None, withdrawn_why="")
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False) & ~Q(withdrawn_why=""),
                name="who_withdraws_a_declaration_says_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(lod__gt=0, lod__lte=1) & (Q(loq=None) | Q(loq__gte=models.F("lod"), loq__lte=1)),
                name="declared_limits_are_fractions_in_order",
            ),
        ]
        ordering = ["laboratory", "method", "-valid_from"]

    def __str__(self) -> str:
        return f"{self.laboratory} {self.method} {self.signed_on}"


AWAITED = (
    ("index-sample", _("Draw the index sample for NGS")),
    ("repeat-counts", _("Repeat the blood counts")),
    ("repeat-marrow", _("Repeat the marrow")),
    ("confirm-mrd", _("Confirm the positive MRD")),
    ("sample-send", _("Send the sample")),
    ("sample-receipt", _("Ask whether the sample arrived")),
    ("sample-report", _("Ask for the report of the sample")),
    ("sample-redraw", _("Draw the rejected sample again")),
)


class AwaitedOfDisease(Projection):
    """Something of marrow, MRD or a sample that is waited for, derived: from which day, until which day.

    `since` is the day of the finding it follows from; `sample_id` the logged sample it is about."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20, choices=AWAITED)
    since = models.DateField()
    due = models.DateField()
    latest = models.DateField()
    visit_key = models.CharField(max_length=40, blank=True, default="")
    visit_repeat = models.PositiveSmallIntegerField(default=1)
    method = models.CharField(max_length=20, blank=True, default="")
    label = models.CharField(max_length=40, blank=True, default="")
    sample_id = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["study", "site", "latest"], name="awaited_of_disease")]

    def __str__(self) -> str:
        return f"{self.kind} {self.latest}"

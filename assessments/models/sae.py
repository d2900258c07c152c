"""Serious adverse events: the report in its versions, the sponsor's assessment, stays in hospital, and the clocks."""

from collections.abc import Mapping
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import CasebookRecord, Projection, SiteBound, Subject
from trialsite.keys import new_id

from ..domain.admissions import Reason
from ..domain.sae import ClockKind, Criterion, Point
from .columns import code, words
from .safety import AdverseEvent, Causality

LONGEST_PLAN = 365
REASON_LABELS = {
    Reason.CHEMOTHERAPY: _("Chemotherapy"),
    Reason.BLINATUMOMAB: _("Start of blinatumomab"),
    Reason.HSCT: _("Transplantation"),
    Reason.CAR_T: _("CAR-T cells"),
    Reason.RELAPSE: _("Relapse or progression"),
    Reason.SOCIAL: _("Social reasons"),
    Reason.ADVERSE_EVENT: _("Adverse event"),
    Reason.OTHER: _("Other"),
}
CRITERION_LABELS = {
    Criterion.DEATH: _("Death"),
    Criterion.LIFE_THREATENING: _("Life-threatening"),
    Criterion.HOSPITALISATION: _("Admission to hospital"),
    Criterion.PROLONGATION: _("Longer stay in hospital"),
    Criterion.DISABILITY: _("Lasting or significant disability"),
    Criterion.CONGENITAL: _("Congenital anomaly"),
    Criterion.IMPORTANT: _("Otherwise medically important"),
}
CLOCK_LABELS = {
    ClockKind.FORM: _("SAE form"),
    ClockKind.ADMISSION: _("Decision on the admission"),
    ClockKind.INTEREST: _("Report of special interest to the sponsor"),
    ClockKind.SPONSOR: _("Report to the sponsor"),
    ClockKind.ETHICS: _("Report to the ethics committee"),
    ClockKind.REGULATOR: _("SUSAR report to the authority"),
    ClockKind.FOLLOW_UP: _("SUSAR follow-up to the authority"),
}


class ReportKind(models.TextChoices):
    INITIAL = "INITIAL", _("Initial report")
    FOLLOW_UP = "FOLLOW_UP", _("Follow-up report")
    FINAL = "FINAL", _("Final report")


class Expectedness(models.TextChoices):
    EXPECTED = "EXPECTED", _("Expected")
    UNEXPECTED = "UNEXPECTED", _("Unexpected")


def event_number(help_text: Any = "", *, blank: bool = False) -> models.PositiveSmallIntegerField:
    """An adverse event of the same subject by its number in the log."""
    return models.PositiveSmallIntegerField(
        _("Adverse event"), null=True, blank=blank, help_text=help_text, validators=[MinValueValidator(1)]
    )


def criterion(which: Criterion) -> models.BooleanField:
    """One criterion of seriousness: yes, no, or a reason why nobody says."""
    return models.BooleanField(CRITERION_LABELS[which], null=True)


def moment(label: Any, help_text: Any = "", *, blank: bool = True) -> models.DateTimeField:
    return models.DateTimeField(label, null=True, blank=blank, help_text=help_text)


class SeriousEvent(CasebookRecord):
    """The report of one serious adverse event; `performed_on` is the day on which it became serious.

    Every saved version is kept as a `SaeVersion`. What the event is, and the investigator's causality, stand on the
    adverse event itself.
    """

    event = event_number()
    report_kind = models.CharField(_("Kind of report"), max_length=10, choices=ReportKind)
    follow_up_number = models.PositiveSmallIntegerField(
        _("Number of the follow-up"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
    )
    what_changed = models.TextField(
        _("What is new in this report"), blank=True, default="", help_text=_("of a follow-up or final report")
    )
    death = criterion(Criterion.DEATH)
    life_threatening = criterion(Criterion.LIFE_THREATENING)
    hospitalisation = criterion(Criterion.HOSPITALISATION)
    prolongation = criterion(Criterion.PROLONGATION)
    disability = criterion(Criterion.DISABILITY)
    congenital = criterion(Criterion.CONGENITAL)
    important = criterion(Criterion.IMPORTANT)
    site_aware_at = moment(_("The site knew at"), _("from here the clock runs, weekends count"), blank=False)
    sponsor_told_at = moment(_("Sent to the sponsor at"), _("stops the clock; leave empty until it is sent"))
    ethics_told_at = moment(
        _("Sent to the ethics committee at"), _("stops the clock; leave empty until it is sent")
    )
    narrative = models.TextField(
        _("What happened"), blank=True, default="", help_text=_("course, findings, relevant history")
    )
    treatment = models.TextField(_("What was done about it"), blank=True, default="")
    outcome = code(_("Outcome"), AdverseEvent.Outcome)
    reporter = words(_("Reported by"), _("role and department"))

    @property
    def criteria(self) -> Mapping[Criterion, bool | None]:
        return {one: getattr(self, one.value) for one in Criterion}


class Admission(CasebookRecord):
    """A stay in hospital; `performed_on` is the day of admission, without `left_on` the subject is still in."""

    ward = words(_("Hospital and ward"))
    reason = models.CharField(_("Admitted for"), max_length=20, choices=REASON_LABELS)
    planned = models.BooleanField(_("Planned"), null=True)
    planned_days = models.PositiveSmallIntegerField(
        _("Planned length of stay"),
        null=True,
        blank=True,
        help_text=_("days from admission to the planned discharge"),
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_PLAN)],
    )
    left_on = models.DateField(
        _("Discharged on"), null=True, blank=True, help_text=_("empty: still in hospital")
    )
    event = event_number(_("that led to the admission, or prolonged it"), blank=True)
    comment = words(_("Comment"))


class SaeVersion(SiteBound):
    """A report as it was saved once, with the adverse event as it stood then; written once and printable for ever."""

    protection = Protection(trail="subject", rows="site", app=("insert",), held="values")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(SeriousEvent, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    kind = models.CharField(_("report"), max_length=10, choices=ReportKind)
    follow_up_number = models.PositiveSmallIntegerField(_("number of the follow-up"), null=True)
    content = models.JSONField()
    event_content = models.JSONField(default=dict)
    made_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("version of an SAE report")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["record", "number"], name="sae_version_once")]

    def __str__(self) -> str:
        return f"{self.record_id} {self.number}"


class SaeAssessment(SiteBound):
    """What the sponsor's side says of an SAE: causality, expectedness, and when it reported; the latest one stands."""

    protection = Protection(trail="subject", rows="site", app=("insert",), held="review")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(SeriousEvent, on_delete=models.PROTECT, related_name="assessments")
    sponsor_aware_at = moment(_("The sponsor knew at"))
    cause_chemo = code(_("Caused by chemotherapy"), Causality)
    cause_blinatumomab = code(_("Caused by blinatumomab"), Causality)
    cause_venetoclax = code(_("Caused by venetoclax"), Causality)
    cause_car_t = code(_("Caused by CAR-T cells"), Causality)
    cause_hsct = code(_("Caused by transplantation"), Causality)
    expectedness = code(_("Expectedness"), Expectedness)
    reference = words(_("Reference safety information and version"))
    regulator_told_at = moment(_("Sent to the authority at"))
    follow_up_told_at = moment(_("Follow-up sent to the authority at"))
    comment = words(_("Comment"), length=1000)
    assessed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("sponsor's assessment of an SAE")
        ordering = ["assessed_at", "pk"]

    def __str__(self) -> str:
        return f"{self.record_id} {self.expectedness}"


class AdmissionDecision(SiteBound):
    """That a stay is no SAE although a rule proposed it, with the reason; written once."""

    protection = Protection(trail="subject", rows="site", app=("insert",), held="values")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(Admission, on_delete=models.PROTECT, related_name="decisions")
    criterion = models.CharField(_("criterion"), max_length=20, choices=CRITERION_LABELS)
    reason = models.CharField(_("why it is no SAE"), max_length=500)
    decided_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("decision on an admission")
        ordering = ["decided_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["record", "criterion"], name="admission_decided_once")]

    def __str__(self) -> str:
        return f"{self.record_id} {self.criterion}"


class SaeClock(Projection):
    """One deadline of a serious event or of a stay, derived: from when, until when, when it was met.

    `form_key` and `form_repeat` name the form that it stands on, `record_id` its id. A row may begin in the future: a
    stay that goes on becomes longer than planned on a known day. Lateness is a comparison with now.
    """

    id = models.BigAutoField(primary_key=True)
    record_id = models.UUIDField()
    form_key = models.CharField(max_length=20)
    form_repeat = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=CLOCK_LABELS)
    criterion = models.CharField(max_length=20, choices=CRITERION_LABELS, blank=True, default="")
    event = models.PositiveSmallIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    provisional = models.BooleanField(default=False)
    susar = models.CharField(max_length=7, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_id", "kind", "criterion"], name="sae_clock_once")
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=models.Q(done_at=None), name="sae_clock_pressing"
            ),
            models.Index(fields=["study", "site", "record_id"], name="sae_clock_of_study"),
        ]

    def __str__(self) -> str:
        return f"{self.form_key}.{self.form_repeat} {self.kind} {self.due_at}"


POINT_LABELS = {Point.NEW: _("new"), Point.HALF: _("half of the time gone"), Point.OVERDUE: _("overdue")}


class SaeNotice(models.Model):
    """That one person was told of one point of one deadline; the row is made first, so that a second run finds it."""

    protection = Protection(app=("insert",))

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    record_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=CLOCK_LABELS)
    point = models.CharField(max_length=10, choices=POINT_LABELS)
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "record_id", "kind", "point"], name="sae_notice_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.point}"

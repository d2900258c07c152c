"""Around screening: who was assessed before it, why screening ended, what was carried over, who left the study."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import SiteBound, Subject
from trialsite.keys import new_id

from .background import Sex
from .decisions import ONCE


class AgeBand(models.TextChoices):
    """An age as a log may keep it of somebody who is no subject."""

    MINOR = "MINOR", _("below 18")
    YOUNG = "YOUNG", _("18 to 39")
    MIDDLE = "MIDDLE", _("40 to 59")
    OLDER = "OLDER", _("60 and over")

    @classmethod
    def of(cls, years: int | None) -> str:
        """The band of an age in completed years; "" where it is not known."""
        if years is None:
            return ""
        return next(
            (band for below, band in ((18, cls.MINOR), (40, cls.YOUNG), (60, cls.MIDDLE)) if years < below),
            cls.OLDER,
        )


class PreOutcome(models.TextChoices):
    """What came of looking at one person for one trial before screening."""

    PROMISING = "PROMISING", _("To be screened")
    NOT_ELIGIBLE = "NOT_ELIGIBLE", _("Not eligible")
    REFUSED = "REFUSED", _("Refused")
    OTHER = "OTHER", _("Not screened for another reason")


class PreReason(models.TextChoices):
    """Why somebody is not screened: refusals of the person, and other reasons."""

    REFUSES_RANDOMISATION = "REFUSES_RANDOMISATION", _("Does not want to be randomised")
    REFUSES_TREATMENT = "REFUSES_TREATMENT", _("Does not want the treatment of the trial")
    REFUSES_BURDEN = "REFUSES_BURDEN", _("Visits or distance too much")
    REFUSES_DATA = "REFUSES_DATA", _("Does not want data to be used")
    REFUSES_COST = "REFUSES_COST", _("Cost not covered")
    REFUSES_UNSAID = "REFUSES_UNSAID", _("Gives no reason")
    OTHER_TRIAL = "OTHER_TRIAL", _("Goes into another trial")
    PHYSICIAN = "PHYSICIAN", _("Decision of the physician")
    URGENT = "URGENT", _("Treatment cannot wait")
    FULL = "FULL", _("The trial has no place")
    OTHER = "OTHER", _("Other")


class PreScreening(SiteBound):
    """One person looked at for one trial before screening. It says nothing of who it was.

    `against` are the criteria that failed, `unknown` how many could not be told. `person_key` joins the lines of one
    look at several trials and leads to nobody. `subject` is who was screened from this line.
    """

    protection = Protection(trail="subject", rows="site")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person_key = models.UUIDField()
    protocol_version = models.ForeignKey(
        "studies.ProtocolVersion", on_delete=models.PROTECT, related_name="+"
    )
    assessed_on = models.DateField(_("assessed on"))
    age_band = models.CharField(_("age"), max_length=10, choices=AgeBand, blank=True, default="")
    sex = models.CharField(_("sex"), max_length=1, choices=Sex, blank=True, default="")
    outcome = models.CharField(_("outcome"), max_length=20, choices=PreOutcome)
    reason = models.CharField(_("reason"), max_length=30, choices=PreReason, blank=True, default="")
    against = models.JSONField(_("criteria against"), default=list)
    unknown = models.PositiveSmallIntegerField(default=0)
    subject = models.OneToOneField(
        Subject, on_delete=models.PROTECT, null=True, blank=True, related_name="prescreening"
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("pre-screening")
        constraints = [
            models.UniqueConstraint(fields=["study", "person_key"], name="prescreened_once_a_look"),
            models.CheckConstraint(
                condition=~Q(outcome__in=[PreOutcome.REFUSED, PreOutcome.OTHER]) | ~Q(reason=""),
                name="who_is_not_screened_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(subject=None) | Q(outcome=PreOutcome.PROMISING),
                name="screened_from_a_promising_line",
            ),
        ]
        indexes = [models.Index(fields=["study", "site", "-assessed_on"], name="prescreening_by_site")]

    def __str__(self) -> str:
        return f"{self.assessed_on} {self.outcome}"


class FailureCode(models.TextChoices):
    """Why a screening ended without enrolment; the codes are those that stand in front of the reason."""

    NOT_ELIGIBLE = "not eligible", _("Not eligible")
    CONSENT = "consent withdrawn", _("Consent refused or withdrawn")
    DIED = "died during screening", _("Died during screening")
    OUTSIDE = "treated outside the trial", _("Treated outside the trial")
    OTHER = "other", _("Other")

    @classmethod
    def of(cls, reason: str) -> "FailureCode":
        """The code with which a reason begins; a reason in words alone is another one."""
        head = reason.partition(":")[0].strip()
        return next((code for code in cls if code.value == head), cls.OTHER)


class ScreenFailure(SiteBound):
    """The end of a screening as it was recorded: its code, and the criteria that stood against the subject then."""

    protection = ONCE

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="failure")
    code = models.CharField(_("reason"), max_length=30, choices=FailureCode)
    criteria = models.JSONField(_("criteria against"), default=list)
    failed_on = models.DateField(_("screening ended on"))
    failed_at = models.DateTimeField()
    failed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("screen failure")

    def __str__(self) -> str:
        return f"{self.subject_id} {self.code}"


class CarriedOver(SiteBound):
    """A form of an earlier screening that stands in this one too: its values copied, its own dates kept."""

    protection = ONCE

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    visit_key = models.CharField(max_length=40)
    visit_repeat = models.PositiveSmallIntegerField()
    form_key = models.CharField(max_length=20)
    form_repeat = models.PositiveSmallIntegerField()
    record_id = models.UUIDField()
    earlier_subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="+", verbose_name=_("earlier screening")
    )
    earlier_number = models.CharField(max_length=40)
    earlier_record_id = models.UUIDField()
    original_on = models.DateField(_("original date"), null=True)
    carried_at = models.DateTimeField()
    carried_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("form carried over")
        constraints = [models.UniqueConstraint(fields=["record_id"], name="form_carried_over_once")]
        indexes = [models.Index(fields=["subject", "form_key"], name="carriedover_subject")]

    def __str__(self) -> str:
        return f"{self.form_key} {self.earlier_number}"


class EndReason(models.TextChoices):
    """Why somebody left the study: terms of CDISC's completion list (DS, NCOMPLT, C66727)."""

    COMPLETED = "COMPLETED", _("Completed")
    DEATH = "DEATH", _("Death")
    ADVERSE_EVENT = "ADVERSE EVENT", _("Adverse event")
    RELAPSE = "DISEASE RELAPSE", _("Disease relapse")
    NO_EFFICACY = "LACK OF EFFICACY", _("Lack of efficacy")
    PROGRESS = "PROGRESSIVE DISEASE", _("Progressive disease")
    LOST = "LOST TO FOLLOW-UP", _("Lost to follow-up")
    NON_COMPLIANCE = "NON-COMPLIANCE WITH STUDY DRUG", _("Non-compliance with study drug")
    PHYSICIAN = "PHYSICIAN DECISION", _("Physician decision")
    PREGNANCY = "PREGNANCY", _("Pregnancy")
    DEVIATION = "PROTOCOL DEVIATION", _("Protocol deviation")
    SITE_CLOSED = "SITE TERMINATED BY SPONSOR", _("Site terminated by sponsor")
    STUDY_CLOSED = "STUDY TERMINATED BY SPONSOR", _("Study terminated by sponsor")
    GUARDIAN = "WITHDRAWAL BY PARENT/GUARDIAN", _("Withdrawal by parent or guardian")
    SUBJECT = "WITHDRAWAL BY SUBJECT", _("Withdrawal by subject")
    OTHER = "OTHER", _("Other: say what")


class Disposition(SiteBound):
    """Somebody leaves the study: the day, the coded reason, who said so, and whether it was taken back.

    The end of treatment is the form EOT, after which follow-up goes on; this ends the part in the study.
    """

    protection = Protection(trail="subject", rows="site", held="values")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="dispositions")
    ended_on = models.DateField(_("date"))
    reason = models.CharField(_("reason"), max_length=40, choices=EndReason)
    words = models.CharField(_("in words"), max_length=300, blank=True, default="")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("disposition")
        constraints = [
            models.UniqueConstraint(fields=["subject"], condition=Q(undone_at=None), name="one_end_in_force"),
            models.CheckConstraint(
                condition=~Q(reason=EndReason.OTHER) | ~Q(words=""), name="other_ends_say_why"
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="who_takes_an_end_back_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.ended_on}"

    @property
    def reason_words(self) -> str:
        """Why, as people read it."""
        label = "" if self.reason == EndReason.OTHER else self.get_reason_display()
        return ": ".join(filter(None, (str(label), self.words)))

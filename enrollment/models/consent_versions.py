"""Versions of the consent text of a study, when each was approved at a site, and where each subject stands."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import Projection, VisibleQuerySet
from trialsite.keys import new_id


class ConsentLanguage(models.TextChoices):
    CHINESE = "zh", _("Chinese")
    ENGLISH = "en", _("English")
    OTHER = "other", _("another language")


class ConsentVersion(models.Model):
    """One version of the consent text in one language, for a protocol version; written once."""

    protection = Protection(trail="study", app=("insert",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="consent_versions")
    label = models.CharField(_("version"), max_length=40)
    language = models.CharField(_("language"), max_length=10, choices=ConsentLanguage)
    dated_on = models.DateField(_("date of the document"))
    protocol_version = models.ForeignKey(
        "studies.ProtocolVersion",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("protocol version"),
    )
    again = models.BooleanField(_("subjects who signed an earlier version sign this one"), default=True)
    recorded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("version of the consent text")
        constraints = [
            models.UniqueConstraint(fields=["study", "label", "language"], name="consent_version_once")
        ]
        ordering = ["dated_on", "label", "language"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """As a consent form names it."""
        return f"{self.label} ({self.language})"


class ConsentApproval(models.Model):
    """The day from which a version may be signed at a site; the last row of a version and site holds.

    Without a day the version is not approved there (any more): a mistake is put right by a further row with a reason.
    """

    protection = Protection(trail="study", rows="site", app=("insert",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey("studies.Site", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(ConsentVersion, on_delete=models.PROTECT, related_name="approvals")
    approved_on = models.DateField(_("approved on"), null=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    recorded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval of a consent text at a site")
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_on__isnull=False) | ~Q(reason=""), name="approvals_taken_back_say_why"
            )
        ]
        indexes = [models.Index(fields=["study", "site"], name="consent_approval_place")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.approved_on}"


class ConsentStanding(Projection):
    """Of an ongoing subject: what was signed last, and from which birthday on others have to sign."""

    text_version = models.CharField(max_length=60)
    consented_on = models.DateField()
    others_sign_on = models.DateField(null=True)
    visit_key = models.CharField(max_length=40)
    forms = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["study", "site", "others_sign_on"], name="consent_standing_place")]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.text_version}"

"""An export that somebody asked for: what of it, how far it is, and where its file lies."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import Profile
from trialsite.audit.protection import Protection
from trialsite.jobs import Job
from trialsite.keys import new_id


class Export(Job, models.Model):
    """A bundle of files for one reader: no record. Who asked for it, for what, and what went out are in the audit.

    `parts`: keys of `bundle.PARTS`. `cut`: the data cut that it is made of; none: the record as it stood when the work
    began. `genetic`: with the genetic items. `results`: {"subjects", "left_out", "files": {name: rows}} once done,
    {"sentence"} where it could not be made. The file is removed at `expires_at`.
    """

    protection = Protection()

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("access.User", on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    purpose = models.CharField(_("what it is for"), max_length=300)
    parts = models.JSONField(default=list)
    profile = models.CharField(_("profile"), max_length=12, choices=Profile, default=Profile.CODED)
    genetic = models.BooleanField(_("with genetic items"), default=False)
    byte_order_mark = models.BooleanField(_("CSV for spreadsheets (with a byte-order mark)"), default=True)
    cut = models.ForeignKey("outcomes.DataCut", on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=dict)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, default="")
    expires_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("export")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["asked_by", "study", "-asked_at"], name="export_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(failed=False) | models.Q(ended_at__isnull=False),
                name="a_failed_export_has_ended",
            )
        ]

    def __str__(self) -> str:
        return f"{self.study_id} {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def state(self) -> str:
        """queued, running, done, failed or expired."""
        over = self.expires_at is not None and self.expires_at <= timezone.now()
        return "expired" if over and super().state == "done" else super().state

    @property
    def file_name(self) -> str:
        """How the file is called outside: "BLINA-FULL-20261130T1805Z.zip"."""
        return f"{self.study.key}-{self.asked_at:%Y%m%dT%H%MZ}.zip"

    @property
    def files(self) -> dict[str, Any]:
        found: dict[str, Any] = self.results.get("files", {})
        return found

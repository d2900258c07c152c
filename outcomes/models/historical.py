"""Historical controls: data of subjects treated elsewhere, beside which a study's endpoint is looked at."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.keys import new_id


class HistoricalControl(models.Model):
    """One version of a historical control of an endpoint; never changed: another upload is another version.

    `origin`, `events` and `censor` are codes of endpoints in a protocol file, or "other"; `definition` says them in
    words. `rows` of the kind "subjects" are [days, status, covariate, …], of the kind "points" [days, survival].
    `digest` is the SHA-256 of the file. Nobody of the study stands in it.
    """

    class Kind(models.TextChoices):
        SUBJECTS = "subjects", _("Subjects")
        POINTS = "points", _("Points of a published curve")

    protection = Protection(trail="study", app=("insert",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    endpoint = models.CharField(_("endpoint"), max_length=40)
    key = models.SlugField(_("short name"), max_length=40, allow_unicode=True)
    version = models.PositiveIntegerField(_("version"))
    name = models.CharField(_("name"), max_length=200)
    source = models.CharField(_("source"), max_length=500)
    period_from = models.PositiveSmallIntegerField(_("treated from (year)"))
    period_to = models.PositiveSmallIntegerField(_("treated to (year)"))
    origin = models.CharField(_("counted from"), max_length=40)
    events = models.JSONField(_("events"))
    censor = models.CharField(_("censored at"), max_length=40)
    definition = models.CharField(_("definition in words"), max_length=1000)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    covariates = models.JSONField(_("covariates"), default=list)
    rows = models.JSONField(_("rows"))
    digest = models.CharField(_("digest of the file"), max_length=64)
    uploaded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now)

    class Meta:
        ordering = ["endpoint", "key", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "endpoint", "key", "version"], name="control_version_once"
            ),
            models.CheckConstraint(
                condition=models.Q(period_to__gte=models.F("period_from")), name="control_period_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (v{self.version})"

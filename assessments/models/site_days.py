"""The days of a site that differ from China's public calendar: closed days of its own, and days on which it works."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import SiteBound
from trialsite.keys import new_id


class SiteDayKind(models.TextChoices):
    """What a day is at a site, whatever the public calendar says."""

    CLOSED = "CLOSED", _("closed")
    OPEN = "OPEN", _("working day")


class SiteDay(SiteBound):
    """One day of a site in a study. One that was recorded wrongly is withdrawn, never deleted."""

    protection = Protection(trail="study", rows="site")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    day = models.DateField(_("day"))
    kind = models.CharField(_("what the day is"), max_length=10, choices=SiteDayKind)
    words = models.CharField(_("why"), max_length=100)
    recorded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("day of a site")
        constraints = [
            models.UniqueConstraint(
                fields=["study", "site", "day"],
                condition=Q(withdrawn_at=None),
                name="a_site_says_once_what_a_day_is",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by=None, withdrawn_at=None)
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False),
                name="who_withdraws_a_site_day_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"

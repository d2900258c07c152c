"""The calendar feed of a person: an address that holds a secret, of which only the hash is kept."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.keys import new_id


class CalendarFeed(models.Model):
    """One address that a person's calendar program reads; it opens what its person may see at that moment."""

    protection = Protection(trail="system", redacted=("digest",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("calendar feed")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at=None), name="one_calendar_feed_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at}"

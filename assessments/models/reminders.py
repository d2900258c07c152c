"""Which reminder went out to whom on which day."""

from django.db import models

from trialsite.audit.protection import Protection


class ReminderSent(models.Model):
    """One digest of one coordinator for one day; the row is made first, so that a second run finds it."""

    protection = Protection(app=("insert",))

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    sent_at = models.DateTimeField(auto_now_add=True)
    visits = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_digest_per_user_and_day")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"

"""What the API keeps by itself: answers to writes, for a client that asks again."""

from django.db import models
from django.utils import timezone

from trialsite.access.models import User
from trialsite.audit.protection import Protection


class KeptAnswer(models.Model):
    """The answer to a write that came with an Idempotency-Key; forgotten after a day.

    Key and request are kept as keyed hashes, the answer encrypted: it holds what the record holds.
    """

    protection = Protection(app=("insert", "update", "delete"))
    encrypted = ("content",)

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key_hash = models.CharField(max_length=64)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    media_type = models.CharField(max_length=100)
    etag = models.CharField(max_length=100, blank=True, default="")
    content = models.TextField(blank=True, default="")
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key_hash"], name="answer_kept_once")]
        indexes = [models.Index(fields=["kept_at"], name="answer_kept_at")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kept_at:%Y-%m-%d %H:%M}"

"""What the API keeps by itself: answers to writes, for a client that asks again; and who is told of changes."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import User
from trialsite.audit.protection import Protection
from trialsite.keys import new_id


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


class Pause(models.TextChoices):
    """Why nothing is sent to a webhook for now."""

    FAILED = "failed", _("it did not answer, again and again")
    RIGHTS = "rights", _("who made it may pull exports of the study no more")


class Webhook(models.Model):
    """A program's address that is told which records of a study changed, as far as who made it may see them.

    `kinds`: lists of the API; none: all. `seen_transaction`, `seen_number`: the entry of the trail up to which it was
    told. Address and secret are kept encrypted, and gone once it has ended. Who made, changed or ended it, and what was
    sent, are events of the audit.
    """

    protection = Protection()
    encrypted = ("address", "secret")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("what will use it"), max_length=100)
    address = models.TextField(_("address"), blank=True, default="")
    secret = models.TextField(blank=True, default="")
    kinds = models.JSONField(default=list)
    seen_transaction = models.BigIntegerField()
    seen_number = models.BigIntegerField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    paused_at = models.DateTimeField(null=True)
    paused_why = models.CharField(max_length=10, choices=Pause, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("webhook")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(paused_at=None, paused_why="")
                | models.Q(paused_at__isnull=False) & ~models.Q(paused_why=""),
                name="paused_webhooks_say_why",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) & ~models.Q(address="") & ~models.Q(secret="")
                | models.Q(ended_at__isnull=False, address="", secret=""),
                name="ended_webhooks_hold_no_secret",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study_id} {self.name}"


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting", _("to be delivered")
    DELIVERED = "delivered", _("delivered")


class Delivery(models.Model):
    """The changes of one message to a webhook: the entries of the trail after one place, up to another.

    It holds no content: that is read from the trail at each attempt. Who tries it moves `next_try_at` ahead first, so
    that nobody else tries at the same time, and that it is tried again where a worker died over it.
    """

    protection = Protection(app=("insert", "update", "delete"))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    after_transaction = models.BigIntegerField()
    after_number = models.BigIntegerField()
    until_transaction = models.BigIntegerField()
    until_number = models.BigIntegerField()
    changes = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    made_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    failure = models.CharField(max_length=100, blank=True, default="")
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-until_transaction", "-until_number"]
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "after_transaction", "after_number"], name="changes_delivered_from_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state=DeliveryState.DELIVERED, delivered_at__isnull=False)
                | ~models.Q(state=DeliveryState.DELIVERED) & models.Q(delivered_at=None),
                name="delivered_changes_say_when",
            ),
        ]
        indexes = [models.Index(fields=["webhook", "-until_transaction"], name="delivery_newest")]

    def __str__(self) -> str:
        return f"{self.webhook_id} {self.state}"

"""How each person wants to be reminded, and what was sent to whom for which day."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.keys import new_id

from .domain.periods import Frequency


class Often(models.TextChoices):
    """How often somebody is reminded."""

    DAILY = Frequency.DAILY.value, _("every day")
    WEEKLY = Frequency.WEEKLY.value, _("once a week")
    OFF = Frequency.OFF.value, _("never")


class Channel(models.TextChoices):
    """How a reminder reaches its reader."""

    EMAIL = "email", _("E-mail")
    WEBHOOK = "webhook", _("Group robot (webhook)")


class Weekday(models.IntegerChoices):
    """Days of the week, Monday first, as Python counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class ReminderPlan(models.Model):
    """What one person has chosen. Address and secret of a webhook are kept encrypted: both let in who has them."""

    protection = Protection(trail="system", redacted=("webhook_url", "webhook_secret"))
    encrypted: ClassVar[tuple[str, ...]] = ("webhook_url", "webhook_secret")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.OneToOneField("access.User", on_delete=models.PROTECT, related_name="reminder_plan")
    frequency = models.CharField(_("how often"), max_length=10, choices=Often)
    weekday = models.PositiveSmallIntegerField(_("day of the week"), choices=Weekday, default=Weekday.MONDAY)
    hour = models.PositiveSmallIntegerField(_("hour"), default=6)
    zone = models.CharField(_("time zone"), max_length=40)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.EMAIL)
    webhook_url = models.TextField(_("address of the robot"), blank=True, default="")
    webhook_secret = models.TextField(blank=True, default="")
    chosen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("plan of reminders")
        constraints = [
            models.CheckConstraint(condition=Q(hour__lte=23), name="reminders_at_an_hour_of_the_day"),
            models.CheckConstraint(
                condition=~Q(channel=Channel.WEBHOOK) | ~Q(webhook_url="") & ~Q(webhook_secret=""),
                name="webhooks_have_address_and_secret",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.frequency}"


class ReminderState(models.TextChoices):
    """Where a reminder stands."""

    WAITING = "waiting", _("to be delivered")
    DELIVERED = "delivered", _("delivered")
    NOTHING_DUE = "nothing_due", _("nothing was due")
    LAPSED = "lapsed", _("not delivered; the next one told everything")


class Reminder(models.Model):
    """One reminder of one person for one day: the row is made first, and closed when delivery has succeeded.

    It holds no content: what is told is read from the inbox when it is delivered. `failure` says how the last attempt
    failed, without address or name.
    """

    protection = Protection()

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    state = models.CharField(max_length=12, choices=ReminderState, default=ReminderState.WAITING)
    made_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    failure = models.CharField(max_length=100, blank=True, default="")
    delivered_at = models.DateTimeField(null=True)
    channel = models.CharField(max_length=10, choices=Channel, blank=True, default="")
    lines = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "day"], name="one_reminder_per_person_and_day"),
            models.CheckConstraint(
                condition=Q(state=ReminderState.DELIVERED, delivered_at__isnull=False)
                | ~Q(state=ReminderState.DELIVERED) & Q(delivered_at=None),
                name="delivered_reminders_say_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state=ReminderState.WAITING), name="reminder_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"

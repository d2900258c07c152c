"""Making reminders and delivering them, each once: what is due is asked of the tables, never of a queue."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from trialsite.access.encryption import decrypted
from trialsite.access.models import User
from trialsite.audit import acting

from .contents import Message, as_mail, as_markdown, message_of
from .domain.periods import pause_after, period_at
from .models import Channel, Reminder, ReminderState
from .plans import plan_of, plans_of_everybody
from .webhooks import DeliveryFailed, send_webhook

FIRST_PAUSE = timedelta(seconds=settings.REMINDER_PAUSE_SECONDS)

log = logging.getLogger(__name__)


def make_reminders(instant: datetime | None = None) -> int:
    """Make the row of every reminder that is due and has none; returns how many were made.

    The row is unique by person and day, so that a second run, or a second worker, makes none. An older one of the
    same person that could not be delivered lapses: the new one tells everything.
    """
    at = instant or timezone.now()
    with acting(role="system"):
        due = [(user, period_at(plan, at)) for user, plan in plans_of_everybody(at)]
        wanted = [
            Reminder(user=user, day=period.day, made_at=at, next_try_at=at) for user, period in due if period
        ]
        existing = set(
            Reminder.objects.filter(user__in=[one.user for one in wanted]).values_list("user_id", "day")
        )
        made = [one for one in wanted if (one.user_id, one.day) not in existing]
        Reminder.objects.bulk_create(made, ignore_conflicts=True)
        for one in made:
            older = Reminder.objects.filter(user_id=one.user_id, day__lt=one.day)
            older.filter(state=ReminderState.WAITING).update(state=ReminderState.LAPSED)
    return len(made)


def waiting(instant: datetime | None = None) -> list[UUID]:
    """The reminders that are to be tried now, those made first before the others."""
    with acting(role="system"):
        found = Reminder.objects.filter(
            state=ReminderState.WAITING, next_try_at__lte=instant or timezone.now(), user__is_active=True
        )
        return list(found.order_by("made_at", "pk").values_list("pk", flat=True))


def deliver_reminder(reminder_id: UUID, instant: datetime | None = None) -> bool:
    """Deliver one reminder, unless it was or somebody else is about to; whether it arrived.

    What it says is read with the reader's own rights. Then the row is locked: two workers never send one reminder at
    the same time, and who dies lets go of it. A worker that dies after the server took the mail and before the row is
    closed leaves it waiting: it is sent again, under the same Message-ID (webhooks: the same X-Trials-Delivery).
    """
    at = instant or timezone.now()
    with acting(role="system"):
        found = Reminder.objects.select_related("user").filter(
            pk=reminder_id, state=ReminderState.WAITING, user__is_active=True
        )
        reminder = found.first()
    if reminder is None:
        return False
    with acting(user=reminder.user):
        message = message_of(reminder.user, reminder.day)
    with acting(role="system"):
        locked = found.select_for_update(skip_locked=True, of=("self",)).filter(next_try_at__lte=at).first()
        return locked is not None and take(locked, message, at)


def take(reminder: Reminder, message: Message, at: datetime) -> bool:
    """Send what is due and note how it went; the row is locked."""
    if not message.lines:
        reminder.state = ReminderState.NOTHING_DUE
        reminder.save(update_fields=["state"])
        return False
    try:
        reminder.channel = send(reminder, message)
    except DeliveryFailed as problem:
        reminder.attempts += 1
        reminder.failure = str(problem)[:100]
        reminder.next_try_at = at + pause_after(reminder.attempts, FIRST_PAUSE)
        reminder.save(update_fields=["attempts", "failure", "next_try_at"])
        log.warning("A reminder was not delivered at attempt %s: %s.", reminder.attempts, problem)
        return False
    reminder.state, reminder.delivered_at = ReminderState.DELIVERED, timezone.now()
    reminder.attempts, reminder.lines = reminder.attempts + 1, len(message.lines)
    reminder.save(update_fields=["state", "delivered_at", "attempts", "lines", "channel"])
    log.info("A reminder of %s lines was delivered for %s.", reminder.lines, reminder.day)
    return True


def send(reminder: Reminder, message: Message) -> str:
    """Send a reminder on the channel that its reader chose; which one. Raises DeliveryFailed."""
    user, plan = reminder.user, plan_of(reminder.user)
    if plan.channel == Channel.WEBHOOK:
        send_webhook(
            url=decrypted(plan.webhook_url),
            secret=decrypted(plan.webhook_secret),
            markdown=as_markdown(message, user.language),
            delivery=str(reminder.pk),
            timestamp=int(timezone.now().timestamp()),
        )
    else:
        send_mail(user, message, reminder)
    return plan.channel


def send_mail(user: User, message: Message, reminder: Reminder) -> None:
    """The mail of a reminder, under a name that is the same at every attempt."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(">") or "trials.invalid"
    headers = {"Message-ID": f"<reminder-{reminder.pk}@{domain}>", "Auto-Submitted": "auto-generated"}
    mail = EmailMessage(message.title, as_mail(message, user.language), None, [user.email], headers=headers)
    try:
        mail.send()
    except (OSError, SMTPException) as problem:
        raise DeliveryFailed(f"mail: {type(problem).__name__}") from problem


def sent_to(user: User) -> Iterable[Reminder]:
    """The last reminders of one person, the newest first."""
    return Reminder.objects.filter(user=user).order_by("-day")[:14]

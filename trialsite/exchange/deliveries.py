"""Telling programs of changes: what is to be told is asked of the trail and of the tables, never of a queue."""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from trialsite.access.encryption import decrypted
from trialsite.access.models import User
from trialsite.access.permissions import grants_of
from trialsite.audit import acting
from trialsite.reminders.webhooks import DeliveryFailed, post_signed

from .change_api import ChangeSerializer
from .changes import Position, Read, entries_told, read_between, settled_end
from .lists import kinds_open_to
from .models import Delivery, DeliveryState, Pause, Webhook
from .webhooks import EXPORTS, tell

IN_ONE = 100  # entries of the trail in a message
AT_ONCE = 50  # messages before others have their turn
IN_HAND = timedelta(minutes=2)  # so long nobody else tries what somebody is about to send
PAUSES = tuple(timedelta(minutes=one) for one in (1, 5, 30, 120, 360, 720))  # after each failed attempt
KEPT = timedelta(days=30)

log = logging.getLogger(__name__)


def active_webhooks() -> list[UUID]:
    """Those that are told of changes."""
    with acting(role="system"):
        found = Webhook.objects.filter(ended_at=None, paused_at=None)
        return list(found.order_by("pk").values_list("pk", flat=True))


def deliver_changes(webhook_id: UUID, instant: datetime | None = None) -> int:
    """Tell a webhook what waits, message after message in their order, until one fails; how many arrived."""
    arrived = 0
    while arrived < AT_ONCE:
        at = instant or timezone.now()
        delivery = next_delivery(webhook_id, at)
        if delivery is None or not attempt(delivery, at):
            break
        arrived += 1
    return arrived


def next_delivery(webhook_id: UUID, at: datetime) -> Delivery | None:
    """The message that is to be sent now, made of what came since the last one; None where there is none."""
    with acting(role="system"):
        active = Webhook.objects.select_related("study", "made_by").filter(ended_at=None, paused_at=None)
        webhook = active.filter(pk=webhook_id).first()
        if webhook is None:
            return None
        if not entitled(webhook):
            pause(webhook, Pause.RIGHTS, at)
            return None
        if waits := waiting(webhook).first():
            return waits if waits.next_try_at <= at else None
    after = Position(webhook.seen_transaction, webhook.seen_number)
    read = next_changes(webhook, after)
    with acting(role="system"):
        if not read.changes:
            seen(webhook, read.reached)
            return None
        delivery = Delivery(
            webhook=webhook,
            after_transaction=after.transaction,
            after_number=after.number,
            until_transaction=read.reached.transaction,
            until_number=read.reached.number,
            changes=len(read.changes),
            made_at=at,
            next_try_at=at,
        )
        Delivery.objects.bulk_create([delivery], ignore_conflicts=True)  # or another worker made it just now
        return waiting(webhook).first()


def waiting(webhook: Webhook) -> Any:
    """The messages of a webhook that are to be delivered, in their order."""
    found = webhook.deliveries.filter(state=DeliveryState.WAITING).select_related(
        "webhook__study", "webhook__made_by"
    )
    return found.order_by("until_transaction", "until_number")


def reader_of(webhook: Webhook) -> User:
    """Who made it, seeing of their studies this one only."""
    user = webhook.made_by
    user.__dict__["only_study"] = webhook.study_id
    return user


def entitled(webhook: Webhook) -> bool:
    """Whether who made it may still pull exports of the study."""
    user = reader_of(webhook)
    return user.is_active and grants_of(user).somewhere(EXPORTS, webhook.study_id)


def next_changes(webhook: Webhook, after: Position) -> Read:
    """What came after a place, for one message."""
    with acting(user=webhook.made_by):
        end = settled_end()
        read = changes_between(webhook, after, end, IN_ONE)
        while read.more and not read.changes:
            read = changes_between(webhook, read.reached, end, IN_ONE)
    return read


def changes_between(webhook: Webhook, after: Position, end: Position, *most: int) -> Read:
    """What who made the webhook may see of the changes between two places."""
    user = reader_of(webhook)
    kinds = kinds_open_to(user, webhook.kinds)
    return read_between(entries_told(user, kinds), after, end, kinds, *most)


def seen(webhook: Webhook, reached: Position) -> None:
    """Go on after a place, unless the webhook has come further already."""
    mine = Webhook.objects.select_for_update().get(pk=webhook.pk)
    if reached > Position(mine.seen_transaction, mine.seen_number):
        mine.seen_transaction, mine.seen_number = reached.transaction, reached.number
        mine.save(update_fields=["seen_transaction", "seen_number"])


def attempt(delivery: Delivery, at: datetime) -> bool:
    """Send a message, unless somebody else is about to; whether it arrived.

    Nothing is locked meanwhile: a receiver that is slow holds nobody up. Where a worker dies over it, it is sent again
    under the same X-Trials-Delivery.
    """
    webhook = delivery.webhook
    with acting(role="system"):
        free = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING, next_try_at__lte=at)
        if not free.update(next_try_at=at + IN_HAND):
            return False
    content = content_of(delivery)
    try:
        status, _answer = post_signed(
            url=decrypted(webhook.address),
            secret=decrypted(webhook.secret),
            content=content,
            delivery=str(delivery.pk),
            timestamp=int(at.timestamp()),
        )
        if not 200 <= status < 300:
            raise DeliveryFailed(f"answered with status {status}")
    except DeliveryFailed as problem:
        note_failure(delivery, str(problem), at)
        return False
    note_arrival(delivery, len(content["changes"]), at)
    return True


def content_of(delivery: Delivery) -> dict[str, Any]:
    """What a message says: which records changed, by kind and id, and nothing of what they hold."""
    webhook = delivery.webhook
    after = Position(delivery.after_transaction, delivery.after_number)
    until = Position(delivery.until_transaction, delivery.until_number)
    with acting(user=webhook.made_by):
        read = changes_between(webhook, after, until)
    return {
        "webhook": str(webhook.pk),
        "study": webhook.study.key,
        "cursor": until.cursor,
        "changes": [dict(ChangeSerializer(asdict(one)).data) for one in read.changes],
    }


def note_arrival(delivery: Delivery, changes: int, at: datetime) -> None:
    with acting(role="system"):
        delivery.state, delivery.delivered_at, delivery.failure = DeliveryState.DELIVERED, at, ""
        delivery.attempts += 1
        delivery.save(update_fields=["state", "delivered_at", "failure", "attempts"])
        seen(delivery.webhook, Position(delivery.until_transaction, delivery.until_number))
        tell("sent", delivery.webhook, delivery=str(delivery.pk), rows=changes)


def note_failure(delivery: Delivery, failure: str, at: datetime) -> None:
    """Wait for the next attempt; after the last one the webhook is paused."""
    with acting(role="system"):
        delivery.attempts += 1
        delivery.failure = failure[:100]
        last = delivery.attempts > len(PAUSES)
        delivery.next_try_at = at if last else at + PAUSES[delivery.attempts - 1]
        delivery.save(update_fields=["attempts", "failure", "next_try_at"])
        log.warning("Changes were not delivered at attempt %s: %s.", delivery.attempts, failure)
        if last:
            pause(delivery.webhook, Pause.FAILED, at)


def pause(webhook: Webhook, why: Pause, at: datetime) -> None:
    """Send nothing until who made the webhook resumes it, and tell them by mail."""
    if Webhook.objects.filter(pk=webhook.pk, ended_at=None, paused_at=None).update(
        paused_at=at, paused_why=why
    ):
        tell("paused", webhook, why=why.value)
        transaction.on_commit(lambda: tell_by_mail(webhook, why))


def tell_by_mail(webhook: Webhook, why: Pause) -> None:
    """A mail to who made a webhook that it is paused; nothing depends on it, since the page says so too."""
    user = webhook.made_by
    if not (user.email and user.is_active):
        return
    with override(user.language):
        title = _("A webhook is paused: %(name)s") % {"name": webhook.name}
        page = settings.SITE_URL + reverse("webhook", args=[webhook.pk])
        sentence = _(
            "Study %(study)s: %(why)s. Nothing is lost: it goes on where it stopped once you resume it."
        )
        body = sentence % {"study": webhook.study.key, "why": why.label}
        mail = EmailMessage(
            title, f"{body}\n\n{page}\n", None, [user.email], headers={"Auto-Submitted": "auto-generated"}
        )
    try:
        mail.send()
    except (OSError, SMTPException) as problem:
        log.warning("The mail that a webhook is paused was not sent: %s.", type(problem).__name__)


def forget_deliveries() -> int:
    """Delete what was delivered a month ago; how many there were."""
    old = Delivery.objects.filter(state=DeliveryState.DELIVERED, delivered_at__lte=timezone.now() - KEPT)
    deleted, _by_model = old.delete()
    return deleted

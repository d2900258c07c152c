"""The API's work outside the request."""

from uuid import UUID

from celery import shared_task

from trialsite.audit import acting

from .deliveries import active_webhooks, deliver_changes, forget_deliveries
from .idempotency import forget_answers


@shared_task(name="exchange.forget_answers")
def forget() -> int:
    """Delete answers to writes that are a day old, and deliveries of a month ago; how many there were."""
    with acting(role="system", reason="kept long enough"):
        return forget_answers() + forget_deliveries()


@shared_task(name="exchange.tell_webhooks")
def tell_webhooks() -> int:
    """Ask for what each webhook is to be told; how many were asked for.

    Nothing depends on these requests: one that is lost is made again at the next look.
    """
    found = active_webhooks()
    for webhook_id in found:
        tell_webhook.delay(str(webhook_id))
    return len(found)


@shared_task(name="exchange.tell_webhook", expires=600)
def tell_webhook(webhook_id: str) -> int:
    """Tell one webhook what changed; how many messages arrived."""
    return deliver_changes(UUID(webhook_id))

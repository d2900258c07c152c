"""The API's work outside the request."""

from celery import shared_task

from trialsite.audit import acting

from .idempotency import forget_answers


@shared_task(name="exchange.forget_answers")
def forget() -> int:
    """Delete answers to writes that are a day old; how many there were."""
    with acting(role="system", reason="answers a day old"):
        return forget_answers()

"""Reminders outside the request: the clock asks every few minutes what is due or still waits."""

from uuid import UUID

from celery import shared_task

from .deliveries import deliver_reminder, make_reminders, waiting


@shared_task(name="reminders.look")
def look() -> int:
    """Make the reminders that are due, and ask for a delivery of each that waits; how many were asked for.

    Nothing depends on these requests: one that is lost is made again at the next look.
    """
    make_reminders()
    found = waiting()
    for reminder_id in found:
        deliver.delay(str(reminder_id))
    return len(found)


@shared_task(name="reminders.deliver", expires=600)
def deliver(reminder_id: str) -> bool:
    """Deliver one reminder; whether it arrived now."""
    return deliver_reminder(UUID(reminder_id))

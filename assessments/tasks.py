"""Reminders outside the request: hourly, one digest a day for each coordinator."""

import logging

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from trialsite.access.models import Membership, Role, User
from trialsite.audit import acting

from .services import send_reminder

log = logging.getLogger(__name__)


def coordinators() -> list[User]:
    """Everybody who coordinates somewhere today and can be written to."""
    today = timezone.now().date()
    current = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today), role=Role.COORDINATOR, starts_on__lte=today
    )
    people = User.objects.filter(pk__in=current.values("user_id"), is_active=True).exclude(email="")
    return list(people.order_by("username"))


@shared_task(name="assessments.send_reminders")
def send_reminders() -> int:
    """Ask for one reminder of each coordinator; how many were asked for."""
    with acting(role="system"):
        people = coordinators()
    for person in people:
        remind_coordinator.delay(str(person.pk))
    return len(people)


@shared_task(name="assessments.remind_coordinator")
def remind_coordinator(user_id: str) -> bool:
    """Send one coordinator's digest, as that person and with that person's rights; whether one went out."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return False
    with acting(user=user):
        digest = send_reminder(by=user)
    if digest is not None:
        log.info("Reminder of %s visits for %s.", digest.visits, digest.day)
    return digest is not None

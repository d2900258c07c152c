"""Mail about serious events outside the request: at once after a submission, and every ten minutes."""

import logging
from functools import partial
from smtplib import SMTPException
from typing import Any

from celery import shared_task
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from trialsite.access.models import Membership, Role, User
from trialsite.access.permissions import ACTIONS
from trialsite.audit import acting
from trialsite.casebook.registries import Submitted
from trialsite.casebook.tasks import handed_over

from .notices import send_notices

log = logging.getLogger(__name__)
TOLD = {Role.INVESTIGATOR, *ACTIONS["sae.assess"].roles}


def people_told() -> list[User]:
    """Everybody who investigates or assesses somewhere today and can be written to."""
    today = timezone.now().date()
    current = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today), role__in=TOLD, starts_on__lte=today
    )
    people = User.objects.filter(pk__in=current.values("user_id"), is_active=True).exclude(email="")
    return list(people.order_by("username"))


@shared_task(name="assessments.send_sae_notices")
def send_sae_notices() -> int:
    """Ask for the notices of each person; how many were asked for."""
    with acting(role="system"):
        people = people_told()
    for person in people:
        notify_of_saes.delay(str(person.pk))
    return len(people)


@shared_task(
    name="assessments.notify_of_saes",
    autoretry_for=(SMTPException, OSError),
    retry_backoff=60,
    retry_backoff_max=1800,
    max_retries=5,
)
def notify_of_saes(user_id: str) -> int:
    """Send one person what is new, as that person; how many clocks. A mail server that is down: again, later."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return 0
    with acting(user=user):
        told = send_notices(by=user)
    if told:
        log.info("Notice of %s clocks of serious events.", told)
    return told


def tell_at_once(told: Submitted) -> None:
    """After an SAE report, or an event serious or of special interest: who is concerned is written to on commit.

    Without a broker the next run, minutes later, finds it."""
    if told.opened.kind.key == "SAE" or (told.opened.kind.key == "AE" and pressing(told.record)):
        transaction.on_commit(partial(handed_over, send_sae_notices))


def pressing(record: Any) -> bool:
    return bool(record.serious or record.special_interest)

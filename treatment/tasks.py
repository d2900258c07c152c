"""Deviations by rules outside the request: after each change of a record, and daily for what time brings about."""

import logging
from uuid import UUID

from celery import shared_task
from django.core.cache import cache
from kombu.exceptions import OperationalError

from trialsite.access.models import User
from trialsite.audit import acting

from .deviation_rules.drafts import draft_deviations, draft_deviations_of_all

WAIT_SECONDS = 20  # forms are often entered one after the other: what they bring about is drafted together
log = logging.getLogger(__name__)


@shared_task(name="treatment.draft_deviations")
def draft_deviations_of_subject(subject_id: str, user_id: str) -> int:
    """Draft what the rules find in one subject, as the person whose change brought it about; how many."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return 0
    with acting(user=user):
        return draft_deviations(subject_id=UUID(subject_id), by=user)


@shared_task(name="treatment.draft_deviations_daily")
def draft_deviations_daily() -> int:
    """Draft what the rules find in all subjects; how many."""
    return draft_deviations_of_all()


def schedule_drafts(subject_id: UUID, user_id: UUID | None) -> None:
    """Ask a worker for it soon, once for the changes of the next seconds; without a broker the daily run finds it."""
    if user_id is None or not cache.add(f"deviations:{subject_id}", True, WAIT_SECONDS):
        return
    who = [str(subject_id), str(user_id)]
    try:
        draft_deviations_of_subject.apply_async(who, countdown=WAIT_SECONDS, retry=False)
    except OperationalError:
        log.warning("No broker: the deviations of a subject wait for the daily run.")

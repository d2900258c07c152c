"""Stopping rules outside the request: soon after a change of a record, and every hour."""

import logging
from uuid import UUID

from celery import shared_task
from django.core.cache import cache
from kombu.exceptions import OperationalError

from .monitoring.evaluation import check_all_rules

WAIT_SECONDS = 60  # the figures are looked at once for the changes of a minute
log = logging.getLogger(__name__)


@shared_task(name="outcomes.check_stopping_rules")
def check_stopping_rules() -> int:
    """Pause recruitment where a stopping rule is met; how many pauses are new."""
    return check_all_rules()


def schedule_stopping_rules(subject_id: UUID, user_id: UUID | None) -> None:
    """Ask a worker for it; without a broker the hourly run finds it, and whoever enrols before."""
    if not cache.add("stopping-rules", True, WAIT_SECONDS):
        return
    try:
        check_stopping_rules.apply_async(countdown=WAIT_SECONDS, retry=False)
    except OperationalError:
        log.warning("No broker: stopping rules wait for the hourly run.")

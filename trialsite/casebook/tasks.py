"""Derived work outside the request."""

import logging
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from kombu.exceptions import OperationalError

from trialsite.access.models import User
from trialsite.audit import acting

from .models import Subject
from .projections import bring_up_to_date

log = logging.getLogger(__name__)


@shared_task(name="casebook.refresh_subject")
def refresh_subject(subject_id: str, user_id: str) -> None:
    """Bring one subject's projections up to date, as the person whose change made them stale."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    with acting(user=user):
        bring_up_to_date(Subject.objects.visible_to(user).filter(pk=subject_id))


def schedule_refresh(subject_id: UUID, user_id: UUID | None) -> None:
    """Ask a worker for it; without a broker the next reader recomputes."""
    if not handed_over(refresh_subject, subject_id, user_id):
        log.warning("No broker: the projections of a subject wait for their next reader.")


def handed_over(task: Task, *arguments: Any) -> bool:
    """Give a task to the workers, its arguments as text; False where no broker takes it, without trying again."""
    try:
        task.apply_async([str(one) for one in arguments], retry=False)
    except OperationalError:
        return False
    return True

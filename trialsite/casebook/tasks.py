"""Derived work outside the request."""

import logging
from uuid import UUID

from celery import shared_task
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
    try:
        refresh_subject.apply_async((str(subject_id), str(user_id)), retry=False)
    except OperationalError:
        log.warning("No broker: the projections of a subject wait for their next reader.")

"""Steps with large files, outside the request."""

from uuid import UUID

from celery import shared_task

from trialsite.access.models import User


@shared_task(name="imports.take_step")
def take_step(run_id: str, user_id: str) -> None:
    """Take a step with an import, as the person who asked for it and may still do so."""
    from .runs import work

    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        work(UUID(run_id), user)

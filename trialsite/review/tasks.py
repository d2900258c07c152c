"""Long work of review outside the request."""

from celery import shared_task

from trialsite.access.models import User
from trialsite.audit import acting

from .check_runs import dry_run, end_run
from .models import CheckRun


@shared_task(name="review.dry_run_checks")
def dry_run_checks(run_id: str, user_id: str) -> None:
    """Run every edit check on saved forms, as the person who asked for it."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    with acting(user=user):
        run = CheckRun.objects.select_related("study").get(pk=run_id, asked_by=user)
        end_run(run, dry_run(run.study, user))

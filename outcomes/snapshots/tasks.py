"""Work on data cuts outside the request."""

from celery import shared_task

from trialsite.access.models import User
from trialsite.audit import acting

from ..models import CutRun


@shared_task(name="outcomes.work_on_cut")
def work_on_cut(run_id: str, user_id: str) -> None:
    """Make or check a data cut, as the person who asked for it and may still do so."""
    from .services import end, may_take, work

    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    with acting(user=user):
        run = CutRun.objects.select_related("cut__study").get(pk=run_id, asked_by=user)
        if run.ended_at is not None:
            return
        if not may_take(user, run.cut.study):
            end(run, failed=True)
            return
    work(run, user)

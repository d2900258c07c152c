"""Making exports, and removing old ones, outside the request."""

from celery import shared_task

from trialsite.access.models import User
from trialsite.access.permissions import grants_of
from trialsite.audit import acting

from .models import Export


@shared_task(name="exports.make")
def make_export(export_id: str, user_id: str) -> None:
    """Make an export, as the person who asked for it and may still do so."""
    from .services import EXPORTS, end, make

    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    with acting(user=user):
        order = Export.objects.select_related("study", "cut", "asked_by").get(pk=export_id, asked_by=user)
        if order.ended_at is not None:
            return
        if not grants_of(user).somewhere(EXPORTS, order.study_id):
            end(order, sentence="None of your roles pulls exports of this study any more.")
            return
    make(order, user)


@shared_task(name="exports.remove_expired")
def remove_expired_exports() -> None:
    """Remove the files of exports whose time is over."""
    from .services import remove_expired

    with acting(role="system"):
        remove_expired()

"""The day at a subject's site: "today" of its visits, checks and due times."""

from datetime import date
from zoneinfo import ZoneInfo

from django.utils import timezone

from .models import Subject


def site_today(subject: Subject) -> date:
    """The day at the subject's site."""
    return timezone.now().astimezone(ZoneInfo(subject.site.timezone)).date()

"""The day at a subject's site: "today" of its visits, checks and due times."""

from datetime import date
from zoneinfo import ZoneInfo

from trialsite.audit.moment import now

from .models import Subject


def site_today(subject: Subject) -> date:
    """The day at the subject's site: today, or the day of the instant that is being read."""
    return now().astimezone(ZoneInfo(subject.site.timezone)).date()

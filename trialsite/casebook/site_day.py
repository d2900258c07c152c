"""The day at a subject's site: "today" of its visits, checks and due times."""

from datetime import date
from zoneinfo import ZoneInfo

from trialsite.audit.moment import now
from trialsite.studies.models import Site

from .models import Subject


def site_today(subject: Subject) -> date:
    """The day at the subject's site: today, or the day of the instant that is being read."""
    return site_day(subject.site)


def site_day(site: Site) -> date:
    """The same of a site."""
    return now().astimezone(ZoneInfo(site.timezone)).date()

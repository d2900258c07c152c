"""The day at a site: "today" of its visits, checks and due times."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from trialsite.audit.moment import now
from trialsite.studies.models import Site

from .models import Subject


def site_today(subject: Subject) -> date:
    """The day at the subject's site: today, or the day of the instant that is being read."""
    return today_at(subject.site)


def today_at(site: Site) -> date:
    """The day at a site."""
    return now().astimezone(ZoneInfo(site.timezone)).date()


def site_days() -> dict[Any, date]:
    """Site → its day; one query."""
    instant = now()
    return {
        site: instant.astimezone(ZoneInfo(zone)).date()
        for site, zone in Site.objects.values_list("pk", "timezone")
    }


def on_each_day(days: Mapping[Any, date], condition: Callable[[date], Q]) -> Q:
    """A condition on the site's own day, as one for all sites."""
    by_day: dict[date, list[Any]] = {}
    for site, day in days.items():
        by_day.setdefault(day, []).append(site)
    reach = Q(pk__in=[])
    for day, sites in by_day.items():
        reach |= Q(site_id__in=sites) & condition(day)
    return reach

"""The day at a site: "today" of its visits, checks and due times."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, DateField, Q, Value, When

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


def day_of_site() -> Case:
    """The day at the site of each row, as a column; one query."""
    whens = [When(site_id__in=sites, then=Value(day)) for day, sites in by_day(site_days()).items()]
    return Case(*whens, output_field=DateField())


def on_each_day(days: Mapping[Any, date], condition: Callable[[date], Q]) -> Q:
    """A condition on the site's own day, as one for all sites."""
    reach = Q(pk__in=[])
    for day, sites in by_day(days).items():
        reach |= Q(site_id__in=sites) & condition(day)
    return reach


def by_day(days: Mapping[Any, date]) -> dict[date, list[Any]]:
    """Which sites have which day."""
    found: dict[date, list[Any]] = {}
    for site, day in days.items():
        found.setdefault(day, []).append(site)
    return found

"""Every read of outcomes, limited to what this user may see."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, QuerySet

from trialsite.access.models import User
from trialsite.studies.models import Study

from .figures import EVENT, Figure
from .models import EndpointResult, SubjectCell


def results_visible_to(user: User) -> QuerySet[EndpointResult]:
    """Derived endpoints of the subjects at the user's own sites."""
    return EndpointResult.objects.visible_to(user).select_related("subject", "study", "site")


def results_of_study(user: User, study: Study, endpoint: str) -> QuerySet[EndpointResult]:
    """One endpoint of the subjects in its analysis set, at the user's own sites, the longest time first."""
    found = results_visible_to(user).filter(study=study, endpoint=endpoint, in_set=True)
    return found.order_by("-days", "subject__screening_number")


def behind_number(
    results: QuerySet[EndpointResult], shown: Figure, asked: Mapping[str, str]
) -> QuerySet[EndpointResult]:
    """Those of the results that one number counts: everybody counted, those with the event or a competing one, a
    group, an arm, a site."""
    found = results.exclude(cause=None)
    if shown.timed:
        found = found.exclude(days=None)
    if asked.get("events"):
        found = found.filter(cause=EVENT)
    if asked.get("competing"):
        found = found.filter(cause__gt=EVENT)
    if asked.get("arm"):
        found = found.filter(arm=asked["arm"])
    if asked.get("site"):
        found = found.filter(site__key=asked["site"])
    if asked.get("factor"):
        group = SubjectCell.objects.filter(topic="group", line=asked["factor"], level=asked.get("level", ""))
        found = found.filter(subject__in=group.values("subject"))
    return found


def own_event_days(user: User, study: Study, endpoint: str) -> dict[int, int]:
    """On which days after the origin subjects at the user's own sites had the event, and how many."""
    events = results_visible_to(user).filter(study=study, endpoint=endpoint, in_set=True, cause=1)
    rows = events.order_by().values_list("days").annotate(n=Count("pk"))
    return {days: n for days, n in rows if days is not None}


def events_here(results: QuerySet[EndpointResult], figure: Figure, day: int) -> dict[str, Any]:
    """The subjects here who had an event on a day after the origin, and how many more had one at other sites."""
    own = results.filter(days=day, cause__gt=0)
    pooled = figure.pooled
    everywhere = sum(
        n
        for time, cause, n in zip(pooled.times, pooled.causes, pooled.counts, strict=True)
        if time == day and cause
    )
    return {"results": own, "everywhere": everywhere, "elsewhere": max(0, everywhere - own.count())}

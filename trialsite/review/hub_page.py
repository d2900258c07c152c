"""The way from the navigation to the pages of review: what waits in each study."""

from collections import Counter
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trialsite.access.permissions import may, require_somewhere
from trialsite.access.requests import user_of
from trialsite.casebook.models import Hold
from trialsite.casebook.states import HoldState
from trialsite.studies.models import Study
from trialsite.studies.selectors import studies_visible_to

from .models import Query
from .states import STANDING


@dataclass(frozen=True)
class StudyLine:
    """A study with what of its review stands."""

    study: Study
    queries: int
    holds: int
    may_follow: bool  # the pages for monitors and data managers
    may_verify: bool


@login_required
def review(request: HttpRequest) -> HttpResponse:
    """The studies of which this user reads the record, with the pages of their review."""
    user = user_of(request)
    require_somewhere(user, "record.view")
    queries = Counter(
        dict(
            Query.objects.visible_to(user)
            .filter(state__in=STANDING)
            .order_by()
            .values_list("study_id")
            .annotate(Count("pk"))
        )
    )
    held = Hold.objects.visible_to(user).exclude(state=HoldState.RELEASED)
    holds = Counter(dict(held.order_by().values_list("study_id").annotate(Count("pk"))))
    lines = [
        StudyLine(
            study,
            queries[study.pk],
            holds[study.pk],
            may(user, "query.close", study_id=study.pk),
            may(user, "source.verify", study_id=study.pk),
        )
        for study in studies_visible_to(user).order_by("key")
        if may(user, "record.view", study_id=study.pk)
    ]
    return render(request, "review/hub.html", {"lines": lines})

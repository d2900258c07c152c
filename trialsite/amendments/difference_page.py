"""The page of the difference between two versions of a protocol."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trialsite.access.requests import user_of
from trialsite.studies.models import ProtocolVersion, Study

from .difference_words import difference_parts
from .selectors import study_to_read, version_or_404


@login_required
def difference(request: HttpRequest, key: str) -> HttpResponse:
    """What differs between two versions; without a choice, between the two newest."""
    study = study_to_read(user_of(request), key)
    versions = list(study.versions.order_by("-loaded_at", "-pk"))
    old, new = chosen(study, versions, request.GET.get("old", ""), request.GET.get("new", ""))
    parts = difference_parts(old.protocol, new.protocol)
    context = {
        "study": study,
        "versions": versions,
        "old": old,
        "new": new,
        "parts": parts,
        "count": sum(len(part.lines) for part in parts),
    }
    return render(request, "amendments/difference.html", context)


def chosen(
    study: Study, versions: list[ProtocolVersion], old: str, new: str
) -> tuple[ProtocolVersion, ProtocolVersion]:
    """The two versions to compare; what is not chosen is the newest, and the one before it."""
    after = version_or_404(study, new) if new else versions[0]
    place = [one.pk for one in versions].index(after.pk)
    before = version_or_404(study, old) if old else versions[min(place + 1, len(versions) - 1)]
    return before, after

"""The page of the difference between two versions of a protocol."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from trialsite.access.requests import user_of
from trialsite.studies.models import ProtocolVersion

from .difference_words import difference_parts
from .selectors import study_to_read, versions_to_read


@login_required
def difference(request: HttpRequest, key: str) -> HttpResponse:
    """What differs between two versions; without a choice, between the two newest."""
    user = user_of(request)
    versions = list(versions_to_read(user, study := study_to_read(user, key)))
    old, new = chosen(versions, request.GET.get("old", ""), request.GET.get("new", ""))
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


def chosen(versions: list[ProtocolVersion], old: str, new: str) -> tuple[ProtocolVersion, ProtocolVersion]:
    """The two versions to compare; what is not chosen is the newest, and the one before it."""
    after = numbered(versions, new) if new else versions[0]
    place = versions.index(after)
    before = numbered(versions, old) if old else versions[min(place + 1, len(versions) - 1)]
    return before, after


def numbered(versions: list[ProtocolVersion], number: str) -> ProtocolVersion:
    for one in versions:
        if one.version == number:
            return one
    raise Http404

"""One's own calendar feed: the page on which it is made and closed, and the feed itself."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from trialsite.access.permissions import require_somewhere
from trialsite.access.requests import user_of
from trialsite.audit import acting

from .feeds import close_feed, feed_of, open_feed, reader_of, written_feed


@login_required
@never_cache
def calendar_feed(request: HttpRequest) -> HttpResponse:
    """Whether one's own feed is open; a new one shows its address this once."""
    user = user_of(request)
    require_somewhere(user, "record.view")
    address = ""
    if request.method == "POST":
        address = request.build_absolute_uri(reverse("feed", args=[open_feed(by=user)]))
    return render(request, "assessments/feed.html", {"feed": feed_of(user), "address": address})


@login_required
@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """Close one's own feed."""
    if close_feed(by=user_of(request)):
        messages.success(request, _("The address is closed: calendar programs get nothing from it any more."))
    return redirect("calendar-feed")


@require_safe
@never_cache
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The visits of the person whose feed this is, with that person's rights now; 404 for an unknown address."""
    user = reader_of(secret)
    if user is None:
        raise Http404
    with acting(user=user):
        written = written_feed(user)
    response = HttpResponse(written, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="visits.ics"'
    return response

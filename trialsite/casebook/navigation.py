"""The places of the left-hand navigation, as far as this user may go there."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import Role
from trialsite.access.permissions import grants_of
from trialsite.access.sessions import noted_every_seconds
from trialsite.listing import listed


@dataclass(frozen=True)
class Place:
    """One line of the navigation."""

    label: Any
    url: str
    icon: str
    active: bool
    count: int | None = None


PLACES = (
    (_("Inbox"), "inbox", "inbox", "record.view"),
    (_("Adjudication"), "adjudications", "clipboard-plus", "adjudication.decide"),
    (_("Subjects"), "subjects", "people", "record.view"),
    (_("Calendar"), "calendar", "calendar3", "record.view"),
    (_("Samples"), "samples", "droplet", "record.view"),
    (_("Calls"), "call-list", "telephone", "form.submit"),
    (_("Screening"), "screening", "clipboard-plus", "subject.screen"),
    (_("Recruitment"), "recruitment", "circle-half", "record.view"),
    (_("From paper"), "paper", "printer", "record.view"),
    (_("Imports"), "import-studies", "download", "form.submit"),
    (_("Review"), "review", "check-circle", "record.view"),
    (_("Dashboards"), "dashboards", "graph-up", "figures.view"),
    (_("Protocols"), "protocols", "journal-text", "protocol.view"),
    (_("Audit trail"), "trail", "clock-history", "trail.view"),
    (_("Staff"), "staff", "shield-lock", "staff.view"),
    (_("API and exports"), "api-guide", "download", "export.run"),
    (_("MedDRA"), "meddra", "journal-text", "dictionary.upload"),
    (_("Accounts"), "accounts", "person-gear", "accounts.manage"),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: where one can go from here."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": []}
    grants = grants_of(user)
    open_to = [place(request, *line[:3]) for line in PLACES if grants.somewhere(line[3])]
    instant = getattr(request, "as_of", None)
    roles = dict.fromkeys(str(Role(role).label) for _study, _site, role in grants.rows)
    return {
        "nav": [found for found in open_to if found],
        "role_label": listed(roles),
        "as_of": instant.isoformat(sep=" ") if instant else "",
        "leave_as_of": today_address(request),
        "idle_seconds": settings.SESSION_COOKIE_AGE - noted_every_seconds(),
    }


def today_address(request: HttpRequest) -> str:
    """The address of the same page as things stand."""
    query = request.GET.urlencode()
    return f"{request.path_info}?{query}" if query else request.path_info


def place(request: HttpRequest, label: Any, name: str, icon: str) -> Place | None:
    """A line of the navigation; None while the room that owns the page is not there."""
    try:
        url = reverse(name)
    except NoReverseMatch:
        return None
    here = request.path == url if name == "inbox" else request.path.startswith(url)
    return Place(label, url, icon, active=here)

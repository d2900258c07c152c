"""The audit trail by the API: entries as JSON; as CSV one line for each changed item."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from trialsite.access.models import Profile, User
from trialsite.access.permissions import grants_of
from trialsite.access.requests import user_of
from trialsite.audit.models import Trail
from trialsite.casebook.models import Subject
from trialsite.casebook.trail import columns_of_item
from trialsite.casebook.trail_filters import TrailFilter, trail_visible_to
from trialsite.casebook.trail_places import Place, places_of
from trialsite.studies.models import Site

from .api import Listing
from .pagination import NewestFirst
from .tokens import TokenOpens

ITEM_COLUMNS = ["item", "old", "new"]
PLACED_AT_ONCE = 500  # entries whose places are read together


class ReadsTrail(TokenOpens):
    """One of the user's roles opens the trail somewhere; which entries is the queryset's matter."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and grants_of(user_of(request)).somewhere("trail.view")


class TrailSerializer(serializers.ModelSerializer):
    """One entry: who, in which role and at which site, when (UTC), why, and each changed item with old and new."""

    changes = serializers.JSONField(help_text="item: value of a first entry, [old, new] of a change")

    class Meta:
        model = Trail
        fields = (
            "id", "at", "user_id", "role", "study_id", "site_id", "subject_id", "table_name", "row_id", "action",
            "reason", "prompt", "request_id", "chain", "position", "changes",
        )  # fmt: skip


class Names:
    """People, sites and subjects by the names under which a reader knows them."""

    def __init__(self) -> None:
        people = list(User.objects.values_list("pk", "username", "full_name"))
        self.users: dict[UUID | None, str] = {pk: username for pk, username, _name in people}
        self.people: dict[UUID | None, str] = {pk: name for pk, _username, name in people}
        self.sites: dict[UUID | None, str] = dict(Site.objects.values_list("pk", "key"))
        self.subjects: dict[UUID | None, str] = {
            subject.pk: subject.number for subject in Subject.objects.iterator()
        }


class TrailViewSet(Listing):
    """The audit trail of the places that your memberships open, newest first."""

    permission_classes = [ReadsTrail]
    table = "trail"
    title = _("Audit trail")
    profiles = (Profile.IDENTIFIED,)
    queryset = Trail.objects.none()
    serializer_class = TrailSerializer
    filterset_class = TrailFilter
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return trail_visible_to(user_of(self.request))

    def header(self) -> Sequence[str]:
        return [*(name for name in TrailSerializer.Meta.fields if name != "changes"), "user", "person", "site",
                "subject", "visit", "form", "line", "about", *ITEM_COLUMNS]  # fmt: skip

    def rows(self) -> Iterator[dict[str, Any]]:
        wanted = self.request.query_params.get("item", "")
        shown = columns_of_item(wanted) if wanted else None
        names = Names()
        entries = (
            self.filter_queryset(self.get_queryset()).order_by("-id").iterator(chunk_size=PLACED_AT_ONCE)
        )
        for entry, place in with_places(entries):
            line = dict(TrailSerializer(entry).data)
            changes = line.pop("changes")
            line |= {
                "user": names.users.get(entry.user_id, ""),
                "person": names.people.get(entry.user_id, ""),
                "site": names.sites.get(entry.site_id, ""),
                "subject": names.subjects.get(entry.subject_id, ""),
                **cells_of(place),
            }
            for item, value in changes.items():
                if shown is None or item in shown:
                    old, new = value if entry.action == Trail.Action.UPDATE else (None, value)
                    yield line | {"item": item, "old": in_cell(old), "new": in_cell(new)}


def with_places(entries: Iterator[Trail]) -> Iterator[tuple[Trail, Place]]:
    """Each entry with where it stands in the casebook, read for many at once."""
    while some := list(islice(entries, PLACED_AT_ONCE)):
        places = places_of(some)
        yield from ((entry, places.get(entry.row_id, Place())) for entry in some)


def cells_of(place: Place) -> dict[str, Any]:
    """Visit and form as an address writes them ("SCR.1", "VS.1"), the line, and the item that a query is about."""
    return {
        "visit": f"{place.visit_key}.{place.visit_repeat}" if place.visit_key else "",
        "form": f"{place.form_key}.{place.form_repeat}" if place.form_key else "",
        "line": place.line or "",
        "about": place.item,
    }


def in_cell(value: Any) -> Any:
    """A value of the trail as one cell."""
    return str(value) if isinstance(value, list | dict) else value

"""Filtering the queries of a study, and keeping a filter under a name."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.studies.models import Study

from .models import Query, SavedFilter
from .states import STANDING, QueryState

CRITERIA = ("state", "site", "form", "origin", "age")
MOST = 20  # filters that one person keeps in a study


def narrowed(queries: QuerySet[Query], asked: Mapping[str, str]) -> QuerySet[Query]:
    """The queries that a filter shows: those not closed unless it names a state, or all of them."""
    if asked.get("state") in QueryState.values:
        queries = queries.filter(state=asked["state"])
    elif asked.get("state") != "all":
        queries = queries.filter(state__in=STANDING)
    if asked.get("site"):
        queries = queries.filter(site__key=asked["site"])
    if asked.get("form"):
        queries = queries.filter(form_key=asked["form"])
    if asked.get("origin") in ("check", "person"):
        queries = queries.filter(~Q(check_key="") if asked["origin"] == "check" else Q(check_key=""))
    if asked.get("age", "").isdigit():
        queries = queries.filter(opened_at__lte=timezone.now() - timedelta(days=int(asked["age"])))
    return queries


@transaction.atomic
def save_filter(*, study: Study, name: str, criteria: Mapping[str, str], by: User) -> SavedFilter:
    """Keep a filter under a name; the same name again replaces it."""
    require(by, "record.view", study_id=study.pk)
    name = name.strip()
    if not name:
        raise CheckFailed({"name": _("Give the filter a name.")})
    if len(name) > 60:
        raise CheckFailed({"name": _("A name has at most 60 characters.")})
    kept = {key: value[:40] for key, value in criteria.items() if key in CRITERIA and value}
    own = filters_of(study, by)
    if own.count() >= MOST and not own.filter(name=name).exists():
        raise Refused(_("You keep %(n)d filters here already: remove one first.") % {"n": MOST})
    found, _created = SavedFilter.objects.update_or_create(
        owner=by, study=study, name=name, defaults={"criteria": kept}
    )
    return found


def forget_filter(*, filter_id: UUID, by: User) -> None:
    """Remove one of one's own filters; another person's is not found."""
    SavedFilter.objects.get(pk=filter_id, owner=by).delete()


def filters_of(study: Study, user: User) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(study=study, owner=user).order_by("name")

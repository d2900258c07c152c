"""How many queries stand where, and how old they are: the same sums for a subject, a site and a study."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import Query
from .states import STANDING, QueryState

AGES = ((7, _("up to 7 days")), (28, _("8 to 28 days")), (None, _("more")))
BY_SITE = F("site__key")
BY_SUBJECT = Coalesce(NullIf(F("subject__subject_number"), Value("")), F("subject__screening_number"))


@dataclass(frozen=True)
class Totals:
    """How many queries of one part stand in each state, in the order of the states."""

    name: str
    counts: tuple[int, ...]

    @property
    def sum(self) -> int:
        return sum(self.counts)


def totals(queries: QuerySet[Query], by: Any) -> list[Totals]:
    """The sums of each part: BY_SITE or BY_SUBJECT."""
    found: dict[str, dict[str, int]] = {}
    rows = queries.order_by().annotate(part=by).values_list("part", "state").annotate(n=Count("pk"))
    for name, state, n in rows:
        found.setdefault(name, dict.fromkeys(QueryState.values, 0))[state] = n
    return [Totals(name, tuple(found[name].values())) for name in sorted(found)]


def total(parts: list[Totals]) -> Totals:
    """The sum of all parts."""
    return Totals("", tuple(sum(counts) for counts in zip(*(one.counts for one in parts), strict=True)))


def ages(queries: QuerySet[Query]) -> list[tuple[Any, int]]:
    """How many of the queries that stand are how old."""
    standing, now, counted, found = queries.filter(state__in=STANDING), timezone.now(), 0, []
    for days, label in AGES:
        young = standing.filter(opened_at__gt=now - timedelta(days=days)) if days else standing
        n = young.count()
        found.append((label, n - counted))
        counted = n
    return found

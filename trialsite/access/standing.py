"""What stands between a role and what it opens; who could do what on a day; the training and delegation logs."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet

from trialsite.audit.moment import earlier_instant

from .models import Delegation, Membership, Role, Training, TrainingKind, User
from .permissions import ACTIONS, grants_of
from .staffing import principals_of


@dataclass(frozen=True)
class Standing:
    """One role as it stands, or stood on a day: what its person has, and what was missing."""

    membership: Membership
    missing: Sequence[str]
    delegated: bool
    delegations_then: Sequence[Delegation]

    @property
    def active(self) -> bool:
        return self.delegated and not self.missing

    @property
    def missing_words(self) -> list[str]:
        """The trainings that are missing, as people read them."""
        return [str(TrainingKind(kind).label) for kind in self.missing]

    @property
    def actions(self) -> list[str]:
        """What the role allows while it is active, in words."""
        role = Role(self.membership.role)
        return [str(action.words) for action in ACTIONS.values() if self.active and role in action.roles]


def staff_visible_to(user: User, study_id: UUID) -> QuerySet[Membership]:
    """The roles of a study whose logs this user may see: those of the own sites, and the study-wide ones."""
    roles = ACTIONS["staff.view"].roles
    rows = [row for row in grants_of(user).rows if row[0] in (None, study_id) and row[2] in roles]
    members = Membership.objects.filter(study_id=study_id)
    if any(site is None for _study, site, _role in rows):
        return members
    sites = [site for _study, site, _role in rows]
    return members.filter(Q(site_id__in=sites) | Q(site=None)) if sites else members.none()


def standings_now(members: QuerySet[Membership]) -> list[Standing]:
    """The roles that hold today, with what is missing now; read as of an instant, those of that day."""
    if instant := earlier_instant():
        return standings_on(members, instant.astimezone(UTC).date())
    today = datetime.now(UTC).date()
    return read_standings(members, "current_date", [], today)


def standings_on(members: QuerySet[Membership], day: date) -> list[Standing]:
    """The roles that held on a day, as they stood then; what ended in the course of that day still counts."""
    return read_standings(members, "%s, %s", [day, datetime.combine(day, time(), UTC)], day)


def read_standings(
    members: QuerySet[Membership], arguments: str, values: list[Any], day: date
) -> list[Standing]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT membership_id, missing, delegated FROM access_standing({arguments})", values)
        states = {membership: (missing, delegated) for membership, missing, delegated in cursor.fetchall()}
    then = Delegation.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)
    lines = Prefetch("delegations", queryset=then.select_related("signed_by"))
    found = members.filter(pk__in=states).select_related("user", "study", "site").prefetch_related(lines)
    return [
        Standing(each, *states[each.pk], list(each.delegations.all()))
        for each in found.order_by("site__key", "user__full_name")
    ]


def trainings_of(user_ids: Iterable[UUID]) -> dict[UUID, list[Training]]:
    """The training log of each person, oldest first, withdrawn lines included."""
    lines = Training.objects.filter(user_id__in=list(user_ids)).select_related(
        "study", "protocol_version", "recorded_by", "withdrawn_by"
    )
    found: dict[UUID, list[Training]] = defaultdict(list)
    for line in lines.order_by("completed_on", "recorded_at"):
        found[line.user_id].append(line)
    return found


def delegations_of(members: QuerySet[Membership]) -> QuerySet[Delegation]:
    """The delegation log of roles, oldest first, ended lines included."""
    lines = Delegation.objects.filter(membership__in=members)
    return lines.select_related("membership__user", "site", "signed_by", "ended_by").order_by(
        "site__key", "signed_at"
    )


def trainers_of(membership: Membership) -> list[User]:
    """Who may record a training for the place of a role: its principal investigator, data managers, administrators."""
    over = Membership.objects.filter(
        Q(role=Role.ADMINISTRATOR) | Q(role=Role.DATA_MANAGER, study_id=membership.study_id, site=None),
        ended_at=None,
    ).select_related("user")
    people = [*principals_of(membership), *(each.user for each in over.order_by("-role", "user__full_name"))]
    return [person for person in dict.fromkeys(people) if person.pk != membership.user_id]

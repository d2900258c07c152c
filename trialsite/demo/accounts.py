"""The people of the demo: one account for each role, and who enters the record at each site. All invented."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from trialsite.access.models import Duty, Membership, Role, TrainingKind, User
from trialsite.access.services import create_user, grant_role
from trialsite.access.staffing import principals_of, record_training, sign_delegation
from trialsite.access.standing import standings_now
from trialsite.audit import acting
from trialsite.studies.models import Study, StudySite

DEMO_PASSWORD = "blina-demo-2026"  # noqa: S105  (documented; the demo listens on this machine only)
SITES_ONLY = "every study of the site"
MEMBERS_SINCE_DAYS = 5 * 365
INSPECTED_DAYS = 365


@dataclass(frozen=True)
class Account:
    """One demo account. `site` None: study-wide in all four, or the system for the administrator."""

    username: str
    full_name: str
    role: Role
    site: str | None = None
    shown: bool = False

    @property
    def where(self) -> str:
        if self.role == Role.ADMINISTRATOR:
            return "the system, no clinical data"
        if self.role == Role.INSPECTOR:
            return "all sites of all studies for a year, changes nothing"
        return f"site {self.site}" if self.site else "all sites of all studies"


ACCOUNTS: tuple[Account, ...] = (
    Account("coordinator", "李娟", Role.COORDINATOR, "SGH", shown=True),
    Account("investigator", "王建国", Role.INVESTIGATOR, "SGH", shown=True),
    Account("monitor", "陈静", Role.MONITOR, shown=True),
    Account("data.manager", "赵敏", Role.DATA_MANAGER, shown=True),
    Account("statistician", "周文博", Role.STATISTICIAN, shown=True),
    Account("inspector", "林国栋", Role.INSPECTOR, shown=True),
    Account("administrator", "孙志强", Role.ADMINISTRATOR, shown=True),
    Account("coordinator.bjh", "刘婷", Role.COORDINATOR, "BJH"),
    Account("investigator.bjh", "张国华", Role.INVESTIGATOR, "BJH"),
    Account("coordinator.gzh", "黄丽", Role.COORDINATOR, "GZH"),
    Account("investigator.gzh", "何俊杰", Role.INVESTIGATOR, "GZH"),
    Account("coordinator.cdh", "杨雪梅", Role.COORDINATOR, "CDH"),
    Account("investigator.cdh", "罗浩然", Role.INVESTIGATOR, "CDH"),
)


def demo_password() -> str:
    """The password of every demo account: DEMO_PASSWORD, or the documented one."""
    return os.environ.get("DEMO_PASSWORD") or DEMO_PASSWORD


def ensure_accounts() -> dict[str, User]:
    """Open the demo accounts that are missing and let them work; gives user name → user.

    Principal investigators come before those to whom they delegate.
    """
    with acting(role="system", reason="demo accounts"):
        people = {account.username: user_of(account) for account in ACCOUNTS}
        given = [one for account in ACCOUNTS for one in grant(account, people[account.username])]
        for membership in given:
            train(membership)
    for membership in given:
        if membership.needs_delegation:
            delegate(membership)
    return people


def user_of(account: Account) -> User:
    known = User.objects.filter(username=account.username).first()
    if known is not None:
        return known
    return create_user(
        username=account.username,
        password=demo_password(),
        full_name=account.full_name,
        email=f"{account.username}@demo.invalid",
        by=None,
    )


def grant(account: Account, user: User) -> list[Membership]:
    """Give an account its roles where it has none yet: at its site, in every study, or in the system."""
    today = timezone.now().date()
    held = set(Membership.objects.filter(user=user).values_list("study_id", "site_id"))
    return [
        grant_role(
            user=user,
            role=account.role,
            study_id=study_id,
            site_id=site_id,
            principal=account.role == Role.INVESTIGATOR,
            starts_on=today - timedelta(days=MEMBERS_SINCE_DAYS),
            ends_on=today + timedelta(days=INSPECTED_DAYS) if account.role == Role.INSPECTOR else None,
            by=None,
        )
        for study_id, site_id in places_of(account)
        if (study_id, site_id) not in held
    ]


def train(membership: Membership) -> None:
    """Record the trainings that a role needs and its person does not have yet."""
    today = timezone.now().date()
    places = StudySite.objects.filter(study=membership.study).select_related("protocol_version")
    if membership.site_id:
        places = places.filter(site_id=membership.site_id)
    (standing,) = standings_now(Membership.objects.filter(pk=membership.pk))
    for kind in map(TrainingKind, standing.missing):
        version = places[0].protocol_version if kind == TrainingKind.PROTOCOL else None
        record_training(user=membership.user, kind=kind, version=version, completed_on=today, by=None)


def delegate(membership: Membership) -> None:
    """The principal investigator of the site signs what its staff does."""
    (head,) = principals_of(membership)
    with acting(user=head, reason="demo accounts"):
        sign_delegation(
            membership=membership,
            duties=[Duty.CONSENT, Duty.ENTRY, Duty.SAFETY, Duty.SAMPLES, Duty.QUERIES],
            starts_on=timezone.now().date(),
            username=head.username,
            password=demo_password(),
            by=head,
        )


def places_of(account: Account) -> Sequence[tuple[UUID | None, UUID | None]]:
    if account.role == Role.ADMINISTRATOR:
        return [(None, None)]
    if account.site is None:
        return [(study, None) for study in Study.objects.values_list("pk", flat=True)]
    return list(StudySite.objects.filter(site__key=account.site).values_list("study_id", "site_id"))


def staff_of(site: str, people: dict[str, User]) -> tuple[User, User]:
    """The coordinator and the investigator who enter a site's record."""
    found = {account.role: people[account.username] for account in ACCOUNTS if account.site == site}
    return found[Role.COORDINATOR], found[Role.INVESTIGATOR]

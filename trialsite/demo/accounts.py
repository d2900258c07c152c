"""The people of the demo: one account for each role, and who enters the record at each site. All invented."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from trialsite.access.models import Membership, Role, User
from trialsite.access.services import create_user, grant_role
from trialsite.audit import acting
from trialsite.studies.models import Study, StudySite

DEMO_PASSWORD = "blina-demo-2026"  # noqa: S105  (documented; the demo listens on this machine only)
SITES_ONLY = "every study of the site"
MEMBERS_SINCE_DAYS = 5 * 365


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
        return f"site {self.site}" if self.site else "all sites of all studies"


ACCOUNTS: tuple[Account, ...] = (
    Account("coordinator", "李娟", Role.COORDINATOR, "SGH", shown=True),
    Account("investigator", "王建国", Role.INVESTIGATOR, "SGH", shown=True),
    Account("monitor", "陈静", Role.MONITOR, shown=True),
    Account("data.manager", "赵敏", Role.DATA_MANAGER, shown=True),
    Account("statistician", "周文博", Role.STATISTICIAN, shown=True),
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
    """Open the demo accounts that are missing and give them their roles; gives user name → user."""
    with acting(role="system", reason="demo accounts"):
        people = {account.username: user_of(account) for account in ACCOUNTS}
        for account in ACCOUNTS:
            grant(account, people[account.username])
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


def grant(account: Account, user: User) -> None:
    """Give an account its roles where it has none yet: at its site, in every study, or in the system."""
    since = timezone.now().date() - timedelta(days=MEMBERS_SINCE_DAYS)
    held = set(Membership.objects.filter(user=user).values_list("study_id", "site_id"))
    for study_id, site_id in places_of(account):
        if (study_id, site_id) not in held:
            grant_role(
                user=user, role=account.role, study_id=study_id, site_id=site_id, starts_on=since, by=None
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

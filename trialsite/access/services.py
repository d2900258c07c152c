"""Accounts, memberships and tokens: every write."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.audit import because
from trialsite.audit.events import record_event

from .errors import AccessRefused
from .models import COMMITTEE, Delegation, Membership, Profile, Role, Scope, Token, User, new_token_key
from .passwords import refuse_weak_password
from .permissions import require
from .sessions import end_sessions


def create_user(
    *, username: str, password: str, full_name: str, email: str = "", language: str = "en", by: User | None
) -> User:
    """Open an account; `by` None is the system setting itself up.

    A password that somebody else chose is for the first log-in only.
    """
    if by is not None:
        require(by, "accounts.manage", study_id=None)
    refuse_weak_password(password, User(username=username, full_name=full_name, email=email), "password")
    return User.objects.create_user(
        username,
        password,
        full_name=full_name,
        email=email,
        language=language,
        must_change_password=by is not None,
    )


def roles_of(user: User) -> QuerySet[Membership]:
    """The roles of a person that hold now or will."""
    today = timezone.now().date()
    return Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today), user=user, ended_at=None)


def close_account(*, user: User, by: User, reason: str) -> User:
    """Close an account that has no role: nobody logs in with it any more, and its tokens open nothing. It stays."""
    require(by, "accounts.manage", study_id=None)
    if user.pk == by.pk:
        raise AccessRefused({"": _("Nobody closes the own account.")})
    if roles_of(user).exists():
        raise AccessRefused({"": _("This account has a role: end that first.")})
    user.is_active = False
    with because(reason.strip()):
        user.save(update_fields=["is_active"])
    end_sessions(user=user, by=by)
    return user


def open_first_administrator(*, username: str, password: str, full_name: str) -> User:
    """Open the account with which an empty system begins; refused once somebody administers it.

    Runs inside `audit.acting`, as the system. Two at once wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('first_administrator', 0))")
    today = timezone.now().date()
    there = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today), role=Role.ADMINISTRATOR, ended_at=None
    )
    if there.exists():
        raise AccessRefused({"": _("There is an administrator already, who opens further accounts.")})
    if User.objects.filter(username=username).exists():
        raise AccessRefused({"username": _("There is an account of that name already. Choose another.")})
    user = create_user(username=username, password=password, full_name=full_name, by=None)
    grant_role(user=user, role=Role.ADMINISTRATOR, by=None)
    return user


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: Role,
    study_id: UUID | None = None,
    site_id: UUID | None = None,
    principal: bool = False,
    starts_on: date | None = None,
    ends_on: date | None = None,
    by: User | None,
) -> Membership:
    """Give `user` a role at a site, in a study (no site) or, for administrators, in the system.

    It opens nothing before its trainings are recorded and, at a site, its duties are delegated. `principal` names
    the principal investigator of the site. `by` None is the system setting itself up.
    """
    User.objects.select_for_update().get(pk=user.pk)  # one role at a time
    today = timezone.now().date()
    given = Membership(
        user=user,
        role=role,
        study_id=study_id,
        site_id=site_id,
        principal=principal,
        starts_on=starts_on or today,
        ends_on=ends_on,
    )
    if by is not None:
        require(by, "accounts.manage", study_id=None)
        if given.starts_on < today:
            raise AccessRefused({"starts_on": _("A role begins today or later.")})
    refuse_unclear_role(given)
    refuse_second_role(given)
    given.save()
    user.__dict__.pop("_grants", None)
    return given


def refuse_unclear_role(given: Membership) -> None:
    """What belongs together in a role; the database holds the same."""
    if given.role in (Role.COORDINATOR, Role.INVESTIGATOR) and given.site_id is None:
        raise AccessRefused({"site": _("Site staff works at a site: choose it.")})
    if given.principal and given.role != Role.INVESTIGATOR:
        raise AccessRefused({"principal": _("The principal investigator is an investigator of the site.")})
    if given.role == Role.INSPECTOR and given.site_id is not None:
        raise AccessRefused({"site": _("An inspector sees the whole study: choose no site.")})
    if given.role in COMMITTEE and given.site_id is not None:
        raise AccessRefused({"site": _("A committee judges events of all sites: choose no site.")})
    if given.role == Role.INSPECTOR and given.ends_on is None:
        raise AccessRefused({"ends_on": _("An inspector's access is for a time: say until when.")})
    if given.ends_on is not None and given.ends_on < given.starts_on:
        raise AccessRefused({"ends_on": _("This day lies before the first one.")})


def refuse_second_role(given: Membership) -> None:
    """One role of a person at one place at a time, and one principal investigator of a site."""
    places = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=given.starts_on),
        **given.place,
        starts_on__lte=given.ends_on or date.max,
        ended_at=None,
    )
    if places.filter(user=given.user).exists():
        raise AccessRefused(
            {"role": _("This person has a role at this place in these days already: end that one first.")}
        )
    if given.principal and places.filter(principal=True).exists():
        raise AccessRefused({"principal": _("This site has a principal investigator in these days already.")})


def end_role(*, membership: Membership, by: User, reason: str = "") -> Membership:
    """End a role now: it opens nothing from the next request on; the row stays and says until when it held."""
    require(by, "accounts.manage", study_id=None)
    if membership.ended_at is not None:
        raise AccessRefused({"": _("This role has ended already.")})
    end_now(membership, by, reason)
    return membership


def end_now(row: Membership | Delegation, by: User, reason: str) -> None:
    """Say of a role or a delegation when, by whom and why it ended; the day of its end still counts in the book."""
    now = timezone.now()
    row.ended_at, row.ended_by = now, by
    row.ends_on = max(now.date(), row.starts_on)
    with because(reason.strip()):
        row.save(update_fields=["ended_at", "ended_by", "ends_on"])


def issue_token(
    *,
    user: User,
    name: str,
    expires_at: datetime,
    scopes: Collection[str] = (Scope.READ,),
    study_id: UUID | None = None,
    profile: str = Profile.CODED,
    genetic: bool = False,
    by: User,
) -> str:
    """Make a token for REST clients and return its key, shown this once. Raises AccessRefused (per item)."""
    if by.pk != user.pk:
        require(by, "accounts.manage", study_id=None)
    wanted = [scope.value for scope in Scope if scope in scopes]
    if not wanted:
        raise AccessRefused({"scopes": _("Say what the token is for.")})
    if Scope.WRITE in wanted and profile != Profile.IDENTIFIED:
        raise AccessRefused(
            {
                "profile": _(
                    "Who writes has to see what stands there: such a token reads the record as recorded."
                )
            }
        )
    key = new_token_key()
    Token.objects.create(
        user=user,
        name=name,
        digest=Token.digest_of(key),
        expires_at=expires_at,
        scopes=wanted,
        study_id=study_id,
        profile=profile,
        genetic=genetic,
    )
    record_event(
        kind="token.issued", user_id=by.pk, name=name, scopes=wanted, profile=str(profile), genetic=genetic
    )
    return key


def revoke_token(*, token: Token, by: User) -> Token:
    """End a token; what it opened is closed from the next request on."""
    if by.pk != token.user_id:
        require(by, "accounts.manage", study_id=None)
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    return token

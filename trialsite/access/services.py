"""Accounts, memberships and tokens: every write."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from trialsite.audit.events import record_event

from .models import Membership, Role, Token, User, new_token_key
from .permissions import require


def create_user(
    *, username: str, password: str, full_name: str, email: str = "", language: str = "en", by: User | None
) -> User:
    """Open an account; `by` None is the system setting itself up."""
    if by is not None:
        require(by, "accounts.manage", study_id=None)
    return User.objects.create_user(username, password, full_name=full_name, email=email, language=language)


def grant_role(
    *,
    user: User,
    role: Role,
    study_id: UUID | None = None,
    site_id: UUID | None = None,
    starts_on: date | None = None,
    by: User | None,
) -> Membership:
    """Give `user` a role at a site, in a study (no site) or, for administrators, in the system."""
    if by is not None:
        require(by, "accounts.manage", study_id=None)
    membership = Membership(user=user, role=role, study_id=study_id, site_id=site_id)
    if starts_on:
        membership.starts_on = starts_on
    membership.save()
    user.__dict__.pop("_grants", None)
    return membership


def issue_token(*, user: User, name: str, expires_at: datetime, by: User) -> str:
    """Make a token for REST clients and return its key, shown this once."""
    if by.pk != user.pk:
        require(by, "accounts.manage", study_id=None)
    key = new_token_key()
    Token.objects.create(user=user, name=name, digest=Token.digest_of(key), expires_at=expires_at)
    record_event(kind="token.issued", user_id=by.pk, name=name)
    return key


def revoke_token(*, token: Token, by: User) -> Token:
    """End a token; what it opened is closed from the next request on."""
    if by.pk != token.user_id:
        require(by, "accounts.manage", study_id=None)
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    return token


def end_role(*, membership: Membership, by: User) -> Membership:
    """End a role: it held until yesterday and opens nothing any more."""
    require(by, "accounts.manage", study_id=None)
    membership.ends_on = timezone.now().date() - timedelta(days=1)
    membership.save(update_fields=["ends_on"])
    return membership

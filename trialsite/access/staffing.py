"""Trainings and delegations: every write. Without them a role opens nothing."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.audit import because
from trialsite.audit.events import record_event
from trialsite.clinical.dates import add_months

from .errors import AccessRefused
from .models import VALID_MONTHS, Delegation, Duty, Membership, Training, TrainingKind, User
from .passwords import is_own_password
from .permissions import grants_of, refusal
from .services import end_now


class Version(Protocol):
    """A version of a protocol, as the studies room keeps it."""

    @property
    def pk(self) -> UUID: ...
    @property
    def study_id(self) -> UUID: ...


def record_training(
    *,
    user: User,
    kind: TrainingKind,
    version: Version | None = None,
    completed_on: date,
    expires_on: date | None = None,
    evidence: str = "",
    membership: Membership | None = None,
    by: User | None,
) -> Training:
    """Add a line to the training log of `user`; `by` None is the system setting itself up.

    A training in the protocol names the version. Without `expires_on` it holds as long as its kind does.
    `membership` is the role of `user` for whose place `by` may record it.
    """
    if by is not None:
        refuse_own_log(user, by)
        require_at(by, "training.record", membership)
    months = VALID_MONTHS.get(kind)
    if expires_on is None and months:
        expires_on = add_months(completed_on, months)
    refuse_unclear_training(kind, version, completed_on, expires_on)
    line = Training.objects.create(
        user=user,
        kind=kind,
        study_id=version.study_id if version else None,
        protocol_version_id=version.pk if version else None,
        completed_on=completed_on,
        expires_on=expires_on,
        evidence=evidence.strip(),
        recorded_by=by,
    )
    user.__dict__.pop("_grants", None)
    return line


def refuse_unclear_training(
    kind: TrainingKind, version: Version | None, completed_on: date, expires_on: date | None
) -> None:
    if (kind == TrainingKind.PROTOCOL) != (version is not None):
        raise AccessRefused({"version": _("A training in the protocol names its version; no other does.")})
    if completed_on > timezone.now().date() + timedelta(days=1):  # a site east of here may be a day ahead
        raise AccessRefused({"completed_on": _("This day has not come yet.")})
    if expires_on is not None and expires_on < completed_on:
        raise AccessRefused({"expires_on": _("This day lies before the training.")})


def withdraw_training(*, training: Training, membership: Membership, by: User, reason: str) -> Training:
    """Take a line of the training log out of force: it was a mistake, or the training no longer counts."""
    refuse_own_log(training.user, by)
    require_at(by, "training.record", membership)
    if membership.user_id != training.user_id:
        raise AccessRefused({"": _("This training is somebody else's.")})
    require_reason(reason)
    if training.withdrawn_at is not None:
        raise AccessRefused({"": _("This training is withdrawn already.")})
    training.withdrawn_at, training.withdrawn_by = timezone.now(), by
    with because(reason.strip()):
        training.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return training


def sign_delegation(
    *,
    membership: Membership,
    duties: Sequence[str],
    starts_on: date,
    ends_on: date | None = None,
    username: str,
    password: str,
    by: User,
) -> Delegation:
    """The principal investigator delegates duties to one of the site's staff, signed with user name and password."""
    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    require_at(by, "delegation.sign", membership)
    refuse_unless_principal(membership, by)
    if not membership.needs_delegation:
        raise AccessRefused({"": _("This role needs no delegation.")})
    refuse_unclear_duties(duties, starts_on, ends_on)
    refuse_standing_delegation(membership, starts_on, ends_on)
    if username != by.username or not is_own_password(by, password):
        record_event(kind="delegation.password_wrong", user_id=by.pk, membership=str(membership.pk))
        raise AccessRefused({"password": _("This is not your user name and password. Nothing was signed.")})
    return Delegation.objects.create(
        **membership.place,
        membership=membership,
        duties=[duty for duty in Duty.values if duty in duties],
        starts_on=starts_on,
        ends_on=ends_on,
        signed_by=by,
    )


def end_delegation(*, delegation: Delegation, by: User, reason: str) -> Delegation:
    """End a delegation now; the role behind it opens nothing from the next request on."""
    require_at(by, "delegation.end", delegation.membership)
    if not grants_of(by).allows("accounts.manage", None, None):
        refuse_unless_principal(delegation.membership, by)
    require_reason(reason)
    if delegation.ended_at is not None:
        raise AccessRefused({"": _("This delegation has ended already.")})
    end_now(delegation, by, reason)
    return delegation


def require_at(by: User, action: str, membership: Membership | None) -> None:
    """The permission at the place of a role: a study-wide role is no matter of one site's staff."""
    study, site = (membership.study_id, membership.site_id) if membership else (None, None)
    if not grants_of(by).allows(action, study, site):
        raise PermissionDenied(refusal(by, action, study, site))


def refuse_own_log(user: User, by: User) -> None:
    if user.pk == by.pk:
        raise AccessRefused({"": _("Nobody keeps their own training log: somebody else records it.")})


def refuse_unless_principal(membership: Membership, by: User) -> None:
    if by not in principals_of(membership):
        raise AccessRefused({"": _("Only the principal investigator of this site delegates its duties.")})


def refuse_unclear_duties(duties: Sequence[str], starts_on: date, ends_on: date | None) -> None:
    if not duties or not set(duties) <= set(Duty.values):
        raise AccessRefused({"duties": _("Choose the duties that are delegated.")})
    if starts_on < timezone.now().date():
        raise AccessRefused({"starts_on": _("A delegation begins on the day of the signature or later.")})
    if ends_on is not None and ends_on < starts_on:
        raise AccessRefused({"ends_on": _("This day lies before the first one.")})


def refuse_standing_delegation(membership: Membership, starts_on: date, ends_on: date | None) -> None:
    standing = membership.delegations.filter(
        Q(ends_on=None) | Q(ends_on__gte=starts_on), ended_at=None, starts_on__lte=ends_on or date.max
    )
    if standing.exists():
        raise AccessRefused({"": _("A delegation stands in these days already: end that one first.")})


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise AccessRefused({"reason": _("Say why.")})


def principals_of(membership: Membership) -> list[User]:
    """Who is principal investigator of the site of a role today."""
    today = timezone.now().date()
    found = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today),
        **membership.place,
        principal=True,
        starts_on__lte=today,
        ended_at=None,
    )
    return [each.user for each in found.select_related("user")]

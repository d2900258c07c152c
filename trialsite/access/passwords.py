"""Passwords: what one has to be like, changing the own one, resetting somebody else's."""

import secrets
from datetime import timedelta

from axes.handlers.proxy import AxesProxyHandler
from axes.utils import reset as forget_failures
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trialsite.audit.events import record_event

from .errors import AccessRefused
from .models import FormerPassword, LoginSession, User
from .permissions import require
from .requests import address_of, answered


class FormerPasswordValidator:
    """The current password and the last few before it are not taken again."""

    def __init__(self, remembered: int = 5) -> None:
        self.remembered = remembered

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or user._state.adding:
            return
        former = user.former_passwords.order_by("-replaced_at").values_list("password", flat=True)
        if any(check_password(password, kept) for kept in (user.password, *former[: self.remembered])):
            raise ValidationError(
                ngettext(
                    "You have had this password: choose one that is not your last.",
                    "You have had this password: choose one that is not among your last %(n)d.",
                    self.remembered,
                )
                % {"n": self.remembered},
                code="password_used_before",
            )

    def get_help_text(self) -> str:
        return _("It is not one of your last %(n)d passwords.") % {"n": self.remembered}


def refuse_weak_password(password: str, user: User, item: str = "new_password") -> None:
    """The rules of passwords, each broken one in a sentence at the item that was typed."""
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise AccessRefused({item: " ".join(problem.messages)}) from problem


def is_own_password(user: User, password: str) -> bool:
    """Whether a person who is logged in typed the own password again: to sign, or to change what protects the account.

    In a request a wrong one counts towards the lock-out like one at log-in, and once locked out none is right; the
    door then ends the log-in. The caller records the event, which says what the password was for.
    """
    request = answered.get()
    if request is None:
        return user.check_password(password)
    credentials = {"username": user.username}
    if AxesProxyHandler.is_allowed(request, credentials) and user.check_password(password):
        forget_failures(username=user.username, ip=address_of(request))
        return True
    user_login_failed.send(sender=__name__, credentials=credentials, request=request, logged_in=True)
    return False


def change_password(*, old_password: str, new_password: str, keep_session: str = "", by: User) -> User:
    """Change one's own password, with the old one; every other log-in of the person ends.

    `keep_session` is the key of the log-in that goes on.
    """
    if not is_own_password(by, old_password):
        record_event(kind="password.wrong", user_id=by.pk)
        raise AccessRefused({"old_password": _("This is not your password.")})
    refuse_weak_password(new_password, by)
    replace_password(by, new_password, one_time=False)
    record_event(kind="password.changed", user_id=by.pk)
    LoginSession.objects.filter(user=by).exclude(session_key=keep_session).delete()
    return by


def reset_password(*, user: User, by: User) -> str:
    """Give an account a password for one log-in, told to its owner by other means; returns it, shown this once.

    Log-ins, tokens and lock-out of the account end.
    """
    require(by, "accounts.manage", study_id=None)
    if user.pk == by.pk:
        raise AccessRefused({"": _("Change your own password on your account's page.")})
    password = secrets.token_urlsafe(12)
    replace_password(user, password, one_time=True)
    now = timezone.now()
    for token in user.tokens.filter(revoked_at=None, expires_at__gt=now):
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
    LoginSession.objects.filter(user=user).delete()
    forget_failures(username=user.username)
    record_event(kind="password.reset", user_id=by.pk, account=str(user.pk))
    return password


def replace_password(user: User, password: str, *, one_time: bool) -> None:
    """Keep the old hash among the former ones and set the new."""
    FormerPassword.objects.create(user=user, password=user.password)
    user.set_password(password)
    user.must_change_password, user.password_set_at = one_time, timezone.now()
    user.save(update_fields=["password", "must_change_password", "password_set_at"])


def password_is_due(user: User) -> bool:
    """Whether the person has to choose a new password before anything else."""
    days = settings.PASSWORD_DAYS
    return user.must_change_password or bool(
        days and user.password_set_at < timezone.now() - timedelta(days=days)
    )

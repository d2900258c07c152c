"""The second factor: codes of an app (TOTP, RFC 6238), and recovery codes for the day the telephone is lost."""

import hashlib
import secrets

import pyotp
import segno
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.audit.events import record_event

from .encryption import decrypted, encrypted
from .errors import AccessRefused
from .models import RecoveryCode, SecondFactor, User
from .passwords import is_own_password
from .permissions import grants_of, require

STEP_SECONDS = 30
RECOVERY_CODES = 10
ISSUER = "BLINA Trials"


def begin_second_factor(*, by: User) -> SecondFactor:
    """A secret for the person's app; it counts once `confirm_second_factor` has seen a first code."""
    factor, _created = SecondFactor.objects.get_or_create(
        user=by, defaults={"secret": encrypted(pyotp.random_base32())}
    )
    return factor


def confirm_second_factor(*, code: str, by: User) -> list[str]:
    """The first code proves that the app has the secret; returns the recovery codes, shown this once."""
    factor = SecondFactor.objects.select_for_update().get(user=by)
    if factor.confirmed_at is not None:
        raise AccessRefused({"": _("Your second factor is set up already.")})
    if not accepted(factor, code):
        raise AccessRefused(
            {"code": _("This code does not fit. Type the six digits that the app shows now.")}
        )
    factor.confirmed_at = timezone.now()
    factor.save(update_fields=["confirmed_at"])
    record_event(kind="second_factor.on", user_id=by.pk)
    return new_recovery_codes(by)


def new_recovery_codes(user: User) -> list[str]:
    codes = [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _number in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=digest_of(code)) for code in codes)
    return codes


def remove_second_factor(*, user: User, password: str = "", by: User) -> None:
    """Take the second factor away: one's own with the password, somebody else's as administrator."""
    if user.pk != by.pk:
        require(by, "accounts.manage", study_id=None)
    elif not is_own_password(by, password):
        record_event(kind="password.wrong", user_id=by.pk)
        raise AccessRefused({"password": _("This is not your password.")})
    RecoveryCode.objects.filter(user=user).delete()
    SecondFactor.objects.filter(user=user).delete()
    record_event(kind="second_factor.off", user_id=by.pk, account=str(user.pk))


def verify_second_factor(*, user: User, code: str) -> bool:
    """Whether `code` is the app's code of this moment, or an unused recovery code; neither opens twice."""
    factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
    if factor is None:
        return False
    if accepted(factor, code):
        return True
    known = RecoveryCode.objects.filter(user=user, used_at=None, digest=digest_of(code))
    used = known.update(used_at=timezone.now())
    if used:
        record_event(kind="second_factor.recovery", user_id=user.pk)
    return bool(used)


def accepted(factor: SecondFactor, code: str) -> bool:
    """Whether a code fits this half minute or one beside it, and none as late was used before."""
    now = int(timezone.now().timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(decrypted(factor.secret), interval=STEP_SECONDS)
    typed = code.replace(" ", "")
    for step in (now - 1, now, now + 1):
        if step > factor.last_step and pyotp.utils.strings_equal(typed, totp.generate_otp(step)):
            factor.last_step = step
            factor.save(update_fields=["last_step"])
            return True
    return False


def digest_of(code: str) -> str:
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()


def has_second_factor(user: User) -> bool:
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def needs_second_factor(user: User) -> bool:
    """Whether one of the person's roles requires a second factor here (setting SECOND_FACTOR_ROLES)."""
    required = settings.SECOND_FACTOR_ROLES
    grants = grants_of(user) if required else None
    return grants is not None and any(role in required for *_place, role in (*grants.rows, *grants.waiting))


def secret_of(factor: SecondFactor) -> str:
    """The secret in letters, for who cannot read the picture."""
    return decrypted(factor.secret)


def picture_of(factor: SecondFactor) -> str:
    """The QR code that an app reads, as SVG of the page itself: nothing to load, no style, no script."""
    address = pyotp.TOTP(decrypted(factor.secret), interval=STEP_SECONDS).provisioning_uri(
        name=factor.user.username, issuer_name=ISSUER
    )
    return segno.make(address, micro=False).svg_inline(scale=4, border=2, dark="#000", light="#fff")

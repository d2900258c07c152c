"""Encryption at rest: identity and the secrets of second factors, with keys from the environment.

IDENTITY_KEYS holds one or more keys; the first encrypts, all decrypt. `manage.py rotate_identity` brings every value
under the first, after which the others may go.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def derived_key(key: str, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(key.encode())


@lru_cache(maxsize=8)
def ciphers(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derived_key(key, "identity"))) for key in keys])


def encrypted(text: str) -> str:
    """`text` as it may lie on a disk; the empty text stays empty."""
    return ciphers(settings.IDENTITY_KEYS).encrypt(text.encode()).decode() if text else ""


def decrypted(kept: str) -> str:
    """What was encrypted with one of the keys."""
    try:
        return ciphers(settings.IDENTITY_KEYS).decrypt(kept.encode()).decode() if kept else ""
    except InvalidToken as problem:
        raise ImproperlyConfigured(
            "A value cannot be decrypted: IDENTITY_KEYS lacks the key under which it was kept."
        ) from problem


def re_encrypted(kept: str) -> str:
    """The same value under the first key."""
    return ciphers(settings.IDENTITY_KEYS).rotate(kept.encode()).decode() if kept else ""


def fingerprint(text: str) -> str:
    """A keyed hash (HMAC) by which a number is recognised without being read; "" for none."""
    return fingerprints(text)[0] if text else ""


def fingerprints(text: str) -> list[str]:
    """The hashes of a number under every key, the first key first: for a search while keys are being rotated."""
    return [
        hmac.new(derived_key(key, "fingerprint"), text.encode(), hashlib.sha256).hexdigest()
        for key in settings.IDENTITY_KEYS
    ]

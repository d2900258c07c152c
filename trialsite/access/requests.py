"""The person behind a request, where it comes from, and how often."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import cast
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.request import Request

from .models import User

# What is answered now: for the few rules that depend on where somebody sits. None in tasks and commands.
answered: ContextVar[HttpRequest | None] = ContextVar("answered", default=None)


def user_of(request: HttpRequest | Request) -> User:
    """The account that is logged in; views ask only after login_required or an API permission has let it in."""
    return cast(User, request.user)


def ids_typed(texts: Iterable[str]) -> list[UUID]:
    """The ids among what a page sent; what is none is passed over."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def address_of(request: HttpRequest) -> str:
    """The address that a request comes from; behind the TLS proxy the one that the proxy saw."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.HTTPS else ""
    return forwarded.rsplit(",", 1)[-1].strip() or request.META.get("REMOTE_ADDR", "")


def throttled(request: HttpRequest, what: str, per_minute: int) -> bool:
    """Count a request of this address; whether there were more than `per_minute` of them in this minute."""
    key = f"throttle:{what}:{address_of(request)}"
    cache.add(key, 0, timeout=60)
    try:
        return cache.incr(key) > per_minute
    except ValueError:  # it expired in between
        return False


DEVICES = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_of(request: HttpRequest) -> str:
    """Browser and system in two words, as a person tells the own log-ins apart."""
    agent = request.headers.get("User-Agent", "")
    named = [next((name for mark, name in kinds if mark in agent), "") for kinds in (DEVICES, SYSTEMS)]
    return " · ".join(filter(None, named))

"""Checking a password at the door, where nobody acts yet."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from trialsite.audit import acting

from .models import User


class PasswordBackend(ModelBackend):
    """Django's own, inside the system's transaction: a hash that is made anew at log-in is a change of an account."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:  # type: ignore[override]
        with acting(role="system", reason="log-in"):
            return super().authenticate(request, **credentials)  # type: ignore[return-value]

"""The person behind a request."""

from typing import cast

from django.http import HttpRequest
from rest_framework.request import Request

from .models import User


def user_of(request: HttpRequest | Request) -> User:
    """The account that is logged in; views ask only after login_required or an API permission has let it in."""
    return cast(User, request.user)

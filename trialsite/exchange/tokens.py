"""What a token opens of what its user may see: its scopes, and the profile under which data leave."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from trialsite.access.models import Profile, Scope, Token

from .profiles import WHOLE, Release

WHOLE_LISTS = ("csv", "ndjson")  # formats that give all pages at once


def token_of(request: Request) -> Token | None:
    """The token of a request; None of a log-in in the browser, which opens all that its person may see."""
    return getattr(request._request, "api_token", None)


def release_of(request: Request) -> Release:
    """Under which profile data leave."""
    token = token_of(request)
    return Release(Profile(token.profile), token.genetic) if token else WHOLE


class TokenOpens(BasePermission):
    """The token is for what is asked, and the view gives data under its profile."""

    def has_permission(self, request: Request, view: Any) -> bool:
        token = token_of(request)
        if token is None:
            return True
        refuse_scope(token, getattr(view, "scope", None) or scope_of(request))
        if token.profile not in getattr(view, "profiles", (Profile.IDENTIFIED,)):
            raise PermissionDenied(_("This is given as recorded only; the token's profile is another."))
        if token.profile == Profile.DATE_SHIFTED and "as_of" in request.query_params:
            raise PermissionDenied(_("This token reads shifted dates: nothing as of an instant."))
        return True


def scope_of(request: Request) -> Scope:
    """What a request needs: whole lists are an export."""
    if request.method not in SAFE_METHODS:
        return Scope.WRITE
    return Scope.EXPORT if request.accepted_renderer.format in WHOLE_LISTS else Scope.READ  # type: ignore[union-attr]


def refuse_scope(token: Token, scope: Scope) -> None:
    if scope not in token.scopes:
        raise PermissionDenied(
            _("This token is not for that: “%(scope)s”. Make another.") % {"scope": scope.label}
        )

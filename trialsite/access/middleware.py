"""Who asks: a session or a token, settled before the actor's transaction opens; and what a log-in still owes."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.problems import of_api, problem

from .models import Token
from .passwords import password_is_due
from .requests import answered
from .second_factor import has_second_factor, needs_second_factor
from .sessions import noted_every_seconds

ALWAYS_OPEN = {"login", "login-code", "logout", "set_language", "stay-logged-in"}


class TokenMiddleware:
    """`Authorization: Token <key>` makes the token's user the request's user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        request.api_token = None  # type: ignore[attr-defined]
        if scheme.lower() == "token":
            token = Token.objects.select_related("user").filter(digest=Token.digest_of(key.strip())).first()
            if token is None or not token.usable(timezone.now()):
                refusal = problem(
                    request, 401, _("This token is unknown, expired or revoked. Ask for a new one.")
                )
                refusal.headers["WWW-Authenticate"] = "Token"
                return refusal
            if not of_api(request):
                return problem(request, 403, _("A token opens the API only: pages need a log-in."))
            token.user.__dict__["only_study"] = token.study_id
            request.user = token.user
            request.api_token = token  # type: ignore[attr-defined]
        return self.get_response(request)


class PermissionsPolicyMiddleware:
    """The pages use no camera, microphone, place or payment, and say so to the browser."""

    UNUSED = ("camera", "microphone", "geolocation", "payment", "usb", "display-capture", "browsing-topics")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = ", ".join(f"{feature}=()" for feature in self.UNUSED)
        return response


class DoorMiddleware:
    """Keeps a log-in alive while its person works, and leads to the password or second factor that is due first.

    A lock-out ends the log-in from which it came: whoever sits there gave too many wrong passwords."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = answered.set(request)
        try:
            response = self.get_response(request)
        finally:
            answered.reset(token)
        by_session = getattr(request, "api_token", None) is None and request.user.is_authenticated
        if getattr(request, "axes_locked_out", False) and by_session:
            logout(request)
        to_login = response.status_code == 302 and response.headers["Location"].startswith(reverse("login"))
        if to_login and request.headers.get("HX-Request"):  # a part of a page is no place for the log-in page
            return HttpResponse(_("You are logged out. Log in again; what you typed is kept."), status=401)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not request.user.is_authenticated or request.api_token is not None:  # type: ignore[attr-defined]
            return None
        touch(request)
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name in ALWAYS_OPEN:
            return None
        if password_is_due(request.user):
            return lead(request, name, "change-password", _("Choose a new password first."))
        if needs_second_factor(request.user) and not has_second_factor(request.user):
            return lead(
                request, name, "second-factor", _("Your role needs a second factor: set it up first.")
            )
        return None


def touch(request: HttpRequest) -> None:
    """The idle time begins anew, as far as it has to be noted."""
    now = timezone.now().timestamp()
    if abs(now - request.session.get("touched", 0)) > noted_every_seconds():
        request.session["touched"] = now


def lead(request: HttpRequest, name: str | None, there: str, why: str) -> HttpResponse | None:
    if name == there:
        return None
    messages.warning(request, why)
    return redirect(there)

"""Who asks: a session (Django's own) or a token, settled before the actor's transaction opens."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from .models import Token


class TokenMiddleware:
    """`Authorization: Token <key>` makes the token's user the request's user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        request.api_token = None  # type: ignore[attr-defined]
        if scheme.lower() == "token":
            token = Token.objects.select_related("user").filter(digest=Token.digest_of(key.strip())).first()
            if token is None or not token.usable(timezone.now()):
                detail = "This token is unknown, expired or revoked. Ask for a new one."
                return JsonResponse({"detail": detail}, status=401, headers={"WWW-Authenticate": "Token"})
            request.user = token.user
            request.api_token = token  # type: ignore[attr-defined]
        return self.get_response(request)

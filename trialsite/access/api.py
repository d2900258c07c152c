"""Token authentication for the REST framework: the middleware has already found the user."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from .models import Token, User


class TokenAuthentication(BaseAuthentication):
    """Accepts the user whom `TokenMiddleware` took from the Authorization header."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        token = getattr(request._request, "api_token", None)
        return (token.user, token) if token else None

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "trialsite.access.api.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token <key>"}

"""What every answer carries, how often one may ask, and that Django's own list of a safe installation is clean."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from rest_framework.throttling import UserRateThrottle

from tests.cast import PASSWORD, Cast
from trialsite.access.models import Token
from trialsite.audit import acting

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("address", ["/login/", "/subjects/", "/api/v1/subjects/", "/no-such-page/"])
def test_every_answer_carries_the_headers(client: Client, cast: Cast, address: str) -> None:
    client.force_login(cast.coordinator)
    headers = client.get(address).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_cookies_stay_on_the_site_and_that_of_the_log_in_is_the_servers_only(
    client: Client, cast: Cast
) -> None:
    with acting(role="system"):
        cast.investigator.set_password(PASSWORD)
        cast.investigator.save()
    client.get("/login/")
    client.post("/login/", {"username": "investigator", "password": PASSWORD})
    session, csrf = (
        client.cookies[name] for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
    )
    assert (session["samesite"], bool(session["httponly"])) == ("Lax", True)
    assert csrf["samesite"] == "Lax"


def test_a_log_out_clears_the_browser_and_an_idle_end_does_not(client: Client, cast: Cast) -> None:
    for content, header in (({}, '"storage"'), ({"idle": "yes"}, None)):
        client.force_login(cast.coordinator)
        answer = client.post("/logout/", content)
        assert answer.headers.get("Clear-Site-Data") == header
        assert client.get("/subjects/").status_code == 302


def deployment(**variables: str) -> subprocess.CompletedProcess[str]:
    """Django's checks of an installation, in a process of its own."""
    environment = {
        **os.environ,
        "HTTPS": "1",
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGH",
        "ALLOWED_HOSTS": "trials.hospital.cn",
        **variables,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.django_db
def test_the_checks_of_a_deployment_are_clean() -> None:
    found = deployment()
    assert found.returncode == 0, found.stderr
    assert "no issues" in found.stdout


def test_without_https_they_are_not() -> None:
    assert "SECURE_SSL_REDIRECT" in deployment(HTTPS="0").stderr


@pytest.mark.parametrize("keys", ["", "short", "a-key-that-is-long-enough-to-be-one-,short"])
def test_keys_of_identity_are_long_or_nothing_starts(keys: str) -> None:
    assert "IDENTITY_KEYS holds keys of 32 characters" in deployment(IDENTITY_KEYS=keys).stderr


def test_the_api_slows_down_who_asks_too_often(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    client.force_login(cast.coordinator)
    answers = [client.get("/api/v1/subjects/") for _number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["Retry-After"]
    client.force_login(cast.monitor)
    assert client.get("/api/v1/subjects/").status_code == 200


def test_tokens_are_not_made_by_the_dozen(client: Client, cast: Cast, settings) -> None:
    settings.TOKENS_PER_MINUTE = 2
    client.force_login(cast.coordinator)
    for number in range(4):
        told = {"name": f"client {number}", "scopes": ["read"], "profile": "coded"}
        client.post("/exports/tokens/", told)
    assert Token.objects.count() == 2
